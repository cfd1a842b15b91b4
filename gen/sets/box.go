package sets

import (
	"cmp"
	"slices"
	"sort"
)

// NameLabel is the label that Kubernetes sets on each namespace, whose value is the name (corev1.LabelMetadataName). It
// is never absent.
const NameLabel = "kubernetes.io/metadata.name"

// nameKey is the number of NameLabel in every Space.
const nameKey int32 = 0

// Side is an end of a flow.
type Side int

// The ends of a flow.
const (
	Source Side = iota
	Destination
)

// Other returns the other end.
func (s Side) Other() Side { return 1 - s }

// Kind says what the ends of flows are. Flows between two addresses are none that policies speak of.
type Kind int

// The kinds of flows.
const (
	PodToPod Kind = iota
	PodToAddress
	AddressToPod
)

// Kinds returns all kinds of flows.
func Kinds() []Kind { return []Kind{PodToPod, PodToAddress, AddressToPod} }

// HasPods reports whether an end of flows of the kind is pods.
func (k Kind) HasPods(s Side) bool {
	return k == PodToPod || (k == PodToAddress) == (s == Source)
}

// The labels of a flow: those of the namespace and of the pod at each end, and the names by which the destination calls
// the port.
const (
	namespaceLabels = iota
	podLabels
	perSide
	portNames = 2 * perSide
	groups    = portNames + 1
)

// label is a key in one of the groups of labels of a flow.
type label int32

const keyBits = 24

func labelOf(group int, key int32) label { return label(int32(group)<<keyBits | key) }

func (l label) group() int { return int(l >> keyBits) }

func (l label) key() int32 { return int32(l) & (1<<keyBits - 1) }

// literal constrains one label.
type literal struct {
	label      label
	constraint Constraint
}

// Box is a set of flows of one kind: those whose labels satisfy constraints, on some ports, with an address of a set at
// the end that is no pods. Boxes are never changed.
type Box struct {
	literals []literal
	exact    [groups]bool
	ports    Ports
	// addresses is empty where the box says nothing of them.
	addresses Addresses
	// Mark is free for whoever makes the box.
	Mark int32
}

// Flows returns the flows from some pods to others on some ports.
func (s *Space) Flows(from, to Pods, ports Ports) *Box {
	b := &Box{ports: ports, literals: slices.Concat(from.literals, shifted(to.literals)), exact: exactGroups(from, Source)}
	for g, is := range to.exact {
		b.exact[perSide+g] = is
	}
	return b
}

// FlowsWith returns the flows between the pods at one side and addresses at the other.
func (s *Space) FlowsWith(side Side, pods Pods, addresses Addresses, ports Ports) *Box {
	b := s.With(side, pods)
	b.ports, b.addresses = ports, addresses
	if addresses.IsEmpty() {
		b.ports = nil
	}
	return b
}

// With returns all flows, of any kind, that have pods at one side.
func (s *Space) With(side Side, pods Pods) *Box {
	b := &Box{ports: AllPorts(), literals: pods.literals, exact: exactGroups(pods, side)}
	if side == Destination {
		b.literals = shifted(pods.literals)
	}
	return b
}

// shifted returns the literals of a destination.
func shifted(literals []literal) []literal {
	out := make([]literal, len(literals))
	for i, l := range literals {
		out[i] = literal{l.label + label(perSide)<<keyBits, l.constraint}
	}
	return out
}

// Name is a port as policies name it, which has a number at each destination.
type Name struct {
	Name     string
	Protocol Protocol
}

// String returns the name as an edge would write it: "http", "dns/udp".
func (n Name) String() string {
	if n.Protocol != TCP {
		return n.Name + "/" + n.Protocol.String()
	}
	return n.Name
}

// Named returns those flows of a box that are on the port which the destination calls by a name. Addresses name none.
func (s *Space) Named(b *Box, kind Kind, n Name) *Box {
	out := *b
	out.ports = b.ports.Intersect(ProtocolPorts(n.Protocol))
	if !kind.HasPods(Destination) {
		out.ports = nil
	}
	out.literals = s.add(slices.Clone(b.literals), literal{s.portName(n), Present})
	return &out
}

