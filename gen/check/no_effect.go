package check

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// noEffect finds edges that emit nothing: neither end is isolated by a policy of this build.
func noEffect(g *graph.Graph, out *diag.List) {
	emits := map[*graph.EdgeDecl]bool{}
	first := map[*graph.EdgeDecl]*graph.Edge{}
	for _, e := range g.Edges {
		if first[e.Decl] == nil {
			first[e.Decl] = e
		}
		for _, d := range []graph.Directions{graph.Ingress, graph.Egress} {
			subject, _ := e.End(d)
			if !emits[e.Decl] && e.Emits(d) && len(g.Subjects(subject, d)) > 0 {
				emits[e.Decl] = true
			}
		}
	}
	for _, p := range g.Packages {
		for _, d := range p.Allow {
			switch e := first[d]; {
			case emits[d]:
			case e == nil:
				out.Warnf(diag.NoEffect, d.Pos, "the edge `%s` stands for no pair of peers", d.Text).
					WithHelp("a group in it is empty: give it members, or remove the edge")
			case owned(e.From) || owned(e.To):
				out.Infof(diag.NoEffect, d.Pos, "the edge `%s` emits nothing: no policy isolates the directions it would open", d.Text).
					WithHelp("the flow is open already; isolate an end to govern it, or remove the edge")
			default:
				out.Warnf(diag.NoEffect, d.Pos, "the edge `%s` emits nothing: neither end is a workload or `*` of a namespace that is owned here", d.Text).
					WithHelp("own the namespace of one end: `namespaces: \"...\": {}`")
			}
		}
	}
}

func owned(p graph.Peer) bool {
	return p.Namespace != nil && p.Namespace.Owned() || p.Kind == graph.AllNamespaces
}
