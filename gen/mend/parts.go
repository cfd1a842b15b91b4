package mend

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// mostRanges is how many ranges of addresses a rule is proposed with.
const mostRanges = 8

// peersOf returns the other end of a side as peers of a rule, or why there are none.
func peersOf(s flows.Side) ([]networkingv1.NetworkPolicyPeer, string) {
	pod := s.Other.Pod
	if pod == nil {
		var out []networkingv1.NetworkPolicyPeer
		for _, p := range s.Other.Addresses.Prefixes() {
			out = append(out, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: p.String()}})
		}
		if len(out) > mostRanges {
			return nil, fmt.Sprintf("%s is %d ranges; ask about one of them", s.Other.Name, len(out))
		}
		return out, ""
	}
	labels := identifying(pod)
	switch {
	case pod.HostNetwork:
		return nil, fmt.Sprintf("no selector matches %s, which is on the host network; a rule would need the addresses of its nodes", s.Other.Name)
	case strings.ContainsAny(pod.Namespace, "({"):
		return nil, fmt.Sprintf("%s is in no namespace that the input names", s.Other.Name)
	case len(labels) == 0:
		return nil, fmt.Sprintf("%s has no labels by which a rule could select it alone", s.Other.Name)
	}
	peer := networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{MatchLabels: labels}}
	if pod.Namespace != s.Subject.Pod.Namespace {
		peer.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{rule.NamespaceName: pod.Namespace}}
	}
	return []networkingv1.NetworkPolicyPeer{peer}, ""
}

// identifying returns the labels by which pods stay known: without what changes from one release to the next.
func identifying(pod *world.Pod) map[string]string {
	out := maps.Clone(pod.Labels)
	maps.DeleteFunc(out, func(k, _ string) bool { return inventory.IsGenerated(k) || inventory.IsVersion(k) })
	if len(out) == 0 {
		return pod.Labels
	}
	return out
}

// within returns a selector of pods with some labels among those of another selector, which selects pods with these labels.
func within(labels map[string]string, other *metav1.LabelSelector) metav1.LabelSelector {
	out := metav1.LabelSelector{MatchLabels: maps.Clone(labels)}
	if other = rule.WithLabels(other); other == nil {
		return out
	}
	maps.Copy(out.MatchLabels, other.MatchLabels)
	for _, r := range other.MatchExpressions {
		if _, isSaid := labels[r.Key]; !isSaid {
			out.MatchExpressions = append(out.MatchExpressions, *r.DeepCopy())
		}
	}
	return out
}

// portsToOpen returns the ports that a rule is to open. DNS needs both of UDP and TCP.
func (m *mender) portsToOpen(s flows.Side) sets.Ports {
	out := m.answer.Closed(s)
	for _, server := range world.DNSServers() {
		to := m.answer.To
		isServer := server.Pod != nil && to.Pod != nil && to.Pod.HasLabels(server.Pod.Namespace, server.Pod.Labels) ||
			server.Pod == nil && to.Pod == nil && to.Addresses.Equal(sets.Address(server.Address))
		if isServer && !out.Intersect(server.Ports()).IsEmpty() {
			out = out.Union(server.Ports())
		}
	}
	return out
}

// portsOf returns ports as those of a rule: none for all. It is false for what policies have no name for.
func portsOf(p sets.Ports) ([]networkingv1.NetworkPolicyPort, bool) {
	if p.Equal(sets.AllPorts()) {
		return nil, true
	}
	var out []networkingv1.NetworkPolicyPort
	ok := true
	p.Each(func(protocol sets.Protocol, lo, hi int) {
		if !slices.Contains(sets.Protocols(), protocol) {
			ok = false
			return
		}
		name := corev1.Protocol(strings.ToUpper(protocol.String()))
		port := networkingv1.NetworkPolicyPort{Protocol: &name}
		if !sets.PortRange(protocol, lo, hi).Equal(sets.ProtocolPorts(protocol)) {
			first, last := intstr.FromInt32(int32(lo)), int32(hi)
			port.Port = &first
			if hi > lo {
				port.EndPort = &last
			}
		}
		out = append(out, port)
	})
	return out, ok
}

// newName returns a name that no policy of the namespace has.
func (m *mender) newName(s flows.Side) string {
	base := s.Subject.Pod.Name
	if s.Subject.Pod.Implied || s.Subject.IsHypothetical {
		base = "pods"
	}
	base = base[:min(len(base), 200)]
	base += "-allow-" + s.Direction.String()
	name := base
	for i := 2; m.isTaken(s.Subject.Pod.Namespace, name); i++ {
		name = fmt.Sprintf("%s-%d", base, i)
	}
	return name
}

func (m *mender) isTaken(namespace, name string) bool {
	return slices.ContainsFunc(m.Cluster.Policies, func(p rule.Policy) bool { return p.Namespace == namespace && p.Name == name })
}
