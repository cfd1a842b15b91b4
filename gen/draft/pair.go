package draft

import (
	"iter"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// edge is an edge of the package: a pair of nodes, and ports.
type edge struct {
	edgeKey
	ports sets.Ports
	// origin is the first policy that has the flows; the topic is made of it.
	origin *rule.Policy
}

// edgeKey is what edges that join their ports have in common; half zero is an edge that emits both halves.
type edgeKey struct {
	from, to *node
	half     graph.Half
}

// isolate finds the directions that all pods of a node are isolated for. A workload that lies inside of an isolated one
// is isolated as that is: its pods are.
func (m *importer) isolate() {
	for _, n := range m.nodes {
		if n.whole() {
			n.space.isolates |= n.own
		}
	}
	for _, n := range m.nodes {
		if n.space == nil || !n.space.owned {
			continue
		}
		n.isolates = n.own | n.space.isolates
		for _, wider := range n.space.nodes {
			if n.isWorkload() && wider.own&^n.isolates != 0 && m.Within(n.set, wider.set) {
				n.isolates |= wider.own
			}
		}
	}
	for _, s := range m.spaces {
		s.usual = usual(s.nodes)
	}
}

// usual returns what most of the workloads are isolated for, of two as often the more.
func usual(nodes []*node) graph.Directions {
	count := [graph.Both + 1]int{}
	best := graph.Both
	for _, n := range nodes {
		if n.isWorkload() && n.of == nil {
			count[n.isolates]++
		}
	}
	for d := graph.Both; d >= 0; d-- {
		if count[d] > count[best] {
			best = d
		}
	}
	return best
}

// subjects returns the nodes that policies of a direction would select for an end of an edge: all pods of a namespace
// where its default deny covers them, else its isolated workloads (docs/language.md, What an edge means).
func (m *importer) subjects(n *node, d graph.Directions) []*node {
	var out []*node
	switch {
	case n.space != nil && n.space.every() && n.whole():
		for _, s := range m.spaces {
			if s.owned {
				out = append(out, m.subjectsOf(s, d)...)
			}
		}
	case n.space == nil || !n.space.owned:
	case n.of != nil:
		for _, member := range n.of {
			out = append(out, m.subjects(member, d)...)
		}
	case n.whole():
		out = m.subjectsOf(n.space, d)
	case n.isolates.Has(d):
		out = append(out, n)
	}
	return out
}

func (m *importer) subjectsOf(s *space, d graph.Directions) []*node {
	if s.isolates.Has(d) {
		return []*node{m.node(m.Namespace(s.name))}
	}
	var out []*node
	for _, n := range s.nodes {
		if n.isWorkload() && n.isolates.Has(d) {
			out = append(out, n)
		}
	}
	return out
}

// pair makes an edge of each half: one that emits both halves where the policies have the other too, whoever it is that
// opens it, else one that emits this half alone.
func (m *importer) pair() {
	found := map[edgeKey]*edge{}
	add := func(k edgeKey, ports sets.Ports, h *half) {
		e := found[k]
		if e == nil {
			e = &edge{edgeKey: k, origin: h.from}
			found[k] = e
			m.edges = append(m.edges, e)
		}
		e.ports = e.ports.Union(ports)
	}
	for _, h := range m.halves {
		from, to := h.ends()
		both := m.covered(h)
		if rest := h.ports.Minus(both); !rest.IsEmpty() {
			add(edgeKey{from, to, h.direction}, rest, h)
		}
		if !both.IsEmpty() {
			add(edgeKey{from, to, 0}, both, h)
		}
	}
}

// covered returns the ports of a half of which the policies open the other half as well, so that an edge opens nothing
// more: all, none, or those that can be said.
func (m *importer) covered(h *half) sets.Ports {
	subjects := m.subjects(h.peer, h.other())
	if m.covers(subjects, h, h.ports) {
		return h.ports
	}
	pieces := []sets.Ports{h.ports}
	for kind, b := range m.doubled(subjects, h, h.ports) {
		for _, open := range m.open[h.other()-1][kind].Meeting(b) {
			var finer []sets.Ports
			for _, p := range pieces {
				for _, piece := range []sets.Ports{p.Intersect(open.Ports()), p.Minus(open.Ports())} {
					if !piece.IsEmpty() {
						finer = append(finer, piece)
					}
				}
			}
			pieces = finer
		}
	}
	var both sets.Ports
	for _, p := range pieces {
		if m.covers(subjects, h, p) {
			both = both.Union(p)
		}
	}
	if !writable(both) || !writable(h.ports.Minus(both)) {
		return nil
	}
	return both
}

// writable reports whether ports can stand in an edge: all ports, or such that have a protocol of a name.
func writable(p sets.Ports) bool {
	var named sets.Ports
	for _, protocol := range sets.Protocols() {
		named = named.Union(sets.ProtocolPorts(protocol))
	}
	return p.Equal(sets.AllPorts()) || p.Within(named)
}

// doubled returns the flows that an edge would open in the other direction of a half, with their kinds; subjects are the
// ends that policies of that direction select.
func (m *importer) doubled(subjects []*node, h *half, ports sets.Ports) iter.Seq2[sets.Kind, *sets.Box] {
	return func(yield func(sets.Kind, *sets.Box) bool) {
		for _, s := range subjects {
			for kind, b := range m.flows(halfKey{h.other(), s, h.subject}, ports) {
				if !yield(kind, b) {
					return
				}
			}
		}
	}
}

// covers reports whether the policies open all that an edge would open in the other direction of a half.
func (m *importer) covers(subjects []*node, h *half, ports sets.Ports) bool {
	for kind, b := range m.doubled(subjects, h, ports) {
		if _, answer := m.Ask(b).NotIn(m.open[h.other()-1][kind]).Find(); answer != sets.No {
			return false
		}
	}
	return true
}

// use finds what edges name.
func (m *importer) use() {
	var use func(n *node)
	use = func(n *node) {
		n.used = true
		if n.space != nil && !(n.whole() && n.space.every()) {
			n.space.needed = true
		}
		for _, member := range n.of {
			use(member)
		}
	}
	for _, e := range m.edges {
		use(e.from)
		use(e.to)
	}
}

// splitPorts makes edges of their own of all ports of a protocol, which an edge names alone or not at all.
func (m *importer) splitPorts() {
	var out []*edge
	for _, e := range m.edges {
		if !e.ports.Equal(sets.AllPorts()) {
			for _, p := range sets.Protocols() {
				all := sets.ProtocolPorts(p)
				if all.Within(e.ports) && !e.ports.Equal(all) {
					out = append(out, &edge{edgeKey: e.edgeKey, ports: all, origin: e.origin})
					e.ports = e.ports.Minus(all)
				}
			}
		}
		out = append(out, e)
	}
	m.edges = out
}
