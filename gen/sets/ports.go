package sets

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Protocol is a transport protocol that NetworkPolicy knows (NetworkPolicyPort.protocol).
type Protocol int

// The protocols, TCP being the default as in the Kubernetes API.
const (
	TCP Protocol = iota
	UDP
	SCTP
)

// Protocols returns all protocols in their order.
func Protocols() []Protocol { return []Protocol{TCP, UDP, SCTP} }

// String returns the protocol as an edge writes it: "tcp", "udp" or "sctp".
func (p Protocol) String() string { return [...]string{"tcp", "udp", "sctp"}[p] }

// Ports is a set of ports of all protocols, as sorted, disjoint spans that do not touch: equal sets are equal values.
// The protocol stands in the upper half of a number, the port, from 1 to 65535, in the lower; the fourth protocol is all
// that policies have no name for (they speak of it only by leaving `ports` out).
type Ports []span

type span struct{ lo, hi uint32 }

const (
	perProtocol = 1 << 16
	lastPort    = perProtocol - 1
	protocols   = 4
)

// AllPorts returns every port of every protocol.
func AllPorts() Ports {
	out := make(Ports, protocols)
	for p := range out {
		out[p] = protocolSpan(Protocol(p))
	}
	return out
}

// ProtocolPorts returns every port of a protocol.
func ProtocolPorts(p Protocol) Ports { return Ports{protocolSpan(p)} }

// PortRange returns the ports from lo to hi, both from 1 to 65535.
func PortRange(p Protocol, lo, hi int) Ports { return Ports{portSpan(p, lo, hi)} }

func protocolSpan(p Protocol) span { return portSpan(p, 1, lastPort) }

func portSpan(p Protocol, lo, hi int) span {
	base := uint32(p) * perProtocol
	return span{base + uint32(lo), base + uint32(hi)}
}

// UnionPorts returns the ports of any of the sets.
func UnionPorts(all ...Ports) Ports { return normalised(slices.Concat(all...)) }

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

// IsEmpty reports whether the set holds no port.
func (p Ports) IsEmpty() bool { return len(p) == 0 }

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

// Overlaps reports whether some port is in both sets.
func (p Ports) Overlaps(q Ports) bool {
	for i, j := 0, 0; i < len(p) && j < len(q); {
		if max(p[i].lo, q[j].lo) <= min(p[i].hi, q[j].hi) {
			return true
		}
		if p[i].hi < q[j].hi {
			i++
		} else {
			j++
		}
	}
	return false
}

// Minus returns the ports of p that q has not.
func (p Ports) Minus(q Ports) Ports {
	var out Ports
	j := 0
	for _, s := range p {
		for j < len(q) && q[j].hi < s.lo {
			j++
		}
		lo, done := s.lo, false
		for i := j; i < len(q) && q[i].lo <= s.hi; i++ {
			if q[i].lo > lo {
				out = append(out, span{lo, q[i].lo - 1})
			}
			if q[i].hi >= s.hi {
				done = true
				break
			}
			lo = q[i].hi + 1
		}
		if !done {
			out = append(out, span{lo, s.hi})
		}
	}
	return out
}

// Within reports whether every port of p is in q.
func (p Ports) Within(q Ports) bool {
	j := 0
	for _, s := range p {
		for j < len(q) && q[j].hi < s.lo {
			j++
		}
		if j == len(q) || q[j].lo > s.lo || q[j].hi < s.hi {
			return false
		}
	}
	return true
}

// Equal reports whether both sets hold the same ports.
func (p Ports) Equal(q Ports) bool { return slices.Equal(p, q) }

// Contains reports whether a port of a protocol is in the set.
func (p Ports) Contains(protocol Protocol, port int) bool {
	return PortRange(protocol, port, port).Within(p)
}

// Example returns the first port of the set, as an edge writes it: "80", "53/udp" or "other protocols"; "" where the set
// is empty.
func (p Ports) Example() string {
	if len(p) == 0 {
		return ""
	}
	return Ports{{p[0].lo, p[0].lo}}.String()
}

// First returns the set of the first port of the set alone.
func (p Ports) First() Ports {
	if len(p) == 0 {
		return nil
	}
	return Ports{{p[0].lo, p[0].lo}}
}

// String returns the set as the ports of an edge: "*", "80,443,*/udp"; "" for the empty set.
func (p Ports) String() string {
	switch {
	case len(p) == protocols && p.Equal(AllPorts()):
		return "*"
	case len(p) == 1:
		return p[0].String()
	}
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = s.String()
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

func (s span) String() string {
	protocol, lo, hi := s.lo/perProtocol, s.lo%perProtocol, s.hi%perProtocol
	if protocol == protocols-1 {
		return "other protocols"
	}
	suffix := ""
	if Protocol(protocol) != TCP {
		suffix = "/" + Protocol(protocol).String()
	}
	switch {
	case lo == 1 && hi == lastPort:
		return "*/" + Protocol(protocol).String()
	case lo == hi:
		return strconv.Itoa(int(lo)) + suffix
	}
	return fmt.Sprintf("%d-%d%s", lo, hi, suffix)
}

// Each calls a function for each range of ports, in order; the fourth protocol is all that policies have no name for.
func (p Ports) Each(do func(protocol Protocol, lo, hi int)) {
	for _, s := range p {
		do(Protocol(s.lo/perProtocol), int(s.lo%perProtocol), int(s.hi%perProtocol))
	}
}
