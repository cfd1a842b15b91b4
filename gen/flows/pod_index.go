package flows

import (
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/world"
)

// podIndex finds the pods of a cluster by what a selector asks for at least: a namespace, a label, or both.
type podIndex struct {
	all []*world.Pod
	by  map[podsBy][]*world.Pod
	// declared is set where there are pods of which not only policies speak.
	declared bool
}

// podsBy is a namespace and a label; either may be empty.
type podsBy struct {
	namespace string
	label     label
}

// index returns the pods of the cluster, ready to be found.
func (e *Evaluator) index() *podIndex {
	if e.pods != nil {
		return e.pods
	}
	e.pods = &podIndex{by: map[podsBy][]*world.Pod{}}
	for i := range e.cluster.Pods {
		p := &e.cluster.Pods[i]
		e.pods.declared = e.pods.declared || !p.Implied
		if p.HostNetwork {
			continue // no selector matches it
		}
		e.pods.all = append(e.pods.all, p)
		in := podsBy{namespace: p.Namespace}
		e.pods.by[in] = append(e.pods.by[in], p)
		for k, v := range p.Labels {
			for _, key := range []podsBy{{p.Namespace, label{Key: k, Value: v}}, {"", label{Key: k, Value: v}}} {
				e.pods.by[key] = append(e.pods.by[key], p)
			}
		}
	}
	return e.pods
}

// among returns the pods of which a namespace and a label may be asked; "" and no label are any. They are in the order of
// the cluster.
func (x *podIndex) among(namespace string, l label) []*world.Pod {
	if namespace == "" && l == (label{}) {
		return x.all
	}
	return x.by[podsBy{namespace, l}]
}

// selected returns the pods that a policy selects.
func (e *Evaluator) selected(p *compiled) []*world.Pod {
	var out []*world.Pod
	for _, pod := range e.index().among(p.source.Namespace, rule.Required(p.source.Subject)) {
		if p.subject.Matches(labels.Set(pod.Labels)) {
			out = append(out, pod)
		}
	}
	return out
}

// named returns the names of pods, sorted: of the declared ones alone where there are any.
func (e *Evaluator) named(pods []*world.Pod) []string {
	var out []string
	for _, p := range pods {
		if !p.Implied || !e.index().declared {
			out = append(out, p.Namespace+"/"+p.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
