package review

import (
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// ends returns the peers of a rule. Where it has none, so that the DNS servers are among them, it is those.
func (r *reviewer) ends(x *writtenRule) []sets.Ends {
	if len(x.Peers) == 0 {
		server := world.DNSServers()[0].Pod
		return []sets.Ends{{Pods: []sets.Pods{r.Select(r.namespace(server.Namespace), &metav1.LabelSelector{MatchLabels: server.Labels})}}}
	}
	var out []sets.Ends
	for _, peer := range x.Peers {
		out = append(out, r.end(x, peer))
	}
	return out
}

// end returns what a peer may be.
func (r *reviewer) end(x *writtenRule, peer networkingv1.NetworkPolicyPeer) sets.Ends {
	b := peer.IPBlock
	if b == nil {
		return sets.Ends{Pods: []sets.Pods{r.peer(x.Namespace, peer)}}
	}
	prefixes := func(texts ...string) (out []netip.Prefix) {
		for _, text := range texts {
			if p, err := netip.ParsePrefix(text); err == nil {
				out = append(out, p)
			}
		}
		return out
	}
	return sets.Ends{Addresses: sets.AddressesOf(prefixes(b.CIDR), prefixes(b.Except...))}
}

// flowsOf returns the flows of a direction between subjects and a peer, by their kind.
func (r *reviewer) flowsOf(s *pods, peer sets.Ends, ports sets.Ports, d graph.Directions) map[sets.Kind][]*sets.Box {
	subject := sets.Ends{Pods: []sets.Pods{s.Pods}}
	from, to, withAddresses := subject, peer, sets.PodToAddress
	if d == graph.Ingress {
		from, to, withAddresses = peer, subject, sets.AddressToPod
	}
	out := map[sets.Kind][]*sets.Box{}
	for _, kind := range []sets.Kind{sets.PodToPod, withAddresses} {
		for _, b := range r.Between(kind, from, to, ports) {
			if d == graph.Ingress && s.workload != nil {
				b = r.Unnamed(b)
			}
			out[kind] = append(out[kind], b)
		}
	}
	return out
}

// passes reports whether the policies of a direction may let some flow of a box pass.
func (r *reviewer) passes(b *sets.Box, d graph.Directions, kind sets.Kind) bool {
	_, answer := r.About(b).Pass(r.In(d, kind)).Find()
	return answer != sets.No
}

// mayPass reports whether the policies of subjects may open one of some ports to some of a peer.
func (r *reviewer) mayPass(s *pods, peer sets.Ends, ports sets.Ports, d graph.Directions) bool {
	for kind, boxes := range r.flowsOf(s, peer, ports, d) {
		if slices.ContainsFunc(boxes, func(b *sets.Box) bool { return r.passes(b, d, kind) }) {
			return true
		}
	}
	return false
}

// isClosed reports whether there is such a peer, and the policies of subjects open none of some ports to it.
func (r *reviewer) isClosed(s *pods, peer sets.Ends, ports sets.Ports, d graph.Directions) bool {
	nobody := peer.Addresses.IsEmpty() && !slices.ContainsFunc(peer.Pods, func(p sets.Pods) bool { return !p.IsEmpty() })
	return !nobody && !s.onHost() && !r.mayPass(s, peer, ports, d)
}

// deniedTo returns an example of the flows between subjects and a peer that the policies of the subjects deny, "" where
// the subjects are those of a workload.
func (r *reviewer) deniedTo(s *pods, peer sets.Ends, ports sets.Ports, d graph.Directions) string {
	if s.workload != nil {
		return ""
	}
	for kind, boxes := range r.flowsOf(s, peer, ports, d) {
		for _, b := range boxes {
			if flow := r.denied(b, d, kind); flow != "" {
				return flow
			}
		}
	}
	return ""
}
