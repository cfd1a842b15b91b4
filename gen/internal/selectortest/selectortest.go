// Package selectortest makes label selectors for tests, and all that they can tell apart.
//
// In: a source of chance. Out: selectors, and sets of labels. It refuses nothing.
package selectortest

import (
	"math/rand/v2"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Pods returns every set of labels with two keys and three values, the last of which no selector names.
func Pods() []labels.Set {
	var out []labels.Set
	values := []string{"", "x", "y", "other"}
	for _, a := range values {
		for _, b := range values {
			pod := labels.Set{}
			for k, v := range map[string]string{"a": a, "b": b} {
				if v != "" {
					pod[k] = v
				}
			}
			out = append(out, pod)
		}
	}
	return out
}

// Random returns a selector over the labels of Pods, of any form.
func Random(r *rand.Rand) metav1.LabelSelector {
	s := metav1.LabelSelector{}
	for _, k := range []string{"a", "b"} {
		if r.IntN(3) == 0 {
			metav1.AddLabelToSelector(&s, k, []string{"x", "y"}[r.IntN(2)])
		}
	}
	operators := []metav1.LabelSelectorOperator{"In", "NotIn", "Exists", "DoesNotExist"}
	for range r.IntN(4) {
		e := metav1.LabelSelectorRequirement{Key: []string{"a", "b"}[r.IntN(2)], Operator: operators[r.IntN(4)]}
		if e.Operator == metav1.LabelSelectorOpIn || e.Operator == metav1.LabelSelectorOpNotIn {
			for range 1 + r.IntN(2) {
				e.Values = append(e.Values, []string{"x", "y"}[r.IntN(2)])
			}
		}
		s.MatchExpressions = append(s.MatchExpressions, e)
	}
	return s
}
