package graph

import (
	"cmp"
	"slices"
)

// PortSet is a set of ports of all protocols. The zero PortSet is empty.
//
// Ranges that overlap are joined, neighbours are not: a set of single ports stays one, since endPort is not enforced
// by every CNI (Kubernetes documentation, Network Policies, Targeting a range of ports).
type PortSet struct {
	// All is every port of every protocol, also of those that have no name here.
	All   bool
	proto [numProtocols]protocolPorts
}

type protocolPorts struct {
	all    bool
	ranges []Range
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
func (s *PortSet) AddAll(p Protocol) { s.proto[p] = protocolPorts{all: true} }

// Add adds a port or range.
func (s *PortSet) Add(p Port) {
	pp := &s.proto[p.Protocol]
	if pp.all || slices.ContainsFunc(pp.ranges, func(r Range) bool { return r.Lo <= p.Lo && p.Hi <= r.Hi }) {
		return
	}
	ranges := append(slices.Clone(pp.ranges), p.Range)
	slices.SortFunc(ranges, func(a, b Range) int { return cmp.Or(cmp.Compare(a.Lo, b.Lo), cmp.Compare(a.Hi, b.Hi)) })
	joined := ranges[:1]
	for _, r := range ranges[1:] {
		last := &joined[len(joined)-1]
		if r.Lo > last.Hi {
			joined = append(joined, r)
		} else {
			last.Hi = max(last.Hi, r.Hi)
		}
	}
	pp.ranges = joined
}

// Union adds every port of another set.
func (s *PortSet) Union(t PortSet) {
	if s.IsEmpty() {
		*s = t // ranges are never changed in place
		return
	}
	s.All = s.All || t.All
	for i, pp := range t.proto {
		if pp.all {
			s.AddAll(Protocol(i))
		}
		for _, r := range pp.ranges {
			s.Add(Port{r, Protocol(i)})
		}
	}
}

// IsEmpty reports whether the set holds no port.
func (s PortSet) IsEmpty() bool {
	if s.All {
		return false
	}
	for _, pp := range s.proto {
		if pp.all || len(pp.ranges) > 0 {
			return false
		}
	}
	return true
}

// AllOf reports whether the set holds every port of a protocol.
func (s PortSet) AllOf(p Protocol) bool { return s.All || s.proto[p].all }

// Ranges returns the ranges of a protocol in order; none where AllOf holds.
func (s PortSet) Ranges(p Protocol) []Range {
	if s.AllOf(p) {
		return nil
	}
	return s.proto[p].ranges
}

// Contains reports whether every port of t is in s.
func (s PortSet) Contains(t PortSet) bool {
	if s.All {
		return true
	}
	if t.All {
		return false
	}
	for i, pp := range t.proto {
		if s.proto[i].all {
			continue
		}
		ranges := pp.ranges
		if pp.all {
			ranges = []Range{{1, 65535}}
		}
		for _, r := range ranges {
			if !covers(s.proto[i].ranges, r) {
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
	for i, a := range s.proto {
		b := t.proto[i]
		switch {
		case a.all && (b.all || len(b.ranges) > 0), b.all && len(a.ranges) > 0:
			return true
		}
		for _, x := range a.ranges {
			for _, y := range b.ranges {
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
	for i := range s.proto {
		a, b := s.proto[i], t.proto[i]
		switch {
		case a.all:
			out.proto[i] = b
		case b.all:
			out.proto[i] = a
		default:
			for _, x := range a.ranges {
				for _, y := range b.ranges {
					if lo, hi := max(x.Lo, y.Lo), min(x.Hi, y.Hi); lo <= hi {
						out.Add(Port{Range{lo, hi}, Protocol(i)})
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
	for i, pp := range s.proto {
		if pp.all {
			text = append(append(comma(text), "*/"...), Protocol(i).String()...)
		}
		for _, r := range pp.ranges {
			text = Port{r, Protocol(i)}.append(comma(text))
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
