package review

import (
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// Of the pods of a workload all labels are known. Of pods that only a selector speaks of some are: one policy says
// `app: orders`, another `tier: backend`, and both may be the same pods. What such pods lack is said only where no
// policy that may be theirs has it.

// maySelect reports whether a selector may select a pod.
func maySelect(s *metav1.LabelSelector, p *pod) bool {
	if p.workload != nil || s == nil {
		return selectorOf(s).Matches(labels.Set(p.Labels))
	}
	for k, v := range s.MatchLabels {
		if has, ok := p.Labels[k]; ok && has != v {
			return false
		}
	}
	for _, x := range s.MatchExpressions {
		has, ok := p.Labels[x.Key]
		switch {
		case !ok:
		case x.Operator == metav1.LabelSelectorOpIn && !slices.Contains(x.Values, has),
			x.Operator == metav1.LabelSelectorOpNotIn && slices.Contains(x.Values, has),
			x.Operator == metav1.LabelSelectorOpDoesNotExist:
			return false
		}
	}
	return true
}

// maybeSelecting returns the policies that may select a pod.
func (r *reviewer) maybeSelecting(p *pod) []*policy {
	if p.workload != nil {
		return r.selecting(p)
	}
	var out []*policy
	for key, byValue := range r.subjectsIn(p.Namespace) {
		for value, policies := range byValue {
			if has, ok := p.Labels[key]; ok && has != value {
				continue
			}
			for _, q := range policies {
				if maySelect(&q.Spec.PodSelector, p) {
					out = append(out, q)
				}
			}
		}
	}
	return out
}

// mayOpen reports whether some policy that may be a pod's opens one of the ports between it and another pod.
func (r *reviewer) mayOpen(p, other *pod, d graph.Directions, destination flows.End, wanted sets.Ports) bool {
	for _, q := range r.maybeSelecting(p) {
		for _, x := range q.rules {
			if x.Direction == d && r.mayPeer(x, other) && len(flows.RulePorts(x.Rule(), destination).Intersect(wanted)) > 0 {
				return true
			}
		}
	}
	return false
}

func (r *reviewer) mayPeer(x *writtenRule, p *pod) bool {
	return len(x.Peers) == 0 || slices.ContainsFunc(x.Peers, func(peer networkingv1.NetworkPolicyPeer) bool {
		if peer.IPBlock != nil {
			return mayHoldPods(peer.IPBlock.CIDR)
		}
		return r.mayBeIn(x.Namespace, peer.NamespaceSelector, p.Namespace) && maySelect(peer.PodSelector, p)
	})
}

// mayHoldPods reports whether a range may be that of pods, which ipBlock matches with some network plugins: one that
// holds private addresses, and more than one.
func mayHoldPods(text string) bool {
	cidr, err := netip.ParsePrefix(text)
	if err != nil || cidr.IsSingleIP() {
		return false
	}
	for _, private := range []string{"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"} {
		if cidr.Overlaps(netip.MustParsePrefix(private)) {
			return true
		}
	}
	return false
}

// mayBeIn reports whether a selector may select a namespace: of one without a Namespace object no more is known than
// its name.
func (r *reviewer) mayBeIn(own string, s *metav1.LabelSelector, namespace string) bool {
	if s == nil {
		return own == namespace
	}
	if n := named(s); n != "" {
		return n == namespace
	}
	if given, known := r.labelled[namespace]; known {
		return selectorOf(s).Matches(labels.Merge(given, labels.Set{rule.NamespaceName: namespace}))
	}
	return true
}
