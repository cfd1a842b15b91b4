package review

import (
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// Of the pods of a workload all labels are known. Of pods that only a selector speaks of some are: one policy says
// `app: orders`, another `tier: backend`, and both may be the same pods. What such pods lack is said only where no
// policy that may be theirs has it.

// set returns the pods that a pod may be: those with its labels, and with others where only a selector speaks of it, in
// its namespace, of which all labels are known where there is an object of it.
func (r *reviewer) set(p *pod) sets.Pods {
	if made, known := r.sets[p]; known {
		return made
	}
	in := r.space.Namespace(p.Namespace)
	if given, known := r.labelled[p.Namespace]; known {
		in = r.space.NamespaceLabels(in, given)
	}
	if p.workload != nil {
		in = r.space.Labels(in, p.Labels)
	} else {
		in = r.space.Select(in, &metav1.LabelSelector{MatchLabels: p.Labels})
	}
	r.sets[p] = in
	return in
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
				if r.space.Meet(r.space.Select(sets.Pods{}, &q.Spec.PodSelector), r.set(p)) {
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
		in := r.space.Namespace(x.Namespace)
		if peer.NamespaceSelector != nil {
			in = r.space.Namespaces(peer.NamespaceSelector)
		}
		return r.space.Meet(r.space.Select(in, peer.PodSelector), r.set(p))
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
