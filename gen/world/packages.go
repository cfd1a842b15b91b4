package world

import (
	"maps"
	"net/netip"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
)

// OfPackages returns what packages declare as a cluster: a pod for each workload, with labels that its selector
// matches, and the policies.
func OfPackages(g *graph.Graph, policies []rule.Policy) Cluster {
	c := Cluster{
		Namespaces: map[string]map[string]string{}, Known: map[string]map[string]string{}, Stated: map[string]bool{},
		Selected: map[string]*metav1.LabelSelector{}, Policies: policies,
	}
	for _, n := range g.Namespaces {
		c.Namespaces[n.Name] = n.KnownLabels
		if n.KnownLabels != nil {
			c.Known[n.Name], c.Stated[n.Name] = n.KnownLabels, true
		}
		if n.Selector != nil {
			c.Namespaces[n.Name], c.Selected[n.Name] = rule.Example(n.Selector), n.Selector
		}
	}
	for _, w := range g.Workloads {
		c.Pods = append(c.Pods, OfWorkload(w))
	}
	for _, p := range g.Packages {
		c.Ranges = append(c.Ranges, rangesOf(p)...)
		c.DNS = append(c.DNS, serversOf(&p.DNS)...)
	}
	if g.Cluster.Nodes.IsSet() {
		c.Ranges = append(c.Ranges, Range{Name: "nodes", CIDRs: prefixes(g.Cluster.Nodes.Prefixes)})
	}
	return c
}

// serversOf returns the DNS servers of a package: its pods, and one address of each range.
func serversOf(d *graph.DNSConfig) []DNSServer {
	var out []DNSServer
	for _, port := range d.Ports {
		if d.HasPods() {
			out = append(out, DNSServer{Pod: &Pod{Namespace: d.Namespace, Name: "dns", Labels: d.Labels}, Port: port})
		}
		for _, p := range d.CIDRs {
			out = append(out, DNSServer{Address: p.Addr(), Port: port})
		}
	}
	return out
}

// rangesOf returns the addresses that a package has names for.
func rangesOf(p *graph.Package) []Range {
	out := []Range{{Name: "internet", CIDRs: p.InternetCIDRs, Except: append(prefixes(p.Internet), p.InternetExcept...)}}
	for _, x := range p.Externals {
		out = append(out, Range{Name: x.Name.Value, CIDRs: prefixes(x.CIDRs), Except: prefixes(x.Except)})
	}
	if p.APIServer != nil {
		out = append(out, Range{Name: "apiserver", CIDRs: prefixes(p.APIServer.CIDRs)})
	}
	return out
}

func prefixes(in []graph.Prefix) []netip.Prefix {
	out := make([]netip.Prefix, len(in))
	for i := range in {
		out[i] = in[i].Prefix
	}
	return out
}

// OfWorkload returns the pods of a workload of a package, with labels that its selector matches and those that are known
// besides.
func OfWorkload(w *graph.Workload) Pod {
	p := Pod{
		Namespace: w.Namespace.Name, Name: w.Name,
		Labels: rule.Example(&w.Selector), Selector: &w.Selector, In: w.Namespace.Selector, Known: w.KnownLabels, HostNetwork: w.HostNetwork,
	}
	if len(w.KnownLabels) > 0 {
		p.Labels = maps.Clone(p.Labels)
		maps.Copy(p.Labels, w.KnownLabels)
	}
	for _, port := range w.Ports {
		if port.Lo == port.Hi {
			p.Ports = append(p.Ports, NamedPort{Name: port.Name, Protocol: port.Protocol, Port: port.Lo})
		}
	}
	return p
}
