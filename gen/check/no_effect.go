package check

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// noEffect finds edges that emit nothing: neither end is isolated by a policy of this build.
func noEffect(g *graph.Graph, out *diag.List) {
	decls := 0
	for _, p := range g.Packages {
		decls += len(p.Allow)
	}
	emits, first := make(map[*graph.EdgeDecl]bool, decls), make(map[*graph.EdgeDecl]*graph.Edge, decls)
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
				noPair("edge", d, out)
			default:
				noHalf(e, out)
			}
		}
	}
	noGuard(g, out)
	noGrant(g, out)
}

// noPair reports an edge with an empty group.
func noPair(what string, d *graph.EdgeDecl, out *diag.List) {
	out.Warnf(diag.NoEffect, d.Pos, "the %s `%s` stands for no pair of peers", what, d.Text).
		WithHelp("a group in it is empty: give it members, or remove the %s", what)
}

// noHalf reports an edge that emits neither half.
func noHalf(e *graph.Edge, out *diag.List) {
	subject, _ := e.End(e.Half)
	switch {
	case e.Half != 0 && !owned(subject):
		finding := out.Warnf(diag.NoEffect, e.Decl.Pos, "the edge `%s` emits nothing: its %s half would select `%s`, which is no workload or `*` of a namespace that is owned here", e.Decl.Text, e.Half, name(e, subject))
		if finding.WithHelp("remove `half`"); subject.Namespace != nil {
			finding.WithHelp("remove `half`, or own the namespace: `namespaces: \"%s\": {}`", subject.Namespace.Name)
		}
	case owned(e.From) || owned(e.To):
		out.Infof(diag.NoEffect, e.Decl.Pos, "the edge `%s` emits nothing: no policy isolates the directions it would open", e.Decl.Text).
			WithHelp("the flow is open already; isolate an end to govern it, or remove the edge")
	default:
		out.Warnf(diag.NoEffect, e.Decl.Pos, "the edge `%s` emits nothing: neither end is a workload or `*` of a namespace that is owned here", e.Decl.Text).
			WithHelp("own the namespace of one end: `namespaces: \"...\": {}`")
	}
}

// noGuard finds guardrails that stand for nothing, and so guard nothing.
func noGuard(g *graph.Graph, out *diag.List) {
	stands := map[*graph.EdgeDecl]bool{}
	for _, f := range g.Forbids {
		stands[f.Decl] = true
	}
	for _, p := range g.Packages {
		for _, d := range p.Forbid {
			if !stands[d] {
				noPair("guardrail", d, out)
			}
		}
	}
}

// noGrant finds grants that stand for nothing.
func noGrant(g *graph.Graph, out *diag.List) {
	stands := map[*graph.EdgeDecl]bool{}
	for _, e := range g.Grants {
		stands[e.Decl] = true
	}
	for _, p := range g.Packages {
		for _, d := range p.Grant.Edges {
			if !stands[d] {
				noPair("grant", d, out)
			}
		}
	}
}

func owned(p *graph.Peer) bool {
	return p.Namespace != nil && p.Namespace.Owned() || p.Kind == graph.AllNamespaces
}