// Unnamed returns those flows of a box that are on a port for which the destination has no name.
func (s *Space) Unnamed(b *Box) *Box {
	out := *b
	out.exact[portNames] = true
	return &out
}

func (s *Space) portName(n Name) label {
	return labelOf(portNames, s.key(n.Name+"/"+n.Protocol.String()))
}

// Ports returns the ports of the box.
func (b *Box) Ports() Ports { return b.ports }

// WithPorts returns the flows of a box on those ports that are also in a set.
func (b *Box) WithPorts(p Ports) *Box {
	out := *b
	out.ports = b.ports.Intersect(p)
	return &out
}

// WithAddresses returns the flows of a box with those addresses that are also in a set. Where both ends are pods, it is
// the box.
func (b *Box) WithAddresses(a Addresses) *Box {
	out := *b
	if out.addresses = b.addresses.Intersect(a); out.addresses.IsEmpty() && b.addresses.set != nil {
		out.ports = nil // no addresses, no flows
	}
	return &out
}

// Addresses returns the addresses of the box; none where both ends are pods.
func (b *Box) Addresses() Addresses { return b.addresses }

// Pods returns the pods at one end of the box.
func (b *Box) Pods(side Side) Pods {
	var out Pods
	first := label(side) * label(perSide) << keyBits
	for _, l := range b.literals {
		if l.label >= first && l.label < first+label(perSide)<<keyBits {
			out.literals = append(out.literals, literal{l.label - first, l.constraint})
		}
	}
	for g := range out.exact {
		out.exact[g] = b.exact[int(side)*perSide+g]
	}
	return out
}

// group returns the literals of a group of labels.
func (b *Box) group(group int) []literal {
	first := sort.Search(len(b.literals), func(i int) bool { return b.literals[i].label.group() >= group })
	last := first
	for last < len(b.literals) && b.literals[last].label.group() == group {
		last++
	}
	return b.literals[first:last]
}

// Names returns the names of the port that the box asks for.
func (s *Space) Names(b *Box) []Name {
	var out []Name
	for _, l := range b.literals {
		if l.label.group() == portNames && l.constraint == Present {
			out = append(out, s.nameOf(l.label))
		}
	}
	return out
}

// Intersect returns the flows of both boxes; false where there are none.
func (s *Space) Intersect(a, b *Box) (*Box, bool) {
	out := &Box{Mark: a.Mark}
	if out.ports = intersectPorts(a.ports, b.ports); len(out.ports) == 0 && len(a.ports)+len(b.ports) > 0 {
		return nil, false
	}
	switch {
	case a.addresses.IsEmpty():
		out.addresses = b.addresses
	case b.addresses.IsEmpty():
		out.addresses = a.addresses
	default:
		if out.addresses = a.addresses.Intersect(b.addresses); out.addresses.IsEmpty() {
			return nil, false
		}
	}
	out.literals = make([]literal, 0, len(a.literals)+len(b.literals))
	for i, j := 0, 0; i < len(a.literals) || j < len(b.literals); {
		var l literal
		switch {
		case j == len(b.literals) || i < len(a.literals) && a.literals[i].label < b.literals[j].label:
			l = a.literals[i]
			if b.lacks(l.label) {
				l.constraint = s.and(l.constraint, Absent)
			}
			i++
		case i == len(a.literals) || b.literals[j].label < a.literals[i].label:
			l = b.literals[j]
			if a.lacks(l.label) {
				l.constraint = s.and(l.constraint, Absent)
			}
			j++
		default:
			l = literal{a.literals[i].label, s.and(a.literals[i].constraint, b.literals[j].constraint)}
			i++
			j++
		}
		if l.constraint == Nothing {
			return nil, false
		}
		out.literals = append(out.literals, l)
	}
	for g := range out.exact {
		out.exact[g] = a.exact[g] || b.exact[g]
	}
	return out, true
}

