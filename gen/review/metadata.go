package review

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// metadata is the address at which clouds give their nodes credentials, on port 80 (AWS, Azure and Google Cloud, instance
// metadata).
func metadata() netip.Addr { return netip.MustParseAddr("169.254.169.254") }

const metadataPort = 80

// metadataOpen finds egress to every address that leaves the cloud's metadata server open: who reads it acts as the node.
func (r *reviewer) metadataOpen(x *writtenRule) {
	isPort := func(p networkingv1.NetworkPolicyPort) bool { return opens(p, corev1.ProtocolTCP, metadataPort) }
	if x.Direction != graph.Egress || x.declared(anyEdge) || len(x.Ports) > 0 && !slices.ContainsFunc(x.Ports, isPort) {
		return
	}
	for i, peer := range x.Peers {
		if peer.IPBlock == nil {
			continue
		}
		cidr, err := netip.ParsePrefix(peer.IPBlock.CIDR)
		if err != nil || cidr.Bits() != 0 || !r.end(x, peer).Addresses.Contains(metadata()) {
			continue
		}
		r.findings.Infof(diag.MetadataOpen, x.Value(x.peerPath(i, "ipBlock", "cidr")...), "`%s` holds the cloud's metadata server, which gives its callers the rights of the node", peer.IPBlock.CIDR).
			WithHelp("add `except: [%s/32]`, or name the ranges that are meant", metadata())
	}
}
