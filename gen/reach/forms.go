package reach

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// form is a text in normal form by its number: equal numbers of one forms are equal texts.
type form int32

// everyPod is the normal form of the empty selector; that of every namespace is the same.
const everyPod form = 0

// forms numbers texts, as maps find numbers sooner. Both sides of a comparison share one.
type forms struct {
	texts  []string
	known  map[string]form
	labels map[label]form
}

func newForms() *forms {
	return &forms{texts: []string{""}, known: map[string]form{"": everyPod}, labels: map[label]form{}}
}

func (f *forms) text(s string) form {
	n, known := f.known[s]
	if !known {
		n = form(len(f.texts))
		f.texts = append(f.texts, s)
		f.known[s] = n
	}
	return n
}

// label returns the normal form of the selector for one label.
func (f *forms) label(l label) form {
	n, known := f.labels[l]
	if !known {
		n = f.text(inText(l.key, l.value))
		f.labels[l] = n
	}
	return n
}

func (f *forms) selector(s metav1.LabelSelector) form {
	if len(s.MatchLabels) == 1 && len(s.MatchExpressions) == 0 {
		for k, v := range s.MatchLabels {
			return f.label(label{k, v})
		}
	}
	return f.text(selectorText(s))
}

// namespaceByName is the normal form of the selector that picks one namespace: Kubernetes sets the label on each
// namespace and lets nobody change it (Labels, Annotations and Taints, kubernetes.io/metadata.name), so that a peer
// without a namespaceSelector in namespace x means the same as one with it.
func (f *forms) namespaceByName(name string) form { return f.label(label{nameLabel, name}) }

// selectorText returns the normal form of a selector: its requirements, sorted, each once. Selectors with equal normal
// forms match the same labels; the requirement `In` with one value is the same as a label.
func selectorText(s metav1.LabelSelector) string {
	var parts []string
	for k, v := range s.MatchLabels {
		parts = append(parts, inText(k, v))
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
	return strings.Join(slices.Compact(parts), " & ")
}

// inText returns the requirement that a label has a value.
func inText(key, value string) string { return key + " In (" + value + ")" }
