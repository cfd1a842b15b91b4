package check

import "github.com/npgen/npgen/gen/graph"

// edgeIndex holds edges by the numbers of the subjects at one end.
type edgeIndex struct {
	edges []*graph.Edge
	// ends says by number where a subject's edges end; they start where those of the number before end.
	ends []int32
}

// edgesOf returns the edges that emit a direction and have a subject at its end: a workload as itself, a namespace
// where the peer is every pod of it.
func (r *reacher) edgesOf(s graph.Subject, d graph.Directions) []*graph.Edge {
	number := s.Number()
	if number == 0 {
		return nil
	}
	x := r.edges[d-1]
	if x == nil {
		x = r.indexEdges(d)
		r.edges[d-1] = x
	}
	return x.edges[x.ends[number-1]:x.ends[number]]
}

func (r *reacher) indexEdges(d graph.Directions) *edgeIndex {
	x := &edgeIndex{ends: make([]int32, r.Numbers())}
	r.eachEdge(d, func(number int, _ *graph.Edge) { x.ends[number]++ })
	start := int32(0)
	for number, count := range x.ends {
		x.ends[number] = start
		start += count
	}
	x.edges = make([]*graph.Edge, start)
	r.eachEdge(d, func(number int, e *graph.Edge) {
		x.edges[x.ends[number]] = e
		x.ends[number]++
	})
	return x
}

// eachEdge goes through the edges that emit a direction, each under the numbers by which edgesOf finds it.
func (r *reacher) eachEdge(d graph.Directions, do func(number int, e *graph.Edge)) {
	for _, e := range r.Edges {
		if !e.Emits(d) {
			continue
		}
		switch p, _ := e.End(d); {
		case p.Workload != nil || p.Kind == graph.WholeNamespace:
			do(graph.Subject{Namespace: p.Namespace, Workload: p.Workload}.Number(), e)
		case p.Kind == graph.AllNamespaces:
			for _, n := range r.Namespaces {
				do(graph.Subject{Namespace: n}.Number(), e)
			}
		}
	}
}

// portsOf returns all ports that a direction opens to somebody for a subject, by an edge with the subject at its end or
// by DNS egress.
func (r *reacher) portsOf(s graph.Subject, d graph.Directions) graph.PortSet {
	if r.ports[d-1] == nil {
		ports := make([]graph.PortSet, r.Numbers())
		r.eachEdge(d, func(number int, e *graph.Edge) { ports[number].Union(e.Ports) })
		for number, rule := range r.rules {
			if rule != nil && d == graph.Egress {
				ports[number].Union(rule.Config.PortSet())
			}
		}
		r.ports[d-1] = ports
	}
	return r.ports[d-1][s.Number()]
}
