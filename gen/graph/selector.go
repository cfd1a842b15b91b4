package graph

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// workloadSelector returns the selector of a workload's pods: as declared, else the label app=<name>.
func workloadSelector(name string, d *WorkloadDecl) metav1.LabelSelector {
	if d.Selector == nil {
		return metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
	}
	return d.Selector.LabelSelector
}

// Canonical returns the selector with its expressions sorted by key, operator and values, the values sorted without
// doubles, so that equal selectors are written alike.
func Canonical(s metav1.LabelSelector) metav1.LabelSelector {
	out := metav1.LabelSelector{}
	if len(s.MatchLabels) > 0 {
		out.MatchLabels = maps.Clone(s.MatchLabels)
	}
	for _, r := range s.MatchExpressions {
		r.Values = slices.Compact(slices.Sorted(slices.Values(r.Values)))
		out.MatchExpressions = append(out.MatchExpressions, r)
	}
	slices.SortFunc(out.MatchExpressions, func(a, b metav1.LabelSelectorRequirement) int {
		return slices.Compare(requirementKey(a), requirementKey(b))
	})
	out.MatchExpressions = slices.CompactFunc(out.MatchExpressions, func(a, b metav1.LabelSelectorRequirement) bool {
		return slices.Equal(requirementKey(a), requirementKey(b))
	})
	return out
}

func requirementKey(r metav1.LabelSelectorRequirement) []string {
	return append([]string{r.Key, string(r.Operator)}, r.Values...)
}
