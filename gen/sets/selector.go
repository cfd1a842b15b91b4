package sets

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Matches reports whether a selector, which is valid, selects what has just these labels.
func Matches(selector metav1.LabelSelector, labels map[string]string) bool {
	for k, v := range selector.MatchLabels {
		if has, ok := labels[k]; !ok || has != v {
			return false
		}
	}
	for _, r := range selector.MatchExpressions {
		value, has := labels[r.Key]
		in := has && slices.Contains(r.Values, value)
		switch r.Operator {
		case metav1.LabelSelectorOpIn:
			has = in
		case metav1.LabelSelectorOpNotIn:
			has = !in
		case metav1.LabelSelectorOpDoesNotExist:
			has = !has
		}
		if !has {
			return false
		}
	}
	return true
}

// AsksOf returns what a selector asks of one label, with its requirements as one: a label, or an expression.
func AsksOf(selector metav1.LabelSelector, key string) *metav1.LabelSelector {
	s := NewSpace()
	p := s.Select(Pods{}, &selector)
	var of Pods
	for _, l := range p.literals {
		if s.keyNames[l.label.key()] == key {
			of.literals = append(of.literals, l)
		}
	}
	_, out := s.Selectors(of)
	return out
}
