package check

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// knownLabels refuses known labels that leave no pod to a declared workload: every guardrail, claim and listing of its
// pods would hold, as there are none.
func knownLabels(h *halves, out *diag.List) {
	k := h.known()
	if !k.KnowsPods() {
		return
	}
	for i := range k.workloads {
		if !h.workload(k.workloads[i]).IsEmpty() && k.Contradicts(i, i) {
			return // they contradict the selector, which is a finding of its own, and then leave no pod to others either
		}
	}
	told := map[[2]*graph.Workload]bool{}
	for i, v := range k.workloads {
		if pods := h.workload(v); pods.IsEmpty() || h.canExist(pods) {
			continue
		}
		with := v
		for j, w := range k.workloads {
			if j != i && k.Contradicts(j, i) {
				with = w
				break
			}
		}
		if told[[2]*graph.Workload{with, v}] {
			continue
		}
		told[[2]*graph.Workload{v, with}] = true
		if with == v {
			out.Errorf(diag.KnownLabels, v.Pos, "the `knownLabels` of other workloads leave no pod to `%s`", v).
				WithHelp("its pods have more labels than the others know: remove theirs, or select its pods by other labels")
			continue
		}
		out.Errorf(diag.KnownLabels, with.KnownLabelsPos, "the `knownLabels` of `%s` leave no pod to `%s`, whose pods its selector selects too", with, v).
			WithHelp("give `%s` a label or expression that leaves the pods of `%s` out, or remove its `knownLabels`", with, v).
			WithRelated(v.Pos, "`%s`", v)
	}
}

func (h *halves) canExist(pods sets.Pods) bool {
	_, answer := h.Ask(h.With(sets.Source, pods), h.laws()...).Find()
	return answer != sets.No
}
