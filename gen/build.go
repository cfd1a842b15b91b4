package gen

import (
	"fmt"
	"path/filepath"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/check"
	"github.com/npgen/npgen/gen/diag"
	cilium "github.com/npgen/npgen/gen/dialect/cilium/write"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/policy"
)

// Result is what a build found and made.
type Result struct {
	// ClusterName is the cluster that the packages describe, "" where they name none.
	ClusterName string
	// Graph is nil where the packages could not be read.
	Graph *graph.Graph
	// Policies is empty where a finding is an error. They are to be read only, as they share parts (policy.Compile). Where
	// the target is another, answers about flows rest on them, and what is written is Cilium.
	Policies []networkingv1.NetworkPolicy
	Cilium   []cilium.Policy
	// Findings is those of the packages, Comments those by which the user takes some out of reports (ignore.Apply).
	Findings diag.List
	Comments []ignore.Comment
	// UnknownTags is the tags that no package has.
	UnknownTags []string
	// Source returns the text of a file that a finding names.
	Source func(file string) ([]byte, error)
}

// PackageNames returns the names of the packages in the build, which the label npgen.dev/package carries.
func (r *Result) PackageNames() []string {
	var names []string
	for _, p := range r.Graph.Packages {
		names = append(names, p.Output.Name)
	}
	return names
}

// Head returns what an output folder of the packages is built from.
func (r *Result) Head(env load.Env, dir string) manifest.Head {
	out := manifest.Head{Cluster: r.ClusterName, OmitNamespace: r.Graph.OmitsNamespace() != nil}
	for _, p := range r.Graph.Packages {
		out.Packages = append(out.Packages, manifest.Package{Name: p.Output.Name, Path: env.Place(p.Path, filepath.Join(dir, ".."))})
	}
	return out
}

// Build reads the packages that the arguments name (load.Sources), links and checks them, and compiles their policies.
// An error is trouble with the machine, such as a path that is missing; packages of several clusters are a
// *SeveralClustersError.
func Build(env load.Env, args []string) (*Result, error) {
	b, err := BuildClusters(env, args)
	if err != nil {
		return nil, err
	}
	return b.One()
}

func buildSources(env load.Env, sources []load.Source) (*Result, error) {
	b, err := buildClusters(env, sources)
	if err != nil {
		return nil, err
	}
	return b.One()
}

// graph links and checks packages of one cluster, and compiles their policies. Complete says that all could be read.
func (r *Result) graph(env load.Env, packages []*graph.Package, complete bool) {
	g, findings := graph.LinkWithin(packages, env.Limits)
	g.Complete = g.Complete && complete
	r.Graph = g
	r.Findings = append(r.Findings, findings...)
	if findings.Has(diag.OverBudget) {
		return
	}
	env.Stage(fmt.Sprintf("checking %d edges", len(g.Edges)))
	r.Findings = append(r.Findings, check.Graph(g)...)
	if !complete || r.Findings.Count(diag.Error) > 0 {
		return
	}
	policies, findings := policy.Compile(g)
	var objects []cilium.Policy
	if r.isCilium() {
		if findings.Count(diag.Error) == 0 {
			objects, findings = policy.CompileCilium(g)
		}
	}
	r.Findings = append(r.Findings, findings...)
	if findings.Count(diag.Error) == 0 {
		r.Policies, r.Cilium = policies, objects
	}
}

func packages(n int) string {
	if n == 1 {
		return "1 package"
	}
	return fmt.Sprintf("%d packages", n)
}
