package review

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/world"
)

func isOpenShiftDNS(p networkingv1.NetworkPolicyPeer) bool {
	return named(p.NamespaceSelector) == world.OpenShiftDNS || dnsLabel(p.PodSelector).Key == world.OpenShiftDNSLabel
}

// dnsPort finds DNS of OpenShift on port 53: its pods listen on 5353, behind a Service on 53 (namespace openshift-dns,
// Service dns-default). It is silent where some policy opens 5353 as well.
func (r *reviewer) dnsPort(x *writtenRule) {
	if x.Direction != graph.Egress {
		return
	}
	j := slices.IndexFunc(x.Ports, func(p networkingv1.NetworkPolicyPort) bool {
		return opens(p, corev1.ProtocolUDP, world.DNSPort) || opens(p, corev1.ProtocolTCP, world.DNSPort)
	})
	i := slices.IndexFunc(x.Peers, func(p networkingv1.NetworkPolicyPeer) bool { return isOpenShiftDNS(p) })
	if i < 0 || j < 0 {
		return
	}
	servers, ports := r.end(x, x.Peers[i]), world.DNSServer{Port: world.OpenShiftDNSPort}.Ports()
	for _, s := range r.subjects(x.policy) {
		if !r.isClosed(s, servers, ports, graph.Egress) {
			continue
		}
		r.findings.Errorf(diag.DNSPort, x.Value(x.path("ports", j, "port")...), "the DNS pods of OpenShift listen on 5353; `%d` is the port of their Service, and policies see the pod's port%s", world.DNSPort, asExample(r.deniedTo(s, servers, ports, graph.Egress))).
			WithHelp("write `5353`, with UDP and TCP")
		return
	}
}
