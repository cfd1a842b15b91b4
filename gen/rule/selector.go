package rule

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/sets"
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

// Text writes a selector as kubectl does, as `app=web,tier in (a,b)`; `In` with one value is a label.
func Text(s *metav1.LabelSelector) string { return metav1.FormatLabelSelector(WithLabels(s)) }

// WithLabels returns a selector that says the same, with `In` of one value as a label.
func WithLabels(s *metav1.LabelSelector) *metav1.LabelSelector {
	if s == nil {
		return nil
	}
	out := &metav1.LabelSelector{MatchLabels: maps.Clone(s.MatchLabels)}
	for _, r := range s.MatchExpressions {
		if r.Operator != metav1.LabelSelectorOpIn || len(r.Values) != 1 {
			out.MatchExpressions = append(out.MatchExpressions, r)
			continue
		}
		switch v, ok := out.MatchLabels[r.Key]; {
		case !ok && out.MatchLabels == nil:
			out.MatchLabels = map[string]string{r.Key: r.Values[0]}
		case !ok:
			out.MatchLabels[r.Key] = r.Values[0]
		case v != r.Values[0]:
			out.MatchExpressions = append(out.MatchExpressions, r)
		}
	}
	return out
}

// AppendIn appends the requirement that a label has a value, in normal form.
func AppendIn(text []byte, key, value string) []byte {
	text = append(append(text, key...), " In ("...)
	return append(append(text, value...), ')')
}

// Example returns labels that a selector matches, if any do: those it asks for, the first allowed value where it leaves
// a choice, and no others.
func Example(s *metav1.LabelSelector) map[string]string {
	if len(s.MatchExpressions) == 0 && s.MatchLabels != nil {
		return maps.Clone(s.MatchLabels)
	}
	return sets.ExampleOf(*s)
}