// intersectPorts is Intersect, without a new list where one set holds the other.
func intersectPorts(p, q Ports) Ports {
	switch {
	case len(p) == len(q) && (len(p) == 0 || &p[0] == &q[0]) || p.Within(q):
		return p
	case q.Within(p):
		return q
	}
	return p.Intersect(q)
}

// meets reports whether some flow is in both boxes.
func (s *Space) meets(a, b *Box) bool {
	if !a.ports.Overlaps(b.ports) || !a.addresses.IsEmpty() && !b.addresses.IsEmpty() && !a.addresses.Overlaps(b.addresses) {
		return false
	}
	for i, j := 0, 0; i < len(a.literals) || j < len(b.literals); {
		switch {
		case j == len(b.literals) || i < len(a.literals) && a.literals[i].label < b.literals[j].label:
			if b.lacks(a.literals[i].label) && !s.constraints[a.literals[i].constraint].absent {
				return false
			}
			i++
		case i == len(a.literals) || b.literals[j].label < a.literals[i].label:
			if a.lacks(b.literals[j].label) && !s.constraints[b.literals[j].constraint].absent {
				return false
			}
			j++
		default:
			if !s.meetsConstraint(a.literals[i].constraint, b.literals[j].constraint) {
				return false
			}
			i++
			j++
		}
	}
	return true
}

func (s *Space) meetsConstraint(a, b Constraint) bool {
	return a == b || s.and(a, b) != Nothing
}

// BoxWithin reports whether every flow of a, which is not empty, is in b.
func (s *Space) BoxWithin(a, b *Box) bool {
	if !a.ports.Within(b.ports) || !b.addresses.IsEmpty() && (a.addresses.IsEmpty() || !a.addresses.Within(b.addresses)) {
		return false
	}
	i := 0
	for _, l := range b.literals {
		for i < len(a.literals) && a.literals[i].label < l.label {
			if b.lacks(a.literals[i].label) && a.literals[i].constraint != Absent {
				return false
			}
			i++
		}
		if i < len(a.literals) && a.literals[i].label == l.label {
			if !s.within(a.literals[i].constraint, l.constraint) {
				return false
			}
			i++
			continue
		}
		if !s.within(a.unsaid(l.label), l.constraint) {
			return false
		}
	}
	for ; i < len(a.literals); i++ {
		if b.lacks(a.literals[i].label) && a.literals[i].constraint != Absent {
			return false
		}
	}
	for g, is := range b.exact {
		if is && !a.exact[g] {
			return false
		}
	}
	return true
}

// lacks reports whether a label of which the box has no literal is absent from all of its flows.
func (b *Box) lacks(l label) bool { return b.exact[l.group()] && !l.isName() }

// isName reports whether a label is the name of a namespace.
func (l label) isName() bool { return l&^(label(perSide)<<keyBits) == named }

// unsaid returns the constraint of a label of which the box has no literal.
func (b *Box) unsaid(l label) Constraint {
	switch {
	case l.isName():
		return Present
	case b.exact[l.group()]:
		return Absent
	}
	return Anything
}

// of returns the constraint of a label.
func (b *Box) of(l label) Constraint {
	at, found := slices.BinarySearchFunc(b.literals, l, func(x literal, want label) int { return cmp.Compare(x.label, want) })
	if found {
		return b.literals[at].constraint
	}
	return b.unsaid(l)
}

// with returns the flows of the box that satisfy a literal too; false where there are none.
func (s *Space) with(b *Box, l literal) (*Box, bool) {
	c := s.and(b.of(l.label), l.constraint)
	if c == Nothing {
		return nil, false
	}
	out := *b
	at, found := slices.BinarySearchFunc(b.literals, l.label, func(x literal, want label) int { return cmp.Compare(x.label, want) })
	if found {
		out.literals = slices.Clone(b.literals)
		out.literals[at].constraint = c
	} else {
		out.literals = slices.Insert(slices.Clip(b.literals), at, literal{l.label, c})
	}
	return &out, true
}

// AndPorts returns the box with more ports.
func (b *Box) AndPorts(p Ports) *Box {
	out := *b
	out.ports = b.ports.Union(p)
	return &out
}
