package graph

import (
	"slices"

	"github.com/npgen/npgen/gen/sets"
)

// PortSet is a set of ports of all protocols. The zero PortSet is empty.
//
// Ranges that overlap are joined, neighbours are not: a set of single ports stays one, since endPort is not enforced
// by every CNI (Kubernetes documentation, Network Policies, Targeting a range of ports).
type PortSet struct {
	// All is every port of every protocol, also of those that have no name here.
	All bool
	// every says of which protocols the set holds every port.
	every [numProtocols]bool
	// ranges is those of all protocols, one protocol after the other; ends is where each one's end. Sets share them, so
	// that they are never changed in place.
	ranges []Range
	ends   [numProtocols]int32
}

// Single returns the set that holds one port or range.
func Single(ports ...Port) PortSet {
	var s PortSet
	for _, p := range ports {
		s.Add(p)
	}
	return s
}

// AddAll adds every port of a protocol.
func (s *PortSet) AddAll(p Protocol) {
	s.replace(p, 0, len(s.of(p)))
	s.every[p] = true
}

// Add adds a port or range.
func (s *PortSet) Add(p Port) {
	if s.every[p.Protocol] {
		return
	}
	own, joined := s.of(p.Protocol), p.Range
	from := 0
	for from < len(own) && own[from].Hi < p.Lo {
		from++
	}
	to := from
	for to < len(own) && own[to].Lo <= p.Hi {
		joined = Range{min(joined.Lo, own[to].Lo), max(joined.Hi, own[to].Hi)}
		to++
	}
	if to != from+1 || joined != own[from] {
		s.replace(p.Protocol, from, to, joined)
	}
}

// replace puts other ranges in the place of some of a protocol's.
func (s *PortSet) replace(p Protocol, from, to int, with ...Range) {
	start := int(s.ends[p]) - len(s.of(p))
	s.ranges = slices.Concat(s.ranges[:start+from], with, s.ranges[start+to:])
	for ; p < numProtocols; p++ {
		s.ends[p] += int32(len(with) - (to - from))
	}
}

// of returns the ranges of a protocol.
func (s *PortSet) of(p Protocol) []Range {
	if p == 0 {
		return s.ranges[:s.ends[0]]
	}
	return s.ranges[s.ends[p-1]:s.ends[p]]
}

// Union adds every port of another set.
func (s *PortSet) Union(t PortSet) {
	if s.IsEmpty() {
		*s = t
		return
	}
	s.All = s.All || t.All
	for p := range numProtocols {
		if t.every[p] {
			s.AddAll(p)
		}
		for _, r := range t.of(p) {
			s.Add(Port{r, p})
		}
	}
}

// IsEmpty reports whether the set holds no port.
func (s PortSet) IsEmpty() bool {
	return !s.All && len(s.ranges) == 0 && s.every == [numProtocols]bool{}
}

// Set returns the ports as a set that can be reasoned with.
func (s PortSet) Set() sets.Ports {
	if s.All {
		return sets.AllPorts()
	}
	if len(s.ranges) == 1 && s.every == [numProtocols]bool{} {
		for p := range numProtocols {
			if s.ends[p] == 1 {
				return sets.PortRange(p, s.ranges[0].Lo, s.ranges[0].Hi)
			}
		}
	}
	parts := make([]sets.Ports, 0, len(s.ranges)+1)
	for p := range numProtocols {
		if s.every[p] {
			parts = append(parts, sets.ProtocolPorts(p))
		}
		for _, r := range s.of(p) {
			parts = append(parts, sets.PortRange(p, r.Lo, r.Hi))
		}
	}
	return sets.UnionPorts(parts...)
}

// AllOf reports whether the set holds every port of a protocol.
func (s PortSet) AllOf(p Protocol) bool { return s.All || s.every[p] }

// Ranges returns the ranges of a protocol in order; none where AllOf holds.
func (s PortSet) Ranges(p Protocol) []Range {
	if s.AllOf(p) {
		return nil
	}
	return s.of(p)
}

// Count returns how many ports and ranges the set names.
func (s PortSet) Count() int { return len(s.ranges) }

// Contains reports whether every port of t is in s.
func (s PortSet) Contains(t PortSet) bool {
	if s.All {
		return true
	}
	if t.All {
		return false
	}
	for p := range numProtocols {
		if s.every[p] {
			continue
		}
		if t.every[p] && !covers(s.of(p), Range{1, 65535}) {
			return false
		}
		for _, r := range t.of(p) {
			if !covers(s.of(p), r) {
				return false
			}
		}
	}
	return true
}

// covers reports whether sorted ranges, neighbours counted as one, hold all of r.
func covers(ranges []Range, r Range) bool {
	next := r.Lo
	for _, c := range ranges {
		if c.Lo > next {
			return false
		}
		if c.Hi >= next {
			next = c.Hi + 1
		}
		if next > r.Hi {
			return true
		}
	}
	return false
}

// Overlaps reports whether some port is in both sets.
func (s PortSet) Overlaps(t PortSet) bool {
	if s.All || t.All {
		return !s.IsEmpty() && !t.IsEmpty()
	}
	for p := range numProtocols {
		a, b := s.of(p), t.of(p)
		if s.every[p] && (t.every[p] || len(b) > 0) || t.every[p] && len(a) > 0 {
			return true
		}
		for _, x := range a {
			for _, y := range b {
				if max(x.Lo, y.Lo) <= min(x.Hi, y.Hi) {
					return true
				}
			}
		}
	}
	return false
}

// Intersect returns the ports that both sets hold.
func (s PortSet) Intersect(t PortSet) PortSet {
	switch {
	case s.All:
		return t
	case t.All:
		return s
	}
	var out PortSet
	for p := range numProtocols {
		a, b := s.of(p), t.of(p)
		switch {
		case s.every[p]:
			out.every[p] = t.every[p]
			out.replace(p, 0, 0, b...)
		case t.every[p]:
			out.replace(p, 0, 0, a...)
		default:
			for _, x := range a {
				for _, y := range b {
					if lo, hi := max(x.Lo, y.Lo), min(x.Hi, y.Hi); lo <= hi {
						out.Add(Port{Range{lo, hi}, p})
					}
				}
			}
		}
	}
	return out
}

// String returns the set as the ports of an edge: "*", "*/udp", "80,443,53/udp"; "" for the empty set.
func (s PortSet) String() string {
	if s.All {
		return "*"
	}
	var room [32]byte
	text := room[:0]
	for p := range numProtocols {
		if s.every[p] {
			text = append(append(comma(text), "*/"...), p.String()...)
		}
		for _, r := range s.of(p) {
			text = Port{r, p}.append(comma(text))
		}
	}
	return string(text)
}

func comma(text []byte) []byte {
	if len(text) > 0 {
		text = append(text, ',')
	}
	return text
}
