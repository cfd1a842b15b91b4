package oracle

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Default returns a policy as the API server stores it: with policyTypes where none are given.
func Default(p networkingv1.NetworkPolicy) networkingv1.NetworkPolicy {
	if p.Namespace == "" {
		p.Namespace = metav1.NamespaceDefault
	}
	if len(p.Spec.PolicyTypes) == 0 {
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(p.Spec.Egress) > 0 {
			p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	return p
}

// rule is one rule of either direction.
type rule struct {
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

// rulesOf returns the rules of a direction, none where the policy does not speak of it.
func rulesOf(p *networkingv1.NetworkPolicy, egress bool) []rule {
	var out []rule
	switch {
	case !isolates(p, egress):
	case egress:
		for _, r := range p.Spec.Egress {
			out = append(out, rule{r.To, r.Ports})
		}
	default:
		for _, r := range p.Spec.Ingress {
			out = append(out, rule{r.From, r.Ports})
		}
	}
	return out
}

// isolates reports whether a policy speaks of a direction.
func isolates(p *networkingv1.NetworkPolicy, egress bool) bool {
	if egress {
		return slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
	}
	return slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress)
}

// peerSelection returns the pods of a peer that is no block.
func peerSelection(namespace string, p networkingv1.NetworkPolicyPeer) Selection {
	pods := metav1.LabelSelector{}
	if p.PodSelector != nil {
		pods = *p.PodSelector
	}
	if p.NamespaceSelector == nil {
		return In(namespace, pods)
	}
	return Selection{*p.NamespaceSelector, pods}
}

// side is a set of policies, by the classes that they select.
type side struct {
	// half holds what policies say of each class of pods, for ingress and egress.
	half [2][]half
	// admin and baseline are the ClusterNetworkPolicies, by priority.
	admin, baseline []level
}

// half is what policies say of pods in one direction.
type half struct {
	isolated bool
	allows   []allowance
}

// allowance is what a rule opens for one of its peers.
type allowance struct {
	everyone, isBlock bool
	peer              int // a selection or a block
	ports             Ports
}

func (a *allowance) speaksOf(e *End) bool {
	return a.everyone || a.isBlock != e.Pod && e.in.has(a.peer)
}

func (w *World) compile(policies []networkingv1.NetworkPolicy) (side, error) {
	var out side
	for d := range out.half {
		out.half[d] = make([]half, len(w.ends))
	}
	for i := range policies {
		p := &policies[i]
		subject, err := w.selection(In(p.Namespace, p.Spec.PodSelector))
		if err != nil {
			return out, err
		}
		for d, egress := range []bool{false, true} {
			if !isolates(p, egress) {
				continue
			}
			allows, err := w.allowances(p, egress)
			if err != nil {
				return out, err
			}
			for e := range w.ends {
				if w.ends[e].Pod && w.ends[e].in.has(subject) {
					h := &out.half[d][e]
					h.isolated = true
					h.allows = append(h.allows, allows...)
				}
			}
		}
	}
	return out, nil
}

func (w *World) allowances(p *networkingv1.NetworkPolicy, egress bool) ([]allowance, error) {
	var out []allowance
	for _, r := range rulesOf(p, egress) {
		ports := w.ports.ofRule(r.ports)
		if len(r.peers) == 0 {
			out = append(out, allowance{everyone: true, ports: ports})
		}
		for _, peer := range r.peers {
			a := allowance{ports: ports}
			var err error
			if peer.IPBlock != nil {
				a.isBlock = true
				a.peer, err = w.block(*peer.IPBlock)
			} else {
				a.peer, err = w.selection(peerSelection(p.Namespace, peer))
			}
			if err != nil {
				return nil, err
			}
			out = append(out, a)
		}
	}
	return out, nil
}
