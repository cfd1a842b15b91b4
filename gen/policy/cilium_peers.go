package policy

import (
	"maps"
	"net/netip"
	"regexp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	cilium "github.com/npgen/npgen/gen/dialect/cilium/write"
	"github.com/npgen/npgen/gen/graph"
)

// The labels by which Cilium knows the namespace of a pod, and the labels of that (C: pkg/k8s/apis/cilium.io).
const (
	ciliumNamespace       = "k8s:io.kubernetes.pod.namespace"
	ciliumNamespaceLabels = "k8s:io.cilium.k8s.namespace.labels."
)

// ciliumPeers is peers of one kind.
type ciliumPeers struct {
	endpoints []metav1.LabelSelector
	cidrs     []cilium.CIDR
	entities  []string
	hosts     []cilium.FQDN
}

func (p *ciliumPeers) kind() int {
	switch {
	case len(p.endpoints) > 0:
		return 1
	case len(p.cidrs) > 0:
		return 2
	case len(p.entities) > 0:
		return 3
	}
	return 4
}

func (p *ciliumPeers) add(q ciliumPeers) {
	p.endpoints, p.cidrs = append(p.endpoints, q.endpoints...), append(p.cidrs, q.cidrs...)
	p.entities, p.hosts = append(p.entities, q.entities...), append(p.hosts, q.hosts...)
}

// ciliumPeersOf returns a peer as objects in namespace ns write it, each kind apart.
func ciliumPeersOf(p *graph.Peer, ns *graph.Namespace) []ciliumPeers {
	endpoint := func(s metav1.LabelSelector) []ciliumPeers {
		return []ciliumPeers{{endpoints: []metav1.LabelSelector{s}}}
	}
	switch {
	case p.Workload != nil:
		return endpoint(inNamespace(graph.Canonical(p.Workload.Selector), p.Namespace, ns))
	case p.Kind == graph.WholeNamespace:
		return endpoint(inNamespace(metav1.LabelSelector{}, p.Namespace, ns))
	case p.Kind == graph.AllNamespaces:
		return endpoint(isPod(metav1.LabelSelector{}))
	case p.Kind == graph.Any:
		return []ciliumPeers{{entities: []string{"all"}}}
	case p.Kind == graph.APIServer:
		return []ciliumPeers{{entities: []string{"kube-apiserver"}}}
	case p.Kind == graph.Nodes:
		return []ciliumPeers{{entities: []string{"host", "remote-node"}}}
	case p.Kind == graph.DNS:
		return ciliumDNS(p.DNS)
	}
	var out []ciliumPeers
	if len(p.Blocks) > 0 {
		out = append(out, ciliumPeers{cidrs: ciliumCIDRs(p.Blocks)})
	}
	if hosts := p.Hosts(); len(hosts) > 0 {
		var names []cilium.FQDN
		for _, h := range hosts {
			if h.IsPattern() {
				names = append(names, cilium.FQDN{MatchPattern: string(h)})
			} else {
				names = append(names, cilium.FQDN{MatchName: string(h)})
			}
		}
		out = append(out, ciliumPeers{hosts: names})
	}
	return out
}

// inNamespace adds to a selector of pods that they are in a namespace, where that is not the object's own: Cilium adds
// the own one by itself.
func inNamespace(s metav1.LabelSelector, n, own *graph.Namespace) metav1.LabelSelector {
	if n == own {
		return s
	}
	if n.Selector == nil {
		return withLabel(s, ciliumNamespace, n.Name)
	}
	of := graph.Canonical(*n.Selector)
	for key, value := range of.MatchLabels {
		s = withLabel(s, ciliumNamespaceLabels+key, value)
	}
	// What is no pod has no labels of a namespace, and `NotIn` would match it.
	s = isPod(s)
	for _, r := range of.MatchExpressions {
		r.Key = ciliumNamespaceLabels + r.Key
		s.MatchExpressions = append(s.MatchExpressions, r)
	}
	return s
}

func withLabel(s metav1.LabelSelector, key, value string) metav1.LabelSelector {
	s.MatchLabels = maps.Clone(s.MatchLabels)
	if s.MatchLabels == nil {
		s.MatchLabels = map[string]string{}
	}
	s.MatchLabels[key] = value
	return s
}

// isPod adds that there is a namespace, which every pod has and nothing else.
func isPod(s metav1.LabelSelector) metav1.LabelSelector {
	exists := metav1.LabelSelectorRequirement{Key: ciliumNamespace, Operator: metav1.LabelSelectorOpExists}
	s.MatchExpressions = append([]metav1.LabelSelectorRequirement{exists}, s.MatchExpressions...)
	return s
}

// ciliumDNS returns the DNS servers. An address that is the node's own is the entity `host`, as no range of Cilium's
// matches a node.
func ciliumDNS(c *graph.DNSConfig) []ciliumPeers {
	var out []ciliumPeers
	if c.HasPods() {
		out = append(out, ciliumPeers{endpoints: []metav1.LabelSelector{withLabel(c.PodSelector(), ciliumNamespace, c.Namespace)}})
	}
	var outside []netip.Prefix
	onNode := false
	for _, p := range c.CIDRs {
		if p.Addr().IsLinkLocalUnicast() {
			onNode = true
		} else {
			outside = append(outside, p)
		}
	}
	if onNode {
		out = append(out, ciliumPeers{entities: []string{"host"}})
	}
	if len(outside) > 0 {
		out = append(out, ciliumPeers{cidrs: ciliumCIDRs(graph.Blocks(outside, nil))})
	}
	return out
}

func ciliumCIDRs(blocks []graph.Block) []cilium.CIDR {
	var out []cilium.CIDR
	for _, b := range blocks {
		c := cilium.CIDR{CIDR: b.CIDR.String()}
		for _, e := range b.Except {
			text := e.String()
			if e == mapped {
				text = "::ffff:0:0/96"
			}
			c.Except = append(c.Except, text)
		}
		out = append(out, c)
	}
	return out
}

// ciliumHTTP returns requests as Cilium reads them: a method and a path are regular expressions over the whole value,
// and the path has the query string in it.
func ciliumHTTP(requests []graph.Request) *cilium.Rules {
	if len(requests) == 0 {
		return nil
	}
	out := &cilium.Rules{}
	for _, r := range requests {
		h := cilium.HTTP{Method: regexp.QuoteMeta(r.Method)}
		switch {
		case r.Below:
			h.Path = regexp.QuoteMeta(r.Path) + ".*"
		case r.Path != "":
			h.Path = regexp.QuoteMeta(r.Path) + `(\?.*)?`
		}
		for _, header := range r.Headers {
			h.HeaderMatches = append(h.HeaderMatches, cilium.Header{Name: header.Name, Value: header.Value})
		}
		out.HTTP = append(out.HTTP, h)
	}
	return out
}
