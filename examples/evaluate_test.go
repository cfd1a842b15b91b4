package examples_test

import (
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// node is one end of a flow: a pod, or an address outside of the cluster.
type node struct {
	name      string
	namespace string
	labels    map[string]string
	address   netip.Addr
}

func (n node) isPod() bool { return n.namespace != "" }

// port is one port of one protocol.
type port struct {
	number   int32
	protocol corev1.Protocol
}

// cluster is what Kubernetes decides by: policies, and namespaces with their labels.
type cluster struct {
	policies   []networkingv1.NetworkPolicy
	namespaces map[string]map[string]string
}

// open returns the function that says which ports are open from one end to the other: both halves must allow it
// (Kubernetes documentation, Network Policies, The two sorts of pod isolation).
func (c *cluster) open(from, to node) func(port) bool {
	egress := c.half(from, to, networkingv1.PolicyTypeEgress)
	ingress := c.half(to, from, networkingv1.PolicyTypeIngress)
	return func(p port) bool { return egress(p) && ingress(p) }
}

// half returns what policies let a subject send to another end, or receive from it. A pod that no policy selects for
// the direction is open; else it may do what any of the policies that select it allows.
func (c *cluster) half(subject, other node, direction networkingv1.PolicyType) func(port) bool {
	isolated := false
	var rules [][]networkingv1.NetworkPolicyPort
	for i := range c.policies {
		p := &c.policies[i]
		if !subject.isPod() || p.Namespace != subject.namespace || !selects(&p.Spec.PodSelector, subject.labels) ||
			!slices.Contains(p.Spec.PolicyTypes, direction) {
			continue
		}
		isolated = true
		if direction == networkingv1.PolicyTypeIngress {
			for _, r := range p.Spec.Ingress {
				if c.anyPeer(p.Namespace, r.From, other) {
					rules = append(rules, r.Ports)
				}
			}
			continue
		}
		for _, r := range p.Spec.Egress {
			if c.anyPeer(p.Namespace, r.To, other) {
				rules = append(rules, r.Ports)
			}
		}
	}
	return func(p port) bool {
		return !isolated || slices.ContainsFunc(rules, func(ports []networkingv1.NetworkPolicyPort) bool { return anyPort(ports, p) })
	}
}

// anyPeer reports whether one of a rule's peers is the node; no peers at all are everyone.
func (c *cluster) anyPeer(namespace string, peers []networkingv1.NetworkPolicyPeer, n node) bool {
	if len(peers) == 0 {
		return true
	}
	return slices.ContainsFunc(peers, func(p networkingv1.NetworkPolicyPeer) bool {
		if p.IPBlock != nil {
			return !n.isPod() && inBlock(p.IPBlock, n.address)
		}
		if !n.isPod() {
			return false
		}
		if p.NamespaceSelector == nil {
			return n.namespace == namespace && selects(p.PodSelector, n.labels)
		}
		return selects(p.NamespaceSelector, c.namespaces[n.namespace]) && (p.PodSelector == nil || selects(p.PodSelector, n.labels))
	})
}

func inBlock(b *networkingv1.IPBlock, a netip.Addr) bool {
	in := func(cidr string) bool { return netip.MustParsePrefix(cidr).Contains(a) }
	return in(b.CIDR) && !slices.ContainsFunc(b.Except, in)
}

func selects(s *metav1.LabelSelector, of map[string]string) bool {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		panic(err)
	}
	return selector.Matches(labels.Set(of))
}

// anyPort reports whether a rule's ports include one; no ports at all are all.
func anyPort(ports []networkingv1.NetworkPolicyPort, p port) bool {
	if len(ports) == 0 {
		return true
	}
	return slices.ContainsFunc(ports, func(r networkingv1.NetworkPolicyPort) bool {
		switch {
		case *r.Protocol != p.protocol:
			return false
		case r.Port == nil:
			return true
		case r.EndPort != nil:
			return r.Port.IntVal <= p.number && p.number <= *r.EndPort
		}
		return r.Port.IntVal == p.number
	})
}

// String returns the port as an edge writes it.
func (p port) String() string {
	switch p.protocol {
	case corev1.ProtocolUDP:
		return fmt.Sprintf("%d/udp", p.number)
	case corev1.ProtocolSCTP:
		return fmt.Sprintf("%d/sctp", p.number)
	}
	return fmt.Sprint(p.number)
}
