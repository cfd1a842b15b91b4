package check

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// halfDead finds edges that emit one half while the other end is isolated here and nothing opens it: the flow can
// never happen.
func halfDead(r *reacher, out *diag.List) {
	for _, e := range r.Edges {
		if e.Half == 0 {
			continue
		}
		other := graph.Both &^ e.Half
		if alive(r, e, other) {
			continue
		}
		subject, _ := e.End(other)
		out.Warnf(diag.HalfDead, e.Decl.Pos, "`half: \"%s\"` leaves `%s` closed: nothing opens the %s of `%s`, which is isolated here", e.Half, text(e), other, name(e, subject)).
			WithHelp("remove `half`, so that both halves are emitted")
	}
}

// alive reports whether some flow of the edge is open in the direction that the edge leaves to others.
func alive(r *reacher, e *graph.Edge, d graph.Directions) bool {
	subject, other := e.End(d)
	others := r.ends(other, every)
	for _, s := range r.ends(subject, every) {
		for _, o := range others {
			if !r.open(s, o, d).ports.Intersect(e.Ports).IsEmpty() {
				return true
			}
		}
	}
	return false
}
