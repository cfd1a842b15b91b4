package review

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
)

// eitherOr finds two items of a list where one was meant: a namespaceSelector alone, and right behind it a podSelector
// alone. Two items are OR: every pod of those namespaces, and such pods of the policy's own namespace; one item with
// both is AND (Network Policies, Behavior of to and from selectors). It is silent where the policy's own namespace is
// known to have such pods, where the second selects every pod, and in lists of all who may come: such as hold several of a
// kind, or ranges.
func (r *reviewer) eitherOr(x *writtenRule) {
	if x.declared(func(e edge) bool { return e.other(x.Direction).Kind == graph.WholeNamespace }) {
		return
	}
	if slices.ContainsFunc(x.Peers, func(p networkingv1.NetworkPolicyPeer) bool { return p.IPBlock != nil }) {
		return
	}
	_, peers := field(x.Direction)
	for i := 0; i+1 < len(x.Peers); i++ {
		a, b := x.Peers[i], x.Peers[i+1]
		if onlyNamespaces(b) && onlyPods(a) {
			a, b = b, a
		}
		if !onlyNamespaces(a) || !onlyPods(b) || r.neighbours(x, i) || r.ownPods(x, b) {
			continue
		}
		r.findings.Warnf(diag.EitherOr, x.Value(x.peerPath(i+1)...), "two items of `%s` mean either: all pods of the namespaces %s, and pods %s of the policy's own namespace", peers, selectorText(a.NamespaceSelector), selectorText(b.PodSelector)).
			WithHelp("for those pods of those namespaces alone, write one item: remove the dash, so that both selectors stand in it").
			WithRelated(x.Value(x.peerPath(i)...), "the other item")
	}
}

func onlyNamespaces(p networkingv1.NetworkPolicyPeer) bool {
	return p.NamespaceSelector != nil && p.PodSelector == nil
}

func onlyPods(p networkingv1.NetworkPolicyPeer) bool {
	return p.PodSelector != nil && p.NamespaceSelector == nil && !rule.SelectsAll(p.PodSelector)
}

// neighbours reports whether the pair stands in a row of its kind, as in a list of all who may come.
func (r *reviewer) neighbours(x *writtenRule, i int) bool {
	alike := func(a, b int) bool {
		if a < 0 || b < 0 || a >= len(x.Peers) || b >= len(x.Peers) {
			return false
		}
		return onlyNamespaces(x.Peers[a]) && onlyNamespaces(x.Peers[b]) || onlyPods(x.Peers[a]) && onlyPods(x.Peers[b])
	}
	return alike(i-1, i) || alike(i+1, i+2)
}

// ownPods reports whether the policy's own namespace is known to have pods that a peer selects: a workload of the
// input, or pods that some policy of the namespace is for.
func (r *reviewer) ownPods(x *writtenRule, peer networkingv1.NetworkPolicyPeer) bool {
	selected := r.Select(r.namespace(x.Namespace), peer.PodSelector)
	return slices.ContainsFunc(r.podsOf(selected), func(p *pods) bool {
		return p.workload != nil || slices.ContainsFunc(r.selecting(p.Pods), func(q *policy) bool {
			return !rule.SelectsAll(&q.Spec.PodSelector) && r.Within(p.Pods, q.selected)
		})
	})
}
