package review

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
)

// selecting returns the policies that select a pod.
func (r *reviewer) selecting(p *pod) []*policy {
	subjects := r.subjectsIn(p.Namespace)
	var out []*policy
	add := func(key, value string) {
		for _, q := range subjects[key][value] {
			if q.selector.Matches(labels.Set(p.Labels)) {
				out = append(out, q)
			}
		}
	}
	add("", "")
	for k, v := range p.Labels {
		add(k, v)
	}
	return out
}

// subjectsIn returns the policies of a namespace by the key and the value of a label that their pods must have; both are
// empty for those that ask for none.
func (r *reviewer) subjectsIn(namespace string) map[string]map[string][]*policy {
	if r.subjects == nil {
		r.subjects = map[string]map[string]map[string][]*policy{}
		for _, q := range r.policies {
			l := requiredLabel(&q.Spec.PodSelector)
			byKey := r.subjects[q.Namespace]
			if byKey == nil {
				byKey = map[string]map[string][]*policy{}
				r.subjects[q.Namespace] = byKey
			}
			if byKey[l.key] == nil {
				byKey[l.key] = map[string][]*policy{}
			}
			byKey[l.key][l.value] = append(byKey[l.key][l.value], q)
		}
	}
	return r.subjects[namespace]
}

// requiredLabel returns a label that all pods of a selector must have, or none.
func requiredLabel(s *metav1.LabelSelector) label {
	var first label
	for k, v := range s.MatchLabels {
		if first.key == "" || k < first.key {
			first = label{k, v}
		}
	}
	return first
}

// subjectOf returns the policies that are for a pod by its labels: those that select it, but not every pod.
func (r *reviewer) subjectOf(p *pod) []*policy {
	return slices.DeleteFunc(r.selecting(p), func(q *policy) bool { return rule.SelectsAll(&q.Spec.PodSelector) })
}

// half returns what the policies of one end of a flow say of it.
func (r *reviewer) half(from, to flows.End, d graph.Directions) flows.Half {
	if d == graph.Egress {
		return r.eval.Egress(from, to)
	}
	return r.eval.Ingress(from, to)
}

// selectorText returns a selector as messages write it.
func selectorText(s *metav1.LabelSelector) string {
	if rule.SelectsAll(s) {
		return "`{}`"
	}
	return "`" + metav1.FormatLabelSelector(s) + "`"
}
