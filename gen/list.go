package gen

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/reach"
)

// ReadCluster reads what a question is asked about: policy packages, or any YAML.
func ReadCluster(env load.Env, args []string) (reach.Cluster, diag.List, func(string) ([]byte, error), error) {
	result, err := Build(env, args)
	if err != nil {
		return reach.Cluster{}, nil, nil, err
	}
	if result.Findings.Count(diag.Error) > 0 {
		return reach.Cluster{}, result.Findings, result.Source, nil
	}
	c, err := result.Cluster()
	return c, nil, result.Source, err
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
		c.Namespaces[n.Name] = nil
		if n.Selector != nil {
			c.Namespaces[n.Name] = reach.ExampleLabels(*n.Selector)
		}
	}
	for _, w := range r.Graph.Workloads {
		c.Pods = append(c.Pods, podOf(w))
	}
	return c, nil
}

func podOf(w *graph.Workload) reach.Pod {
	p := reach.Pod{
		Namespace: w.Namespace.Name, Name: w.Name,
		Labels: reach.ExampleLabels(w.Selector), HostNetwork: w.HostNetwork,
	}
	for _, port := range w.Ports {
		if port.Lo == port.Hi {
			p.Ports = append(p.Ports, reach.NamedPort{Name: port.Name, Protocol: port.Protocol, Port: port.Lo})
		}
	}
	return p
}
