package check

import "github.com/npgen/npgen/gen/diag"

// neverMatches finds selectors that contradict themselves: nothing that is said of their pods is true of any.
func neverMatches(h *halves, out *diag.List) {
	for _, n := range h.graph.Namespaces {
		if n.Selector != nil && len(n.Selector.MatchExpressions) > 0 && h.namespace(n).IsEmpty() {
			out.Warnf(diag.NeverMatches, n.Pos, "the selector of namespace `%s` contradicts itself, so it selects nothing", n.Name).
				WithHelp("all labels and expressions of a selector must hold together")
			continue
		}
		for _, w := range n.Workloads {
			if len(w.Selector.MatchExpressions) > 0 && h.workload(w).IsEmpty() {
				out.Warnf(diag.NeverMatches, w.Pos, "the selector of `%s` contradicts itself, so it selects nothing", w.Name).
					WithHelp("all labels and expressions of a selector must hold together")
			}
		}
	}
}
