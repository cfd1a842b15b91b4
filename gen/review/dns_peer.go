package review

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/world"
)

// dnsPeer finds DNS servers that are asked for in a way in which no cluster has them: with labels of the policy's own
// pods besides, as kustomize's commonLabels writes them into every selector; or in the policy's own namespace.
func (r *reviewer) dnsPeer(x *writtenRule) {
	if x.Direction != graph.Egress {
		return
	}
	for i, peer := range x.Peers {
		isOwn := func(s *metav1.LabelSelector) bool {
			return s != nil && r.Within(r.namespace(x.Namespace), r.Namespaces(s))
		}
		if !isDNSPeer(peer) || isOwn(peer.NamespaceSelector) {
			continue
		}
		if slices.ContainsFunc(r.peersOf(x, peer), func(p *pods) bool { return p.workload != nil }) {
			continue
		}
		rewritten := false
		if dnsLabel(peer.PodSelector) != (rule.Label{}) {
			rewritten = r.rewritten(x, peer.PodSelector, x.peerPath(i, "podSelector", "matchLabels"), "the DNS servers have")
		}
		if named(peer.NamespaceSelector) != "" {
			rewritten = r.rewritten(x, peer.NamespaceSelector, x.peerPath(i, "namespaceSelector", "matchLabels"), "the namespace of the DNS servers has") || rewritten
		}
		if peer.NamespaceSelector == nil && !rewritten && r.isAway(x, i) {
			r.findings.Errorf(diag.DNSPeer, x.Value(x.peerPath(i)...), "without `namespaceSelector` this peer is pods of namespace `%s`, where the DNS servers are not", x.Namespace).
				WithHelp("add `namespaceSelector: {matchLabels: {%s: kube-system}}` to the same item", rule.NamespaceName)
		}
	}
}

// isAway reports whether a peer in the policy's own namespace is the cluster's DNS servers, which are in another. A
// namespace may have DNS servers of its own, by labels of their own; and where a namespaceSelector stands beside the
// peer, either-or speaks of it.
func (r *reviewer) isAway(x *writtenRule, i int) bool {
	l := dnsLabel(x.Peers[i].PodSelector)
	isPaired := i > 0 && onlyNamespaces(x.Peers[i-1]) || i+1 < len(x.Peers) && onlyNamespaces(x.Peers[i+1])
	isCluster := world.IsClusterDNS(l.Key, l.Value)
	return x.qualified && isCluster && !world.IsDNSNamespace(x.Namespace) && !isPaired && !r.ownPods(x, x.Peers[i])
}

// rewritten reports labels of a selector that the policy has itself.
func (r *reviewer) rewritten(x *writtenRule, s *metav1.LabelSelector, path []any, whose string) bool {
	for _, k := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		v := s.MatchLabels[k]
		own, isOwn := x.Labels[k]
		if !isOwn || own != v {
			own, isOwn = x.Spec.PodSelector.MatchLabels[k]
		}
		if !isOwn || own != v || world.IsDNSLabel(k, v) || k == rule.NamespaceName || r.isLabelled(k, v) {
			continue
		}
		r.findings.Errorf(diag.DNSPeer, x.Key(append(path, k)...), "the label `%s: %s` is this policy's own, and not one that %s", k, v, whose).
			WithHelp("remove it; kustomize writes `commonLabels` into selectors, and `labels` with `includeSelectors: false` does not")
		return true
	}
	return false
}
