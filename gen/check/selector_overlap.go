package check

import (
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// selectorOverlap finds workloads whose selector also selects another's pods: rules for the one apply to the other
// too. It is an error where the wider one isolates a direction that the narrower does not ask for. One whose pods all lie
// inside of another is isolated as it asks for, whatever the other asks for.
func (h *halves) selectorOverlap(g *graph.Graph, wider map[*graph.Workload][]*graph.Workload, out *diag.List) {
	for _, w := range g.Workloads {
		for _, wide := range wider[w] {
			if w.HostNetwork || wide.HostNetwork {
				continue
			}
			extra := wide.Isolate &^ w.Isolate
			if w.Namespace.Owned() && extra != 0 && !h.liesInside(wide, w) {
				out.Errorf(diag.SelectorOverlap, wide.Pos, "the selector of `%s` also selects the pods of `%s`, and would isolate them for %s, which `%s` does not ask for", wide.Name, w.Name, extra, w.Name).
					WithHelp("give `%s` a label that `%s` has not, or isolate both alike", wide.Name, w.Name).
					WithRelated(w.Pos, "`%s`", w.Name)
				continue
			}
			if mutual := slices.Contains(wider[wide], w); mutual && wide.Name > w.Name {
				continue
			}
			out.Warnf(diag.SelectorOverlap, wide.Pos, "the selector of `%s` also selects the pods of `%s`: edges of the one apply to the other too", wide.Name, w.Name).
				WithHelp("give `%s` a label or expression that leaves the other out", wide.Name).
				WithRelated(w.Pos, "`%s`", w.Name)
		}
	}
}

// liesInside reports whether one workload selects pods of another, and no others, but not all of them.
func (h *halves) liesInside(narrow, wide *graph.Workload) bool {
	if len(narrow.Selector.MatchExpressions)+len(wide.Selector.MatchExpressions) == 0 {
		return false // of labels alone, one that also selects the pods of another has all of them
	}
	return h.Within(h.workload(narrow), h.workload(wide)) && !h.Within(h.workload(wide), h.workload(narrow))
}
