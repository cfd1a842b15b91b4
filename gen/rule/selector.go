package rule

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// NamespaceName is the label that Kubernetes sets on each namespace (corev1.LabelMetadataName).
const NamespaceName = "kubernetes.io/metadata.name"

// Label is a label and its value. The zero Label is none.
type Label struct{ Key, Value string }

// Required returns one label that everything a selector matches must have, or none.
func Required(s *metav1.LabelSelector) Label {
	if keys := slices.Sorted(maps.Keys(s.MatchLabels)); len(keys) > 0 {
		return Label{keys[0], s.MatchLabels[keys[0]]}
	}
	for _, r := range s.MatchExpressions {
		if r.Operator == metav1.LabelSelectorOpIn && len(r.Values) == 1 {
			return Label{r.Key, r.Values[0]}
		}
	}
	return Label{}
}

// SelectsAll reports whether a selector asks for nothing.
func SelectsAll(s *metav1.LabelSelector) bool {
	return s == nil || len(s.MatchLabels)+len(s.MatchExpressions) == 0
}

// Compile returns a selector that can be asked; nil is everything. The selector must be valid.
func Compile(s *metav1.LabelSelector) labels.Selector {
	if s == nil {
		return labels.Everything()
	}
	out, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		panic(err) // the dialect's reader has refused it
	}
	return out
}

// And stands between the requirements of a selector in normal form.
const And = " & "

// NormalForm returns the requirements of a selector, sorted, each once. Selectors with equal normal forms match the same
// labels; the requirement `In` with one value is the same as a label.
func NormalForm(s *metav1.LabelSelector) string {
	var parts []string
	for k, v := range s.MatchLabels {
		parts = append(parts, string(AppendIn(nil, k, v)))
	}
	for _, r := range s.MatchExpressions {
		text := r.Key + " " + string(r.Operator)
		if len(r.Values) > 0 {
			values := slices.Compact(slices.Sorted(slices.Values(r.Values)))
			text += " (" + strings.Join(values, ",") + ")"
		}
		parts = append(parts, text)
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), And)
}

// AppendIn appends the requirement that a label has a value, in normal form.
func AppendIn(text []byte, key, value string) []byte {
	text = append(append(text, key...), " In ("...)
	return append(append(text, value...), ')')
}

// Example returns labels that a selector matches, if any do: those it asks for, the first allowed value where it leaves
// a choice, and no others.
func Example(s *metav1.LabelSelector) map[string]string {
	out := map[string]string{}
	for key, values := range choices(s) {
		if len(values) > 0 {
			out[key] = values[0]
		}
	}
	for _, r := range s.MatchExpressions {
		if _, set := out[r.Key]; !set && r.Operator == metav1.LabelSelectorOpExists {
			out[r.Key] = "any"
			for i := 2; denies(s, r.Key, out[r.Key]); i++ {
				out[r.Key] = fmt.Sprintf("any-%d", i)
			}
		}
	}
	return out
}

// choices returns the values that a selector leaves for each label that has to be one of some, sorted.
func choices(s *metav1.LabelSelector) map[string][]string {
	out := map[string][]string{}
	for k, v := range s.MatchLabels {
		out[k] = []string{v}
	}
	for _, r := range s.MatchExpressions {
		if r.Operator != metav1.LabelSelectorOpIn {
			continue
		}
		values := slices.Compact(slices.Sorted(slices.Values(r.Values)))
		if before, known := out[r.Key]; known {
			values = slices.DeleteFunc(values, func(v string) bool { return !slices.Contains(before, v) })
		}
		out[r.Key] = values
	}
	for key, values := range out {
		out[key] = slices.DeleteFunc(values, func(v string) bool { return denies(s, key, v) })
	}
	return out
}

// denies reports whether a selector keeps a label from having a value.
func denies(s *metav1.LabelSelector, key, value string) bool {
	return slices.ContainsFunc(s.MatchExpressions, func(r metav1.LabelSelectorRequirement) bool {
		return r.Key == key && (r.Operator == metav1.LabelSelectorOpDoesNotExist ||
			r.Operator == metav1.LabelSelectorOpNotIn && slices.Contains(r.Values, value))
	})
}
