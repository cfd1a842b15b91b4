package judges

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// change is one kind of change to policies: it returns what makes it in each place where it applies. None writes rules
// of a direction that policyTypes does not name: Cilium alone counts them, a known difference.
type change func(all *[]networkingv1.NetworkPolicy) []func()

// rule is an ingress or egress rule, which differ in name only.
type rule struct {
	peers *[]networkingv1.NetworkPolicyPeer
	ports *[]networkingv1.NetworkPolicyPort
}

func rulesOf(p *networkingv1.NetworkPolicy) []rule {
	var out []rule
	for i := range p.Spec.Ingress {
		out = append(out, rule{&p.Spec.Ingress[i].From, &p.Spec.Ingress[i].Ports})
	}
	for i := range p.Spec.Egress {
		out = append(out, rule{&p.Spec.Egress[i].To, &p.Spec.Egress[i].Ports})
	}
	return out
}

func changes() map[string]change {
	return map[string]change{
		"drop a policyType":             onPolicy(dropTypes),
		"add a policyType":              onPolicy(addType),
		"drop a rule":                   onPolicy(dropRules),
		"add a rule for everyone":       onPolicy(addRule),
		"podSelector to {}":             onPolicy(everyPod),
		"rename a label of podSelector": onPolicy(func(p *networkingv1.NetworkPolicy) []func() { return renames(&p.Spec.PodSelector) }),
		"move to another namespace":     onPolicy(func(p *networkingv1.NetworkPolicy) []func() { return []func(){func() { p.Namespace = "elsewhere" }} }),
		"empty the peers":               onRule(func(r rule) []func() { return when(len(*r.peers) > 0, func() { *r.peers = nil }) }),
		"empty the ports":               onRule(func(r rule) []func() { return when(len(*r.ports) > 0, func() { *r.ports = nil }) }),
		"drop a peer":                   onRule(dropPeer),
		"drop a port":                   onRule(dropPort),
		"split a peer in two":           onRule(split),
		"drop a namespaceSelector":      onPeer(dropNamespaces),
		"namespaceSelector to {}":       onPeer(everyNamespace),
		"a peer's podSelector to {}":    onPeer(everyPeer),
		"rename a label of a peer":      onPeer(renamePeer),
		"drop an except":                onPeer(dropExcept),
		"widen a CIDR":                  onPeer(widenCIDR),
		"widen a port":                  onPort(widenPort),
		"shift a port":                  onPort(shiftPort),
		"change a protocol":             onPort(changeProtocol),
		"drop a port's number": onPort(func(p *networkingv1.NetworkPolicyPort) []func() {
			return when(p.Port != nil, func() { p.Port, p.EndPort = nil, nil })
		}),
		"delete a policy": deletePolicy,
		"add a policy":    addPolicy,
	}
}

func when(applies bool, f func()) []func() {
	if !applies {
		return nil
	}
	return []func(){f}
}

func onPolicy(f func(*networkingv1.NetworkPolicy) []func()) change {
	return func(all *[]networkingv1.NetworkPolicy) []func() {
		var out []func()
		for i := range *all {
			out = append(out, f(&(*all)[i])...)
		}
		return out
	}
}

func onRule(f func(rule) []func()) change {
	return onPolicy(func(p *networkingv1.NetworkPolicy) []func() {
		var out []func()
		for _, r := range rulesOf(p) {
			out = append(out, f(r)...)
		}
		return out
	})
}

func onPeer(f func(*networkingv1.NetworkPolicyPeer) []func()) change {
	return onRule(func(r rule) []func() {
		var out []func()
		for i := range *r.peers {
			out = append(out, f(&(*r.peers)[i])...)
		}
		return out
	})
}

func onPort(f func(*networkingv1.NetworkPolicyPort) []func()) change {
	return onRule(func(r rule) []func() {
		var out []func()
		for i := range *r.ports {
			out = append(out, f(&(*r.ports)[i])...)
		}
		return out
	})
}

func dropTypes(p *networkingv1.NetworkPolicy) []func() {
	var out []func()
	for i := range p.Spec.PolicyTypes {
		out = append(out, func() { p.Spec.PolicyTypes = slices.Delete(p.Spec.PolicyTypes, i, i+1) })
	}
	return out
}

func addType(p *networkingv1.NetworkPolicy) []func() {
	var out []func()
	for _, t := range []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress} {
		out = append(out, when(!slices.Contains(p.Spec.PolicyTypes, t), func() { p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, t) })...)
	}
	return out
}

func dropRules(p *networkingv1.NetworkPolicy) []func() {
	var out []func()
	for i := range p.Spec.Ingress {
		out = append(out, func() { p.Spec.Ingress = slices.Delete(p.Spec.Ingress, i, i+1) })
	}
	for i := range p.Spec.Egress {
		out = append(out, func() { p.Spec.Egress = slices.Delete(p.Spec.Egress, i, i+1) })
	}
	return out
}

