package gen

import (
	"maps"
	"net/netip"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/reach"
)

// ReadCluster reads what a question is asked about. A finding that is an error says that the cluster is not to be relied
// on.
func ReadCluster(env load.Env, in Input) (reach.Cluster, diag.List, func(string) ([]byte, error), error) {
	r, err := in.read(env)
	if err != nil {
		return reach.Cluster{}, nil, nil, err
	}
	if r.failed() {
		return reach.Cluster{}, r.findings, r.source, nil
	}
	c, err := r.cluster()
	return c, r.findings, r.source, err
}

// Cluster returns what the packages declare as a cluster: a pod for each workload, with labels that its selector
// matches, and the policies read back from their YAML.
func (r *Result) Cluster() (reach.Cluster, error) {
	stream, err := manifest.Stream(r.Policies)
	if err != nil {
		return reach.Cluster{}, err
	}
	c := reach.Cluster{Namespaces: map[string]map[string]string{}}
	if c.Policies, err = reach.Read(stream); err != nil {
		return c, err
	}
	for _, n := range r.Graph.Namespaces {
		c.Namespaces[n.Name] = n.KnownLabels
		if n.Selector != nil {
			c.Namespaces[n.Name] = reach.ExampleLabels(*n.Selector)
		}
	}
	for _, w := range r.Graph.Workloads {
		c.Pods = append(c.Pods, podOf(w))
	}
	for _, p := range r.Graph.Packages {
		c.Ranges = append(c.Ranges, rangesOf(p)...)
	}
	return c, nil
}

// rangesOf returns the addresses that a package has names for.
func rangesOf(p *graph.Package) []reach.Range {
	prefixes := func(in []graph.Prefix) []netip.Prefix {
		out := make([]netip.Prefix, len(in))
		for i := range in {
			out[i] = in[i].Prefix
		}
		return out
	}
	out := []reach.Range{{Name: "internet", CIDRs: p.InternetCIDRs, Except: append(prefixes(p.Internet), p.InternetExcept...)}}
	for _, x := range p.Externals {
		out = append(out, reach.Range{Name: x.Name.Value, CIDRs: prefixes(x.CIDRs), Except: prefixes(x.Except)})
	}
	if p.APIServer != nil {
		out = append(out, reach.Range{Name: "apiserver", CIDRs: prefixes(p.APIServer.CIDRs)})
	}
	return out
}

// podOf returns a pod of a workload, with labels that its selector matches and those that are known of it.
func podOf(w *graph.Workload) reach.Pod {
	p := reach.Pod{
		Namespace: w.Namespace.Name, Name: w.Name,
		Labels: reach.ExampleLabels(w.Selector), HostNetwork: w.HostNetwork,
	}
	if len(w.KnownLabels) > 0 {
		p.Labels = maps.Clone(p.Labels)
		maps.Copy(p.Labels, w.KnownLabels)
	}
	for _, port := range w.Ports {
		if port.Lo == port.Hi {
			p.Ports = append(p.Ports, reach.NamedPort{Name: port.Name, Protocol: port.Protocol, Port: port.Lo})
		}
	}
	return p
}
