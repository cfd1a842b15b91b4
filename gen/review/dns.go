package review

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/world"
)

// dnsLabel returns the label of the DNS servers that a selector asks for, or none.
func dnsLabel(s *metav1.LabelSelector) rule.Label {
	if s == nil {
		return rule.Label{}
	}
	for k, v := range s.MatchLabels {
		if world.IsDNSLabel(k, v) {
			return rule.Label{Key: k, Value: v}
		}
	}
	return rule.Label{}
}

// isDNSPeer reports whether a peer is the cluster's DNS servers, or a namespace that they are in.
func isDNSPeer(p networkingv1.NetworkPolicyPeer) bool {
	if dnsLabel(p.PodSelector) != (rule.Label{}) {
		return true
	}
	n := named(p.NamespaceSelector)
	return n != "" && world.IsDNSNamespace(n)
}

// opens reports whether an item of `ports` opens a port, by its number.
func opens(p networkingv1.NetworkPolicyPort, protocol corev1.Protocol, port int32) bool {
	switch {
	case *p.Protocol != protocol:
		return false
	case p.Port == nil:
		return true
	case p.Port.Type == intstr.String:
		return false
	}
	return p.Port.IntVal <= port && port <= last(p)
}

// asksDNS reports whether an item of `ports` is there for DNS.
func asksDNS(p networkingv1.NetworkPolicyPort) bool {
	if p.Port == nil || *p.Protocol == corev1.ProtocolSCTP {
		return false
	}
	if p.Port.Type == intstr.String {
		return strings.Contains(p.Port.StrVal, "dns") || p.Port.StrVal == "domain"
	}
	return opens(p, *p.Protocol, world.DNSPort) || opens(p, *p.Protocol, world.OpenShiftDNSPort)
}

// onlyDNS reports whether all ports are there for DNS.
func onlyDNS(ports []networkingv1.NetworkPolicyPort) bool {
	return len(ports) > 0 && !slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool { return !asksDNS(p) })
}

// mayBeDNS reports whether a rule lets its pods ask some DNS server, by a wide reading.
func (x *writtenRule) mayBeDNS() bool {
	if slices.ContainsFunc(x.Ports, asksDNS) {
		return true
	}
	allPorts := len(x.Ports) == 0 || slices.ContainsFunc(x.Ports, func(p networkingv1.NetworkPolicyPort) bool { return p.Port == nil })
	if len(x.Peers) == 0 {
		return allPorts
	}
	return slices.ContainsFunc(x.Peers, func(p networkingv1.NetworkPolicyPeer) bool {
		byLabel := p.NamespaceSelector != nil && named(p.NamespaceSelector) == ""
		return isDNSPeer(p) || allPorts && (p.IPBlock != nil || byLabel)
	})
}
