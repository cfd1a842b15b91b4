package reach

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/graph"
)

// Ports is a set of ports of all protocols, as sorted, disjoint spans that do not touch: equal sets are equal values.
// The protocol stands in the upper half of a number, the port in the lower; the fourth protocol is all that policies
// have no name for (they speak of it only by leaving `ports` out).
type Ports []span

type span struct{ lo, hi uint32 }

const (
	portsPerProtocol = 1 << 16
	protocols        = 4
)

// AllPorts returns every port of every protocol.
func AllPorts() Ports { return Ports{{0, protocols*portsPerProtocol - 1}} }

func protocolPorts(p graph.Protocol) Ports { return Ports{protocolSpan(p)} }

func portRange(p graph.Protocol, lo, hi int) Ports { return Ports{portSpan(p, lo, hi)} }

func protocolSpan(p graph.Protocol) span {
	return span{uint32(p) * portsPerProtocol, (uint32(p)+1)*portsPerProtocol - 1}
}

func portSpan(p graph.Protocol, lo, hi int) span {
	base := uint32(p) * portsPerProtocol
	return span{base + uint32(lo), base + uint32(hi)}
}

// PortsOf returns the ports of an edge as a set.
func PortsOf(s graph.PortSet) Ports {
	if s.All {
		return AllPorts()
	}
	var out Ports
	for _, p := range graph.Protocols() {
		if s.AllOf(p) {
			out = append(out, protocolSpan(p))
		}
		for _, r := range s.Ranges(p) {
			out = append(out, portSpan(p, r.Lo, r.Hi))
		}
	}
	return normalised(out)
}

// normalised makes a set of spans, in their place.
func normalised(spans Ports) Ports {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	out := spans[:0]
	for _, s := range spans {
		if last := len(out) - 1; last >= 0 && s.lo <= out[last].hi+1 {
			out[last].hi = max(out[last].hi, s.hi)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// Union returns the ports of either set.
func (p Ports) Union(q Ports) Ports {
	switch {
	case len(p) == 0:
		return q
	case len(q) == 0:
		return p
	}
	return normalised(slices.Concat(p, q))
}

// Intersect returns the ports of both sets.
func (p Ports) Intersect(q Ports) Ports {
	var out Ports
	for i, j := 0, 0; i < len(p) && j < len(q); {
		if lo, hi := max(p[i].lo, q[j].lo), min(p[i].hi, q[j].hi); lo <= hi {
			out = append(out, span{lo, hi})
		}
		if p[i].hi < q[j].hi {
			i++
		} else {
			j++
		}
	}
	return out
}

// Minus returns the ports of p that q has not.
func (p Ports) Minus(q Ports) Ports {
	var out Ports
	for _, s := range p {
		lo, done := s.lo, false
		for _, t := range q {
			if t.hi < lo || t.lo > s.hi {
				continue
			}
			if t.lo > lo {
				out = append(out, span{lo, t.lo - 1})
			}
			if t.hi >= s.hi {
				done = true
				break
			}
			lo = t.hi + 1
		}
		if !done {
			out = append(out, span{lo, s.hi})
		}
	}
	return out
}

// Contains reports whether a port of a protocol is in the set.
func (p Ports) Contains(protocol graph.Protocol, port int) bool {
	n := uint32(protocol)*portsPerProtocol + uint32(port)
	return slices.ContainsFunc(p, func(s span) bool { return s.lo <= n && n <= s.hi })
}

// Equal reports whether both sets hold the same ports.
func (p Ports) Equal(q Ports) bool { return slices.Equal(p, q) }

// String returns the set as the ports of an edge: "*", "80,443,*/udp"; "" for the empty set.
func (p Ports) String() string {
	if p.Equal(AllPorts()) {
		return "*"
	}
	var parts []string
	for _, s := range p {
		for s.lo <= s.hi {
			protocol := s.lo / portsPerProtocol
			last := (protocol+1)*portsPerProtocol - 1
			parts = append(parts, spanText(protocol, s.lo%portsPerProtocol, min(s.hi, last)%portsPerProtocol))
			s.lo = last + 1
		}
	}
	return strings.Join(parts, ",")
}

// Words returns the ports in the shorter of two forms: as String does, or all but some.
func (p Ports) Words() string {
	lacks := AllPorts().Minus(p)
	if has, but := p.String(), "* except "+lacks.String(); len(lacks) > 0 && len(but) < len(has) {
		return but
	}
	return p.String()
}

func spanText(protocol, lo, hi uint32) string {
	suffix := ""
	if protocol == protocols-1 {
		return "other protocols"
	}
	if graph.Protocol(protocol) != graph.TCP {
		suffix = "/" + graph.Protocol(protocol).String()
	}
	switch {
	case lo == 0 && hi == portsPerProtocol-1:
		return "*/" + graph.Protocol(protocol).String()
	case lo == hi:
		return fmt.Sprintf("%d%s", lo, suffix)
	}
	return fmt.Sprintf("%d-%d%s", lo, hi, suffix)
}
