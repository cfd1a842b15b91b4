package review

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// commonLabels finds peers of another namespace with labels of the policy itself besides their own, as kustomize's
// commonLabels writes them into every selector: the pods there have other labels. It is silent where something of the input
// in that namespace has the label, and of DNS servers, of which dnsPeer speaks.
func (r *reviewer) commonLabels(x *writtenRule) {
	for i, peer := range x.Peers {
		name := named(peer.NamespaceSelector)
		if name == "" || name == x.Namespace || peer.PodSelector == nil || isDNSPeer(peer) || len(r.byNamespace[name]) > 0 {
			continue
		}
		own := x.everywhere()
		maps.DeleteFunc(own, func(k, v string) bool { return peer.PodSelector.MatchLabels[k] != v || r.isUsed(name, k, v) })
		if len(own) == 0 || len(own) == len(peer.PodSelector.MatchLabels) {
			continue
		}
		k := slices.Sorted(maps.Keys(own))[0]
		r.findings.Warnf(diag.CommonLabels, x.Key(x.peerPath(i, "podSelector", "matchLabels", k)...), "the label `%s: %s` is this policy's own, and most likely not one of the pods in namespace `%s`", k, own[k], name).
			WithHelp("remove it; kustomize writes `commonLabels` into selectors, and `labels` with `includeSelectors: false` does not")
	}
}

// everywhere returns the labels that the policy has itself and in each of its selectors of pods.
func (p *policy) everywhere() map[string]string {
	out := maps.Clone(p.Labels)
	keep := func(s *metav1.LabelSelector) {
		maps.DeleteFunc(out, func(k, v string) bool { return s.MatchLabels[k] != v })
	}
	keep(&p.Spec.PodSelector)
	for _, d := range graph.AllDirections() {
		for _, x := range p.rulesOf(d) {
			for _, peer := range x.Peers {
				if peer.PodSelector != nil && len(peer.PodSelector.MatchLabels) > 0 {
					keep(peer.PodSelector)
				}
			}
		}
	}
	return out
}

// isUsed reports whether some policy of a namespace has a label, or selects pods by it, or a Namespace has it.
func (r *reviewer) isUsed(namespace, key, value string) bool {
	one := map[string]string{key: value}
	return inventory.Within(one, r.labelled[namespace]) || slices.ContainsFunc(r.policies, func(p *policy) bool {
		return p.Namespace == namespace && (inventory.Within(one, p.Labels) || inventory.Within(one, p.Spec.PodSelector.MatchLabels))
	})
}
