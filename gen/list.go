package gen

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/reach"
	"github.com/npgen/npgen/gen/rule"
)

// ReadCluster reads what a question is asked about: policy packages, or any YAML or JSON. A finding that is an error
// says that the cluster is not to be relied on.
func ReadCluster(env load.Env, args []string) (reach.Cluster, diag.List, func(string) ([]byte, error), error) {
	isPackage, env, err := packagesOrManifests(env, args)
	if err != nil {
		return reach.Cluster{}, nil, nil, err
	}
	if !isPackage {
		c, findings, err := manifestCluster(env, args)
		return c, findings, nil, err
	}
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

// packagesOrManifests tells whether the arguments name packages. Standard input is read for that, and put back.
func packagesOrManifests(env load.Env, args []string) (bool, load.Env, error) {
	packages := 0
	for _, arg := range args {
		is := false
		switch {
		case arg == "-":
			data, err := io.ReadAll(env.Stdin)
			if err != nil {
				return false, env, err
			}
			env.Stdin = bytes.NewReader(data)
			is = !isManifestText(data)
		case strings.HasSuffix(arg, "..."), strings.HasSuffix(arg, ".cue"):
			is = true
		default:
			path := arg
			if !filepath.IsAbs(path) {
				path = filepath.Join(env.Dir, path)
			}
			found, err := load.CUEFiles(path)
			is = err == nil && len(found) > 0
		}
		if is {
			packages++
		}
	}
	if packages > 0 && packages < len(args) {
		return false, env, errors.New("name either packages or manifests, not both")
	}
	return packages > 0, env, nil
}

// manifestStart is how YAML and JSON of Kubernetes begin, and policy packages do not.
var manifestStart = regexp.MustCompile(`(?m)\A\s*[{\[]|^(---|apiVersion:|kind:|items:)`)

func isManifestText(data []byte) bool {
	return manifestStart.Match(data)
}

// manifestCluster reads a cluster from manifests.
func manifestCluster(env load.Env, paths []string) (reach.Cluster, diag.List, error) {
	env.Stage("reading manifests")
	c, _, findings, err := placedManifests(env, paths)
	return c, findings, err
}

// clusterOf makes a cluster of manifests. An object without a namespace is taken to be in `default`, as kubectl takes
// it.
func clusterOf(inv *inventory.Inventory, findings diag.List) (reach.Cluster, diag.List) {
	for i := range findings {
		if findings[i].Rule == diag.ManifestSyntax {
			findings[i].Severity = diag.Error
		}
	}
	c := reach.Cluster{Namespaces: map[string]map[string]string{}}
	for _, n := range inv.Namespaces {
		c.Namespaces[n.Name] = n.Labels
	}
	for _, w := range inv.Workloads {
		p := reach.Pod{Namespace: cmp.Or(w.Namespace, "default"), Name: w.Name, Labels: w.Labels, HostNetwork: w.HostNetwork}
		for _, port := range w.Ports {
			p.Ports = append(p.Ports, reach.NamedPort{Name: port.Name, Protocol: port.Protocol, Port: port.Number})
		}
		c.Pods = append(c.Pods, p)
	}
	policies := make([]networkingv1.NetworkPolicy, 0, len(inv.Policies))
	for _, p := range inv.Policies {
		policy := p.NetworkPolicy
		policy.Namespace = cmp.Or(policy.Namespace, "default")
		read.Default(&policy)
		if err := read.Validate(&policy); err != nil {
			findings.Errorf(diag.ManifestSyntax, p.Pos, "this is not a NetworkPolicy as Kubernetes takes it: %s", strings.Join(strings.Fields(err.Error()), " ")).
				WithHelp("`kubectl apply --dry-run=server` shows what the API server says")
		}
		policies = append(policies, policy)
	}
	c.Policies = read.Rules(policies)
	return c, findings.Sorted()
}

// Cluster returns what the packages declare as a cluster: a pod for each workload, with labels that its selector
// matches, and the policies read back from their YAML.
func (r *Result) Cluster() (reach.Cluster, error) {
	stream, err := write.Stream(r.Policies)
	if err != nil {
		return reach.Cluster{}, err
	}
	c := reach.Cluster{Namespaces: map[string]map[string]string{}}
	policies, err := read.Policies(stream)
	if err != nil {
		return c, err
	}
	c.Policies = read.Rules(policies)
	for _, n := range r.Graph.Namespaces {
		c.Namespaces[n.Name] = nil
		if n.Selector != nil {
			c.Namespaces[n.Name] = rule.Example(n.Selector)
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

func podOf(w *graph.Workload) reach.Pod {
	p := reach.Pod{
		Namespace: w.Namespace.Name, Name: w.Name,
		Labels: rule.Example(&w.Selector), HostNetwork: w.HostNetwork,
	}
	for _, port := range w.Ports {
		if port.Lo == port.Hi {
			p.Ports = append(p.Ports, reach.NamedPort{Name: port.Name, Protocol: port.Protocol, Port: port.Lo})
		}
	}
	return p
}
