package compare

import (
	"fmt"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// tunnelled is the pods through which the API server of a cloud reaches webhooks and aggregated APIs.
type tunnelled struct {
	cloud, definition, key string
}

// konnectivity is the label value of these pods, which run in kube-system (AKS and GKE; catalog).
const konnectivity = "konnectivity-agent"

func tunnels() map[string]tunnelled {
	return map[string]tunnelled{
		"azure": {"AKS", "#KonnectivityAKS", "app"},
		"gcp":   {"GKE", "#KonnectivityGKE", "k8s-app"},
	}
}

// webhookHelp says which edge lets the API server in at a port, on the platform of the cluster.
func (m *caller) webhookHelp(to string) string {
	profile, t := m.g.Cluster.Profile, tunnels()[m.g.Cluster.Profile.Platform]
	switch {
	case t.cloud != "":
		return fmt.Sprintf("on %s the API server comes through pods: write `kube-system/%s -> %s`, with `catalog.%s` of `github.com/npgen/npgen/catalog`", t.cloud, konnectivity, to, t.definition)
	case profile.Platform == "aws":
		return fmt.Sprintf("on EKS the API server comes from the subnets of the cluster: write `control-plane -> %s`, and `external: \"control-plane\": cidrs: [...]` with their ranges", to)
	case profile.IPBlock.Nodes == graph.Option:
		return fmt.Sprintf("`%s` does not match the API server by its address where it runs on a node: write `any -> %s`", m.g.Cluster.CNI.Value, to)
	case m.g.Cluster.Nodes.IsSet():
		return fmt.Sprintf("the API server comes from a node of the control plane: write `nodes -> %s`, or `any -> %s` where the nodes have tunnels, as it then has an address of the tunnel", to, to)
	}
	return ""
}

// throughTunnel tells of a webhook that lets in addresses alone, where the API server comes through pods.
func (m *caller) throughTunnel(to *inventory.Workload, p graph.Port, says string, pos diag.Pos) {
	t, known := tunnels()[m.g.Cluster.Profile.Platform]
	if !known || !m.isIsolated(to, graph.Ingress) {
		return
	}
	var first *graph.Edge
	for e := range m.speakingOf(to, graph.Ingress) {
		switch {
		case !e.Ports.Contains(graph.Single(p)):
		case !e.From.IsAddresses():
			if m.isTunnel(e.From, t) {
				return
			}
		case first == nil:
			first = e
		}
	}
	name := fmt.Sprintf("%s:%s", m.nameOf(to), p)
	if first == nil || m.said["tunnel "+name] {
		return
	}
	m.said["tunnel "+name] = true
	m.findings.Infof(diag.UndeclaredCall, first.Decl.Pos, "the API server calls `%s`, and on %s it comes through the pods `%s`, not from an address, unless it is in the network of the cluster", name, t.cloud, konnectivity).
		WithHelp("write `kube-system/%s -> %s`, with `catalog.%s` of `github.com/npgen/npgen/catalog`", konnectivity, name, t.definition).
		WithRelated(pos, "%s", says)
}

// isTunnel reports whether a peer holds the pods through which the API server comes, or may do so.
func (m *caller) isTunnel(p *graph.Peer, t tunnelled) bool {
	if p.Kind == graph.Any || p.Kind == graph.AllNamespaces {
		return true
	}
	return m.holds(p, &inventory.Workload{Namespace: "kube-system", Labels: map[string]string{t.key: konnectivity}}) ||
		p.Workload != nil && p.Workload.Selector.MatchLabels[t.key] == konnectivity || p.Namespace != nil && p.Namespace.Selector != nil
}

// isTunnelled reports whether the API server may come through pods of a peer: by the platform of the cluster, or by any where
// that is not known.
func (m *caller) isTunnelled(p *graph.Peer) bool {
	if p.Kind == graph.AllNamespaces {
		return false
	}
	platform := m.g.Cluster.Profile.Platform
	for name, t := range tunnels() {
		if (platform == name || platform == "") && p.Namespace != nil && m.isTunnel(p, t) {
			return true
		}
	}
	return false
}
