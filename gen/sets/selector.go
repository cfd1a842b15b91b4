package sets

import (
	"fmt"
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

// ExampleOf returns labels that a selector matches, and no others than it asks for: the first value that is left, or one
// that is told from those which it refuses. Of a selector that contradicts itself the labels match nothing.
func ExampleOf(selector metav1.LabelSelector) map[string]string {
	s := NewSpace()
	out := map[string]string{}
	for _, l := range s.Select(Pods{}, &selector).literals {
		c, key := s.constraints[l.constraint], s.keyNames[l.label.key()]
		switch {
		case c.absent || c.isEmpty():
		case c.but:
			out[key] = "any"
			for i := 2; s.refuses(c, out[key]); i++ {
				out[key] = fmt.Sprintf("any-%d", i)
			}
		default:
			values := make([]string, len(c.values))
			for i, v := range c.values {
				values[i] = s.valueNames[v]
			}
			out[key] = slices.Min(values)
		}
	}
	return out
}

// refuses reports whether a constraint refuses a value.
func (s *Space) refuses(c constraint, name string) bool {
	value, known := s.values[name]
	return known && !c.holds(value)
}
