package check

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// halfDead finds edges that emit one half while the other end is isolated here and nothing opens it: the flow can
// never happen, except for a pod of two workloads.
func halfDead(h *halves, out *diag.List) {
	for _, e := range h.graph.Edges {
		if e.Half == 0 {
			continue
		}
		other := graph.Both &^ e.Half
		if h.alive(e, other) {
			continue
		}
		subject, _ := e.End(other)
		out.Warnf(diag.HalfDead, e.Decl.Pos, "`half: \"%s\"` leaves `%s` closed: nothing opens the %s of `%s`, which is isolated here", e.Half, text(e), other, name(e, subject)).
			WithHelp("remove `half`, so that both halves are emitted")
	}
}

// alive reports whether some flow of the edge is open in the direction that the edge leaves to others.
func (h *halves) alive(e *graph.Edge, d graph.Directions) bool {
	subject, _ := e.End(d)
	for _, kind := range sets.Kinds() {
		half := h.half(d, kind, confined(subject))
		for _, about := range h.flows(e, kind) {
			if half == nil || len(half.Isolated.Meeting(about)) == 0 {
				return true
			}
			if _, answer := h.Ask(about, h.laws()...).Pass(half).Find(); answer == sets.No {
				continue
			}
			if _, answer := h.Ask(about, h.plain().Laws...).Pass(half).Find(); answer != sets.No {
				return true
			}
		}
	}
	return false
}
