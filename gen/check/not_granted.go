package check

import (
	"fmt"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// notGranted refuses an edge that opens something in a namespace of another package, where that package says by `grant`
// what others may open, and neither its grants nor its own edges cover the edge.
func notGranted(g *graph.Graph, out *diag.List) {
	guards := guardsOf(g)
	for _, e := range g.Edges {
		told := map[*graph.Namespace]bool{}
		for _, d := range []graph.Directions{graph.Ingress, graph.Egress} {
			if !e.Emits(d) {
				continue
			}
			subject, other := e.End(d)
			for _, s := range g.Subjects(subject, d) {
				guard := guards[s.Namespace.Owner]
				if guard == nil || e.Package.Owns(s.Namespace.Name) || told[s.Namespace] {
					continue
				}
				if granted := guard.covers(s, other, d); !granted.Contains(e.Ports) {
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
	for _, p := range []graph.Peer{e.From, e.To} {
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
type guard struct {
	grants, edges []*graph.Edge
}

// guardsOf returns the guard of each package that has `grant`.
func guardsOf(g *graph.Graph) map[*graph.Package]*guard {
	out := map[*graph.Package]*guard{}
	for _, p := range g.Packages {
		if p.Grant.Set {
			out[p] = &guard{}
		}
	}
	if len(out) == 0 {
		return nil
	}
	for _, e := range g.Grants {
		out[e.Package].grants = append(out[e.Package].grants, e)
	}
	for _, e := range g.Edges {
		if guard := out[e.Package]; guard != nil {
			guard.edges = append(guard.edges, e)
		}
	}
	return out
}

// isSubject reports whether a policy can be for a peer: what is never a subject, such as `any`, opens nothing at that
// end as an edge, and so it grants nothing there.
func isSubject(p graph.Peer) bool {
	if p.Workload != nil || p.Kind == graph.WholeNamespace {
		return p.Namespace.Selector == nil
	}
	return p.Kind == graph.AllNamespaces
}

// covers returns the ports on which the owner lets a subject of its own send to another peer, or receive from it:
// those that hold for each part of the peer.
func (x *guard) covers(s graph.Subject, other graph.Peer, d graph.Directions) graph.PortSet {
	ports := graph.PortSet{All: true}
	for _, o := range partsOf(other) {
		ports = ports.Intersect(x.covering(subjectPart(s), o, d))
	}
	return ports
}

func (x *guard) covering(subject, other part, d graph.Directions) graph.PortSet {
	var ports graph.PortSet
	add := func(e *graph.Edge) {
		if s, o := e.End(d); isSubject(s) && covers(s, subject) && covers(o, other) {
			ports.Union(e.Ports)
		}
	}
	for _, e := range x.grants {
		add(e)
	}
	for _, e := range x.edges {
		if e.Emits(d) {
			add(e)
		}
	}
	return ports
}
