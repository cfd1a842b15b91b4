package review

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// dnsProtocol finds DNS over one protocol alone, over all policies of the pods. DNS asks by UDP, and by TCP where an
// answer is long (RFC 7766); `port: 53` without a protocol is TCP.
func (r *reviewer) dnsProtocol(x *writtenRule) {
	if !r.sure(x.Namespace) {
		return
	}
	for has, lacks := range map[graph.Protocol]graph.Protocol{graph.UDP: graph.TCP, graph.TCP: graph.UDP} {
		j := slices.IndexFunc(x.Ports, func(p networkingv1.NetworkPolicyPort) bool {
			return p.Port != nil && opens(p, kubernetesProtocol(has), world.DNSPort) && last(p) == world.DNSPort
		})
		isBoth := slices.ContainsFunc(x.Ports, func(p networkingv1.NetworkPolicyPort) bool { return opens(p, kubernetesProtocol(lacks), world.DNSPort) })
		if j < 0 || isBoth || x.declared(oneProtocol) {
			continue
		}
		example, isClosed := r.lacks(x, lacks)
		if !isClosed {
			continue
		}
		if has == graph.UDP {
			r.findings.Warnf(diag.DNSProtocol, x.Value(x.path("ports", j)...), "DNS by UDP alone: no policy opens TCP 53 here, by which long answers come%s", asExample(example)).
				WithHelp("add `- {port: 53, protocol: TCP}`")
			continue
		}
		r.findings.Warnf(diag.DNSProtocol, x.Value(x.path("ports", j)...), "DNS by TCP alone: no policy opens UDP 53 here, by which DNS is asked first%s", asExample(example)).
			WithHelp("add `- {port: 53, protocol: UDP}`; an item without `protocol` is TCP")
	}
}

// oneProtocol reports whether an edge says that it is for DNS over one protocol alone.
func oneProtocol(e edge) bool {
	return slices.Contains(e.ports, "53") != slices.Contains(e.ports, "53/udp")
}

func kubernetesProtocol(p graph.Protocol) corev1.Protocol {
	if p == graph.UDP {
		return corev1.ProtocolUDP
	}
	return corev1.ProtocolTCP
}

// lacks reports whether some pods of the policy have no policy that opens port 53 by a protocol to the rule's peers, with
// an example of pods that are of no workload.
func (r *reviewer) lacks(x *writtenRule, p graph.Protocol) (example string, isClosed bool) {
	ports := sets.PortRange(p, world.DNSPort, world.DNSPort)
	for _, end := range r.ends(x) {
		for _, s := range r.subjects(x.policy) {
			if r.isClosed(s, end, ports, x.Direction) && !r.mayAsk(s, x.Direction, p) {
				return r.deniedTo(s, end, ports, x.Direction), true
			}
		}
	}
	return "", false
}

// mayAsk reports whether a policy that may be that of pods of which only a selector speaks opens port 53 by a protocol.
func (r *reviewer) mayAsk(s *pods, d graph.Directions, p graph.Protocol) bool {
	return s.workload == nil && slices.ContainsFunc(r.selecting(s.Pods), func(q *policy) bool {
		return slices.ContainsFunc(q.rules, func(y *writtenRule) bool {
			return y.Direction == d && slices.ContainsFunc(y.Ports, func(item networkingv1.NetworkPolicyPort) bool {
				return item.Port != nil && opens(item, kubernetesProtocol(p), world.DNSPort)
			})
		})
	})
}
