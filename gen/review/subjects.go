package review

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/reach"
)

// selecting returns the policies that select a pod.
func (r *reviewer) selecting(p *pod) []*policy {
	if r.subjects == nil {
		r.subjects = map[subjectKey][]*policy{}
		for _, q := range r.policies {
			key := subjectKey{q.Namespace, requiredLabel(&q.Spec.PodSelector)}
			r.subjects[key] = append(r.subjects[key], q)
		}
	}
	var out []*policy
	add := func(l label) {
		for _, q := range r.subjects[subjectKey{p.Namespace, l}] {
			if q.selector.Matches(labels.Set(p.Labels)) {
				out = append(out, q)
			}
		}
	}
	add(label{})
	for k, v := range p.Labels {
		add(label{k, v})
	}
	return out
}

type subjectKey struct {
	namespace string
	label     label
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
	return slices.DeleteFunc(r.selecting(p), func(q *policy) bool { return isEmpty(&q.Spec.PodSelector) })
}

// half returns what the policies of one end of a flow say of it.
func (r *reviewer) half(from, to reach.End, d graph.Directions) reach.Half {
	if d == graph.Egress {
		return r.eval.Egress(from, to)
	}
	return r.eval.Ingress(from, to)
}

// selectorText returns a selector as messages write it.
func selectorText(s *metav1.LabelSelector) string {
	if isEmpty(s) {
		return "`{}`"
	}
	return "`" + metav1.FormatLabelSelector(s) + "`"
}
