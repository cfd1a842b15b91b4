package review

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// subjectSelects finds policies that select no pods of the input.
func (r *reviewer) subjectSelects(p *policy) {
	r.selects(p, &p.Spec.PodSelector, p.Namespace, []any{"spec", "podSelector"}, nil)
}

// peerSelects finds peers that select no pods of the input, and namespaces whose name is misspelt.
func (r *reviewer) peerSelects(x *writtenRule) {
	for i, peer := range x.Peers {
		namespace := x.Namespace
		if peer.NamespaceSelector != nil {
			if r.neverMatchesNamespaces(x.policy, peer.NamespaceSelector, x.peerPath(i, "namespaceSelector")) {
				continue
			}
			if namespace = named(peer.NamespaceSelector); namespace != "" {
				r.namespaceName(x, namespace, x.peerPath(i, "namespaceSelector"))
			}
		}
		if peer.PodSelector != nil {
			r.selects(x.policy, peer.PodSelector, namespace, x.peerPath(i, "podSelector"), &x.Peers[i])
		}
	}
}

// selects looks at one pod selector, that of a peer or where there is none that of the policy. Where the input has no
// workloads of the namespace, it says nothing of what runs there; pods of operators and labels of controllers are in no
// manifest, so a key that no workload has and that has a prefix of somebody's own is left alone. namespace is empty where
// there may be several.
func (r *reviewer) selects(p *policy, s *metav1.LabelSelector, namespace string, path []any, peer *networkingv1.NetworkPolicyPeer) {
	if rule.SelectsAll(s) || r.neverMatches(p, s, path) || namespace == "" || r.inv.Incomplete {
		return
	}
	if len(r.byNamespace[namespace]) == 0 {
		if peer == nil {
			r.misplaced(p, path)
		}
		return
	}
	if len(r.in(r.workloads, r.Select(r.namespace(namespace), s))) > 0 {
		r.eachValue(p, s, namespace, path)
		return
	}
	if r.madeElsewhere(s, namespace) {
		return
	}
	finding := r.findings.Warnf(diag.SelectsNothing, p.Key(path...), "no workload of the input in namespace `%s` has the labels %s", namespace, selectorText(s))
	near, w := r.onObject(s, namespace)
	if w == nil {
		near, w = r.nearest(s, namespace)
	}
	if w == nil {
		near, w = r.elsewhere(s, namespace, peer)
	}
	if w != nil {
		finding.WithHelp("%s", near).WithRelated(w.Pos, "%s", w)
	}
}

// eachValue finds values of a list that no pods have, but an object that makes pods has itself.
func (r *reviewer) eachValue(p *policy, s *metav1.LabelSelector, namespace string, path []any) {
	for i, x := range s.MatchExpressions {
		if x.Operator != metav1.LabelSelectorOpIn || len(x.Values) < 2 {
			continue
		}
		for j, v := range x.Values {
			one := s.DeepCopy()
			one.MatchExpressions[i].Values = []string{v}
			if len(r.in(r.workloads, r.Select(r.namespace(namespace), one))) > 0 || r.madeElsewhere(one, namespace) {
				continue
			}
			if help, w := r.onObject(one, namespace); w != nil {
				r.findings.Warnf(diag.SelectsNothing, p.Value(slices.Concat(path, []any{"matchExpressions", i, "values", j})...), "no pods of the input in namespace `%s` have the label `%s: %s`", namespace, x.Key, v).
					WithHelp("%s", help).WithRelated(w.Pos, "%s", w)
			}
		}
	}
}

// onObject returns a workload that has labels itself and does not give them to its pods, and what to say of it.
func (r *reviewer) onObject(s *metav1.LabelSelector, namespace string) (string, *inventory.Workload) {
	for _, w := range r.byNamespace[namespace] {
		if w.Kind == "Pod" || !sets.Matches(*s, w.Own) {
			continue
		}
		path := "spec.template.metadata.labels"
		if w.Kind == "CronJob" {
			path = "spec.jobTemplate." + path
		}
		return fmt.Sprintf("%s has that itself, and its pods do not: write it in `%s` as well", w, path), w
	}
	return "", nil
}

// misplaced finds policies in a namespace of which the input has no workload, while it has such pods in another, for which
// there is no policy by the same selector: the one there may be for another environment.
func (r *reviewer) misplaced(p *policy, path []any) {
	s := &p.Spec.PodSelector
	if !p.qualified || len(p.edges) > 0 || len(s.MatchLabels) == 0 || r.madeElsewhere(s, p.Namespace) {
		return
	}
	help, w := r.elsewhere(s, p.Namespace, nil)
	if w == nil || slices.ContainsFunc(r.policies, func(q *policy) bool {
		return q.Namespace == w.Namespace && !rule.SelectsAll(&q.Spec.PodSelector)
	}) {
		return
	}
	r.findings.Warnf(diag.SelectsNothing, p.Key(path...), "the input has no workload in namespace `%s`, for whose pods alone this policy is", p.Namespace).
		WithHelp("%s", help).WithRelated(w.Pos, "%s", w)
}