func addRule(p *networkingv1.NetworkPolicy) []func() {
	var out []func()
	for _, t := range p.Spec.PolicyTypes {
		if t == networkingv1.PolicyTypeIngress {
			out = append(out, func() { p.Spec.Ingress = append(p.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{}) })
		} else {
			out = append(out, func() { p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{}) })
		}
	}
	return out
}

func isEmpty(s *metav1.LabelSelector) bool { return len(s.MatchLabels)+len(s.MatchExpressions) == 0 }

func everyPod(p *networkingv1.NetworkPolicy) []func() {
	return when(!isEmpty(&p.Spec.PodSelector), func() { p.Spec.PodSelector = metav1.LabelSelector{} })
}

func renames(s *metav1.LabelSelector) []func() {
	var out []func()
	for _, k := range sorted(s.MatchLabels) {
		out = append(out, func() { s.MatchLabels[k] += "x" })
	}
	return out
}

func dropPeer(r rule) []func() {
	var out []func()
	for i := range *r.peers {
		out = append(out, when(len(*r.peers) > 1, func() { *r.peers = slices.Delete(*r.peers, i, i+1) })...)
	}
	return out
}

func dropPort(r rule) []func() {
	var out []func()
	for i := range *r.ports {
		out = append(out, when(len(*r.ports) > 1, func() { *r.ports = slices.Delete(*r.ports, i, i+1) })...)
	}
	return out
}

func split(r rule) []func() {
	var out []func()
	for i, p := range *r.peers {
		out = append(out, when(p.PodSelector != nil && p.NamespaceSelector != nil, func() {
			(*r.peers)[i].PodSelector = nil
			*r.peers = append(*r.peers, networkingv1.NetworkPolicyPeer{PodSelector: p.PodSelector})
		})...)
	}
	return out
}

func dropNamespaces(p *networkingv1.NetworkPolicyPeer) []func() {
	return when(p.NamespaceSelector != nil && p.PodSelector != nil, func() { p.NamespaceSelector = nil })
}

func everyNamespace(p *networkingv1.NetworkPolicyPeer) []func() {
	return when(p.NamespaceSelector != nil && !isEmpty(p.NamespaceSelector), func() { p.NamespaceSelector = &metav1.LabelSelector{} })
}

func everyPeer(p *networkingv1.NetworkPolicyPeer) []func() {
	return when(p.PodSelector != nil && !isEmpty(p.PodSelector), func() { p.PodSelector = &metav1.LabelSelector{} })
}

func renamePeer(p *networkingv1.NetworkPolicyPeer) []func() {
	var out []func()
	for _, s := range []*metav1.LabelSelector{p.PodSelector, p.NamespaceSelector} {
		if s != nil {
			out = append(out, renames(s)...)
		}
	}
	return out
}

func dropExcept(p *networkingv1.NetworkPolicyPeer) []func() {
	if p.IPBlock == nil {
		return nil
	}
	var out []func()
	for i := range p.IPBlock.Except {
		out = append(out, func() { p.IPBlock.Except = slices.Delete(p.IPBlock.Except, i, i+1) })
	}
	return out
}

func widenCIDR(p *networkingv1.NetworkPolicyPeer) []func() {
	if p.IPBlock == nil {
		return nil
	}
	prefix := netip.MustParsePrefix(p.IPBlock.CIDR)
	return when(prefix.Bits() > 0, func() { p.IPBlock.CIDR = netip.PrefixFrom(prefix.Addr(), prefix.Bits()-1).Masked().String() })
}

// widenPort adds the next port.
func widenPort(p *networkingv1.NetworkPolicyPort) []func() {
	if p.Port == nil || p.Port.StrVal != "" {
		return nil
	}
	next := p.Port.IntVal + 1
	if p.EndPort != nil {
		next = *p.EndPort + 1
	}
	return when(next <= 65535, func() { p.EndPort = &next })
}

func shiftPort(p *networkingv1.NetworkPolicyPort) []func() {
	return when(p.Port != nil && p.Port.StrVal == "" && p.EndPort == nil, func() { p.Port = &intstr.IntOrString{IntVal: p.Port.IntVal%65535 + 1} })
}

func changeProtocol(p *networkingv1.NetworkPolicyPort) []func() {
	return when(p.Protocol != nil, func() {
		*p.Protocol = map[string]corev1.Protocol{"TCP": "UDP", "UDP": "SCTP", "SCTP": "TCP"}[string(*p.Protocol)]
	})
}

func deletePolicy(all *[]networkingv1.NetworkPolicy) []func() {
	var out []func()
	for i := range *all {
		out = append(out, func() { *all = slices.Delete(*all, i, i+1) })
	}
	return out
}

// addPolicy adds one that opens all for the pods of another, in its directions.
func addPolicy(all *[]networkingv1.NetworkPolicy) []func() {
	var out []func()
	for i := range *all {
		out = append(out, func() {
			extra := *(*all)[i].DeepCopy()
			extra.Name, extra.Spec.Ingress, extra.Spec.Egress = "extra", nil, nil
			for _, open := range addRule(&extra) {
				open()
			}
			*all = append(*all, extra)
		})
	}
	return out
}
