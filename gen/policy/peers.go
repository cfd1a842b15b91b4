package policy

import (
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/graph"
)

// appendPeers appends a peer as objects in namespace ns write it; nothing for `any`, whose rule has no peers.
func (x *shared) appendPeers(out []networkingv1.NetworkPolicyPeer, p *graph.Peer, ns *graph.Namespace) []networkingv1.NetworkPolicyPeer {
	switch {
	case p.Workload != nil:
		// Both selectors in one peer, which Kubernetes reads as AND.
		peer := networkingv1.NetworkPolicyPeer{PodSelector: x.canonical(&p.Workload.Selector)}
		if p.Namespace != ns {
			peer.NamespaceSelector = x.namespace(p.Namespace)
		}
		return append(out, peer)
	case p.Kind == graph.WholeNamespace && p.Namespace == ns:
		return append(out, networkingv1.NetworkPolicyPeer{PodSelector: &x.everything})
	case p.Kind == graph.WholeNamespace:
		return append(out, networkingv1.NetworkPolicyPeer{NamespaceSelector: x.namespace(p.Namespace)})
	case p.Kind == graph.AllNamespaces:
		return append(out, networkingv1.NetworkPolicyPeer{NamespaceSelector: &x.everything})
	case p.Kind == graph.Any:
		return out
	case p.Kind == graph.DNS:
		return append(out, x.dnsOf(p.DNS).peers...)
	}
	if len(p.Hosts()) > 0 {
		// A host may have any address, and nobody knows which.
		return append(out, ipBlock(netip.MustParsePrefix("0.0.0.0/0"), nil), ipBlock(netip.MustParsePrefix("::/0"), nil))
	}
	return append(out, x.addresses(p)...)
}

// addresses returns the blocks of a peer outside of the cluster.
func (x *shared) addresses(p *graph.Peer) []networkingv1.NetworkPolicyPeer {
	peers, known := x.blocks[p]
	if !known {
		peers = ipPeers(p.Blocks)
		x.blocks[p] = peers
	}
	return peers
}

// dnsPeers returns the DNS servers: pods of the profile's namespace, and addresses. The namespace is always named, as
// people read it so, also where it is the policy's own.
func dnsPeers(c *graph.DNSConfig) []networkingv1.NetworkPolicyPeer {
	var out []networkingv1.NetworkPolicyPeer
	if c.HasPods() {
		pods := graph.Canonical(c.PodSelector())
		out = append(out, networkingv1.NetworkPolicyPeer{PodSelector: &pods, NamespaceSelector: (&graph.Namespace{Name: c.Namespace}).LabelSelector()})
	}
	return append(out, ipPeers(graph.Blocks(c.CIDRs, nil))...)
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
