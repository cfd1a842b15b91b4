package check

import (
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// noEffect finds edges that emit nothing, as neither end is isolated by a policy of this build, and edges, guardrails
// and grants that stand for nothing.
func noEffect(h *halves, out *diag.List) {
	g := h.graph
	edges, forbids, grants := g.Edges, g.Forbids, g.Grants
	for _, p := range g.Packages {
		var pairs []*graph.Edge
		for _, d := range p.Allow {
			if pairs, edges = pairsOf(d, edges); len(pairs) == 0 {
				noPair("edge", d, out)
			} else if h.nobody(pairs) {
				continue // a selector contradicts itself, which is said of it
			} else if !slices.ContainsFunc(pairs, func(e *graph.Edge) bool { return g.Emits(e, graph.Ingress) || g.Emits(e, graph.Egress) }) {
				noHalf(pairs[0], out)
			}
		}
		for _, d := range p.Forbid {
			if pairs, forbids = pairsOf(d, forbids); len(pairs) == 0 {
				noPair("guardrail", d, out)
			} else if h.bindsNothing(pairs) {
				out.Warnf(diag.NoEffect, d.Pos, "the guardrail `%s` binds no flow: its `except` leaves none of its sources", d.Text).
					WithHelp("take the sources that it is for out of `except`, or remove the guardrail")
			}
		}
		for _, d := range p.Grant.Edges {
			if pairs, grants = pairsOf(d, grants); len(pairs) == 0 {
				noPair("grant", d, out)
			}
		}
	}
}

// pairsOf divides edges after those that one as written stands for, which come first.
func pairsOf(d *graph.EdgeDecl, edges []*graph.Edge) (pairs, rest []*graph.Edge) {
	n := 0
	for n < len(edges) && edges[n].Decl == d {
		n++
	}
	return edges[:n], edges[n:]
}

// noPair reports an edge with an empty group.
func noPair(what string, d *graph.EdgeDecl, out *diag.List) {
	out.Warnf(diag.NoEffect, d.Pos, "the %s `%s` stands for no pair of peers", what, d.Text).
		WithHelp("a group in it is empty: give it members, or remove the %s", what)
}

// nobody reports whether one end of each pair is a workload that no pod can be of.
func (h *halves) nobody(pairs []*graph.Edge) bool {
	return !slices.ContainsFunc(pairs, func(e *graph.Edge) bool { return !h.isNobody(e.From) && !h.isNobody(e.To) })
}

func (h *halves) isNobody(p *graph.Peer) bool {
	return p.Workload != nil && len(p.Workload.Selector.MatchExpressions) > 0 && h.workload(p.Workload).IsEmpty()
}

// bindsNothing reports whether `except` leaves no flow of a guardrail.
func (h *halves) bindsNothing(pairs []*graph.Edge) bool {
	return len(pairs[0].Except) > 0 && !h.nobody(pairs) && !slices.ContainsFunc(pairs, func(e *graph.Edge) bool {
		g := h.newGuardrail(e)
		return slices.ContainsFunc(sets.Kinds(), func(kind sets.Kind) bool {
			return slices.ContainsFunc(h.flows(e, kind), func(about *sets.Box) bool {
				_, answer := h.Ask(about, h.laws()...).NotIn(g.excepted[kind]).Find()
				return answer != sets.No
			})
		})
	})
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

func owned(p *graph.Peer) bool {
	return p.Namespace != nil && p.Namespace.Owned() || p.Kind == graph.AllNamespaces
}