// neverMatches finds selectors of pods that contradict themselves.
func (r *reviewer) neverMatches(p *policy, s *metav1.LabelSelector, path []any) bool {
	return r.emptySelector(p, r.Select(sets.Pods{}, s), s, path)
}

// neverMatchesNamespaces finds selectors of namespaces that contradict themselves, or that each namespace's having a
// name contradicts.
func (r *reviewer) neverMatchesNamespaces(p *policy, s *metav1.LabelSelector, path []any) bool {
	return r.emptySelector(p, r.Namespaces(s), s, path)
}

func (r *reviewer) emptySelector(p *policy, selected sets.Pods, s *metav1.LabelSelector, path []any) bool {
	if !selected.IsEmpty() {
		return false
	}
	r.findings.Errorf(diag.NeverMatches, p.Key(path...), "the selector %s contradicts itself, so it selects nothing", selectorText(s)).
		WithHelp("all labels and expressions of a selector must hold together")
	return true
}

// madeElsewhere reports whether pods that a selector asks for are likely in no manifest: by the keys of its labels, or since
// a Service that stands before no workload, or an object of an operator, speaks of the same pods.
func (r *reviewer) madeElsewhere(s *metav1.LabelSelector, namespace string) bool {
	isForeign := func(key string) bool {
		return !r.keys[key] && (strings.Contains(key, "/") && !strings.HasPrefix(key, "app.kubernetes.io/")) || inventory.IsGenerated(key)
	}
	for k := range s.MatchLabels {
		if isForeign(k) {
			return true
		}
	}
	return slices.ContainsFunc(s.MatchExpressions, func(x metav1.LabelSelectorRequirement) bool { return isForeign(x.Key) }) ||
		slices.ContainsFunc(r.inv.Services, func(v *inventory.Service) bool {
			return v.Namespace == namespace && len(v.Selector) > 0 && len(r.links.Behind(v)) == 0 && sets.Matches(*s, v.Selector)
		}) ||
		slices.ContainsFunc(r.inv.Customs, func(c *inventory.Custom) bool {
			return c.Namespace == namespace && len(s.MatchExpressions) == 0 && c.HasPods(s.MatchLabels)
		})
}

// nearest returns a workload of the namespace with a label that differs little from one that is asked for, and what to
// say of it.
func (r *reviewer) nearest(s *metav1.LabelSelector, namespace string) (string, *inventory.Workload) {
	for _, k := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		values := map[string]*inventory.Workload{}
		for _, w := range r.byNamespace[namespace] {
			if v, ok := w.Labels[k]; ok && v != s.MatchLabels[k] && values[v] == nil {
				values[v] = w
			}
		}
		if near := diag.Nearest(s.MatchLabels[k], maps.Keys(values)); near != "" {
			return fmt.Sprintf("did you mean `%s: %s`?", k, near), values[near]
		}
		for _, w := range r.byNamespace[namespace] {
			if w.Name == s.MatchLabels[k] {
				return fmt.Sprintf("the pods of `%s` have `%s`", w.Name, labels.Set(w.Labels)), w
			}
		}
	}
	return "", nil
}

// elsewhere returns a workload of another namespace that a selector selects, and what to say of it.
func (r *reviewer) elsewhere(s *metav1.LabelSelector, namespace string, peer *networkingv1.NetworkPolicyPeer) (string, *inventory.Workload) {
	for _, p := range r.in(r.workloads, r.Select(sets.Pods{}, s)) {
		name := p.pod.Namespace
		if name == namespace {
			continue
		}
		remedy := fmt.Sprintf("write `metadata.namespace: %s`", name)
		switch {
		case peer != nil && peer.NamespaceSelector != nil:
			remedy = fmt.Sprintf("write `%s: %s`", rule.NamespaceName, name)
		case peer != nil:
			remedy = fmt.Sprintf("add `namespaceSelector: {matchLabels: {%s: %s}}` to the same item", rule.NamespaceName, name)
		}
		return fmt.Sprintf("pods of namespace `%s` have them: %s", name, remedy), p.workload
	}
	return "", nil
}

// namespaceName finds names of namespaces that differ little from those of the input.
func (r *reviewer) namespaceName(x *writtenRule, name string, path []any) {
	if r.inv.Incomplete || len(r.byNamespace[name]) > 0 || slices.ContainsFunc(r.inv.Namespaces, func(n *inventory.Namespace) bool { return n.Name == name }) {
		return
	}
	near := diag.Nearest(name, func(yield func(string) bool) {
		for _, n := range r.inv.Namespaces {
			if !yield(n.Name) {
				return
			}
		}
	})
	if near == "" || len(name) < 4 || r.hasPolicies(name) {
		return
	}
	r.findings.Warnf(diag.SelectsNothing, x.Key(path...), "the input has no namespace `%s`", name).WithHelp("did you mean `%s`?", near)
}

func (r *reviewer) hasPolicies(namespace string) bool {
	return slices.ContainsFunc(r.policies, func(p *policy) bool { return p.Namespace == namespace })
}
