package policy

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/graph"
)

// selectors is the selectors of peers in canonical form, each put together once. Objects share them.
type selectors struct {
	pods       map[*graph.Workload]*metav1.LabelSelector
	namespaces map[*graph.Namespace]*metav1.LabelSelector
	servers    map[*graph.DNSConfig]networkingv1.NetworkPolicyPeer
}

func newSelectors() *selectors {
	return &selectors{
		pods: map[*graph.Workload]*metav1.LabelSelector{}, namespaces: map[*graph.Namespace]*metav1.LabelSelector{},
		servers: map[*graph.DNSConfig]networkingv1.NetworkPolicyPeer{},
	}
}

func (x *selectors) podsOf(w *graph.Workload) *metav1.LabelSelector {
	s := x.pods[w]
	if s == nil {
		canonical := graph.Canonical(w.Selector)
		s = &canonical
		x.pods[w] = s
	}
	return s
}

func (x *selectors) namespace(n *graph.Namespace) *metav1.LabelSelector {
	s := x.namespaces[n]
	if s == nil {
		canonical := graph.Canonical(*n.LabelSelector())
		s = &canonical
		x.namespaces[n] = s
	}
	return s
}

// policyPeers returns a peer as objects in namespace ns write it; none for `any`, whose rule has no peers.
func (x *selectors) policyPeers(p *graph.Peer, ns *graph.Namespace) []networkingv1.NetworkPolicyPeer {
	switch {
	case p.Workload != nil:
		return []networkingv1.NetworkPolicyPeer{x.podPeer(x.podsOf(p.Workload), p.Namespace, ns)}
	case p.Kind == graph.WholeNamespace && p.Namespace == ns:
		return []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{}}}
	case p.Kind == graph.WholeNamespace:
		return []networkingv1.NetworkPolicyPeer{{NamespaceSelector: x.namespace(p.Namespace)}}
	case p.Kind == graph.AllNamespaces:
		return []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{}}}
	case p.Kind == graph.Any:
		return nil
	case p.Kind == graph.DNS:
		return x.dnsPeers(p.DNS)
	}
	return ipPeers(p.Blocks)
}

// podPeer returns pods of a namespace: both selectors in one peer, which Kubernetes reads as AND.
func (x *selectors) podPeer(pods *metav1.LabelSelector, of, ns *graph.Namespace) networkingv1.NetworkPolicyPeer {
	peer := networkingv1.NetworkPolicyPeer{PodSelector: pods}
	if of != ns {
		peer.NamespaceSelector = x.namespace(of)
	}
	return peer
}

// dnsPeers returns the DNS servers: pods of the profile's namespace, and addresses. The namespace is always named, as
// people read it so, also where it is the policy's own.
func (x *selectors) dnsPeers(c *graph.DNSConfig) []networkingv1.NetworkPolicyPeer {
	var out []networkingv1.NetworkPolicyPeer
	if c.HasPods() {
		out = append(out, x.serverPods(c))
	}
	return append(out, ipPeers(graph.Blocks(c.CIDRs, nil))...)
}

func (x *selectors) serverPods(c *graph.DNSConfig) networkingv1.NetworkPolicyPeer {
	peer, known := x.servers[c]
	if !known {
		pods, namespaces := graph.Canonical(c.PodSelector()), graph.Canonical(*(&graph.Namespace{Name: c.Namespace}).LabelSelector())
		peer = networkingv1.NetworkPolicyPeer{PodSelector: &pods, NamespaceSelector: &namespaces}
		x.servers[c] = peer
	}
	return peer
}

func ipPeers(blocks []graph.Block) []networkingv1.NetworkPolicyPeer {
	var out []networkingv1.NetworkPolicyPeer
	for _, b := range blocks {
		out = append(out, ipPeer(b)...)
	}
	return out
}

// The IPv4-mapped range, its neighbour and the halves of that, and both together.
var (
	mapped       = netip.MustParsePrefix("::ffff:0:0/96")
	mappedTwin   = netip.MustParsePrefix("::fffe:0:0/96")
	twinHalves   = [2]netip.Prefix{netip.MustParsePrefix("::fffe:0:0/97"), netip.MustParsePrefix("::fffe:8000:0/97")}
	mappedParent = netip.MustParsePrefix("::fffe:0:0/95")
)

// ipPeer returns the ipBlocks of one range. The API server refuses ::ffff:0:0/96 as an exception from an IPv6 range,
// since it reads its address as IPv4 (ValidateIPBlock); so the range above it is excepted and its other half is given
// back as a block of its own.
func ipPeer(b graph.Block) []networkingv1.NetworkPolicyPeer {
	if !slices.Contains(b.Except, mapped) {
		return []networkingv1.NetworkPolicyPeer{ipBlock(b.CIDR, b.Except)}
	}
	var except, ofTwin []netip.Prefix
	for _, e := range b.Except {
		switch {
		case e == mapped:
			except = append(except, mappedParent)
		case e.Bits() >= mappedTwin.Bits() && mappedTwin.Contains(e.Addr()):
			ofTwin = append(ofTwin, e)
		default:
			except = append(except, e)
		}
	}
	var out []networkingv1.NetworkPolicyPeer
	if b.CIDR != mappedParent {
		out = append(out, ipBlock(b.CIDR, except))
	}
	switch {
	case !slices.Contains(ofTwin, mappedTwin):
		out = append(out, ipBlock(mappedTwin, ofTwin))
	case len(out) == 0: // no address is left; a rule without peers would mean `any`
		out = append(out, ipBlock(mappedTwin, twinHalves[:]))
	}
	return out
}

func ipBlock(cidr netip.Prefix, except []netip.Prefix) networkingv1.NetworkPolicyPeer {
	block := &networkingv1.IPBlock{CIDR: cidr.String()}
	for _, e := range except {
		block.Except = append(block.Except, e.String())
	}
	return networkingv1.NetworkPolicyPeer{IPBlock: block}
}

// policyPorts returns the ports of a rule; none for all ports and protocols. The protocol is always written, as the
// API server would default it.
func policyPorts(s graph.PortSet) []networkingv1.NetworkPolicyPort {
	if s.All {
		return nil
	}
	var out []networkingv1.NetworkPolicyPort
	for _, p := range graph.Protocols() {
		if s.AllOf(p) {
			out = append(out, networkingv1.NetworkPolicyPort{Protocol: policyProtocol(p)})
		}
		for _, r := range s.Ranges(p) {
			port := intstr.FromInt32(int32(r.Lo))
			rule := networkingv1.NetworkPolicyPort{Protocol: policyProtocol(p), Port: &port}
			if r.Hi > r.Lo {
				end := int32(r.Hi)
				rule.EndPort = &end
			}
			out = append(out, rule)
		}
	}
	return out
}

func policyProtocol(p graph.Protocol) *corev1.Protocol {
	out := corev1.ProtocolTCP
	switch p {
	case graph.UDP:
		out = corev1.ProtocolUDP
	case graph.SCTP:
		out = corev1.ProtocolSCTP
	}
	return &out
}
