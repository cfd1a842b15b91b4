package oracle

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// selectors is the different label selectors of namespaces, or of pods.
type selectors struct {
	index map[string]int
	list  []metav1.LabelSelector
}

func (s *selectors) add(selector metav1.LabelSelector) (int, error) {
	data, err := json.Marshal(selector)
	if err != nil {
		return 0, err
	}
	if i, known := s.index[string(data)]; known {
		return i, nil
	}
	if faults := validation.ValidateLabelSelector(&selector, validation.LabelSelectorValidationOptions{}, field.NewPath("selector")); len(faults) > 0 {
		return 0, fmt.Errorf("%s is no selector: %w", data, faults.ToAggregate())
	}
	s.index[string(data)] = len(s.list)
	s.list = append(s.list, selector)
	return len(s.list) - 1, nil
}

// values returns what selectors ask for, by key.
func (s *selectors) values() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	add := func(key string, values ...string) {
		if out[key] == nil {
			out[key] = map[string]bool{}
		}
		for _, v := range values {
			out[key][v] = true
		}
	}
	for _, l := range s.list {
		for k, v := range l.MatchLabels {
			add(k, v)
		}
		for _, r := range l.MatchExpressions {
			add(r.Key, r.Values...)
		}
	}
	return out
}

// freshValue is a label value that nothing mentions.
const freshValue = "any-other-value"

// combinations returns every combination of labels: for each key each value that is mentioned, another one, and none.
// Keys of skip are left out.
func (s *selectors) combinations(skip string) []map[string]string {
	out := []map[string]string{{}}
	values := s.values()
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if key == skip {
			continue
		}
		n := len(out)
		for _, v := range append(slices.Sorted(maps.Keys(values[key])), freshValue) {
			for _, labels := range out[:n] {
				more := maps.Clone(labels)
				more[key] = v
				out = append(out, more)
			}
		}
	}
	return out
}

// matching returns which selectors match labels.
func (s *selectors) matching(labels map[string]string) bitset {
	out := newBits(len(s.list))
	for i := range s.list {
		if Matches(&s.list[i], labels) {
			out.set(i)
		}
	}
	return out
}

// Matches reports whether a selector matches labels.
func Matches(s *metav1.LabelSelector, labels map[string]string) bool {
	for k, want := range s.MatchLabels {
		if v, has := labels[k]; !has || v != want {
			return false
		}
	}
	for _, r := range s.MatchExpressions {
		v, has := labels[r.Key]
		var ok bool
		switch r.Operator {
		case metav1.LabelSelectorOpIn:
			ok = has && slices.Contains(r.Values, v)
		case metav1.LabelSelectorOpNotIn:
			ok = !has || !slices.Contains(r.Values, v)
		case metav1.LabelSelectorOpExists:
			ok = has
		case metav1.LabelSelectorOpDoesNotExist:
			ok = !has
		}
		if !ok {
			return false
		}
	}
	return true
}

// selection returns the number of a selection.
func (w *World) selection(s Selection) (int, error) {
	n, err := w.selectors[0].add(s.NamespaceSelector)
	if err != nil {
		return 0, err
	}
	p, err := w.selectors[1].add(s.PodSelector)
	if err != nil {
		return 0, err
	}
	key := fmt.Sprint(n, " ", p)
	if i, known := w.selections[key]; known {
		return i, nil
	}
	w.selections[key] = len(w.parts)
	w.parts = append(w.parts, [2]int{n, p})
	return len(w.parts) - 1, nil
}
