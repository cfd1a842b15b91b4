package check

import (
	"fmt"
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// notGranted refuses an edge that opens something in a namespace of another package, where that package says by `grant`
// what others may open, and neither its grants nor its own edges cover the edge.
func notGranted(r *reacher, out *diag.List) {
	guards := guardsOf(r.Graph)
	if len(guards) == 0 {
		return
	}
	for _, e := range r.Edges {
		told := map[*graph.Namespace]bool{}
		for _, d := range []graph.Directions{graph.Ingress, graph.Egress} {
			if !e.Emits(d) {
				continue
			}
			subject, other := e.End(d)
			for _, s := range r.Subjects(subject, d) {
				guard, guarded := guards[s.Namespace.Owner]
				if !guarded || e.Package.Owns(s.Namespace.Name) || told[s.Namespace] {
					continue
				}
				if granted := guard.covers(r, s, other, d); !granted.Contains(e.Ports) {
					told[s.Namespace] = true
					reportNotGranted(e, s, d, granted, out)
				}
			}
		}
	}
}

func reportNotGranted(e *graph.Edge, s graph.Subject, d graph.Directions, granted graph.PortSet, out *diag.List) {
	n, owner := s.Namespace, s.Namespace.Owner
	but := "does not grant it"
	if ports := granted.Intersect(e.Ports); !ports.IsEmpty() {
		but = fmt.Sprintf("grants only `:%s` of it", ports)
	}
	out.Errorf(diag.NotGranted, e.Decl.Pos, "`%s` opens the %s of `%s`, and the owner of namespace `%s` %s", text(e), d, s, n.Name, but).
		WithHelp("its owner has to allow it: %s", howToGrant(e, owner)).
		WithRelated(n.Pos, "namespace `%s` is owned here", n.Name).
		WithRelated(owner.Grant.Pos, "its `grant`")
}

// howToGrant returns what the owner has to write. Names of addresses are each package's own.
func howToGrant(e *graph.Edge, owner *graph.Package) string {
	grant := fmt.Sprintf("`grant: [\"%s\"]`", textFor(e, owner))
	for _, p := range []*graph.Peer{e.From, e.To} {
		switch {
		case p.External != nil:
			return "with an `external` of the same addresses there, and an edge with it in `grant`"
		case p.Kind == graph.Internet || p.Kind == graph.APIServer:
			return fmt.Sprintf("%s, with the same addresses for `%s` there", grant, p.NameIn(nil))
		}
	}
	return grant
}

// textFor returns an edge as another package than the one that wrote it would write it.
func textFor(e *graph.Edge, p *graph.Package) string {
	x := *e
	x.Package = p
	return text(&x)
}

// guard is what the owner of namespaces lets other packages open there: its grants, and the edges that it wrote itself.
// It holds them by direction and by the workload that policies of that direction select; under nil are whole namespaces.
type guard map[graph.Directions]map[*graph.Workload][]opening

// opening is what an edge of a guard opens in one direction.
type opening struct {
	subject, other []part
	ports          graph.PortSet
}

// guardsOf returns the guard of each package that has `grant`.
func guardsOf(g *graph.Graph) map[*graph.Package]guard {
	out := map[*graph.Package]guard{}
	for _, p := range g.Packages {
		if p.Grant.Set {
			out[p] = guard{graph.Ingress: {}, graph.Egress: {}}
		}
	}
	for _, edges := range [][]*graph.Edge{g.Grants, g.Edges} {
		for _, e := range edges {
			if guard, guarded := out[e.Package]; guarded {
				guard.add(e)
			}
		}
	}
	return out
}

// add adds an edge. At an end that is never a subject, such as `any`, it opens nothing, and so it grants nothing there.
func (x guard) add(e *graph.Edge) {
	for d, openings := range x {
		if subject, other := e.End(d); e.Emits(d) && isSubject(subject) {
			openings[subject.Workload] = append(openings[subject.Workload], opening{partsOf(subject), partsOf(other), e.Ports})
		}
	}
}

func isSubject(p *graph.Peer) bool {
	if p.Workload != nil || p.Kind == graph.WholeNamespace {
		return p.Namespace.Selector == nil
	}
	return p.Kind == graph.AllNamespaces
}

// covers returns the ports on which the owner lets a subject of its own send to another peer, or receive from it:
// those that hold for each part of the peer.
func (x guard) covers(r *reacher, s graph.Subject, other *graph.Peer, d graph.Directions) graph.PortSet {
	candidates := slices.Clone(x[d][nil])
	if s.Workload != nil {
		candidates = append(candidates, x[d][s.Workload]...)
		for _, w := range r.wider[s.Workload] {
			candidates = append(candidates, x[d][w]...)
		}
	}
	ports, subject := graph.PortSet{All: true}, subjectPart(s)
	for _, part := range partsOf(other) {
		var open graph.PortSet
		for _, o := range candidates {
			if covers(o.subject, subject) && covers(o.other, part) {
				open.Union(o.ports)
			}
		}
		ports = ports.Intersect(open)
	}
	return ports
}
