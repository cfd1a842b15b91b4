package gen

import (
	"fmt"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/check"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/policy"
)

// Result is what a build found and made.
type Result struct {
	// Graph is nil where the packages could not be read.
	Graph *graph.Graph
	// Policies is empty where a finding is an error. They are to be read only, as they share parts (policy.Compile).
	Policies []networkingv1.NetworkPolicy
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

// Build reads the packages that the arguments name (load.Sources), links and checks them, and compiles their
// policies. An error is trouble with the machine, such as a path that is missing.
func Build(env load.Env, args []string) (*Result, error) {
	sources, err := load.Sources(env.Dir, args)
	if err != nil {
		return nil, err
	}
	return buildSources(env, sources)
}

func buildSources(env load.Env, sources []load.Source) (*Result, error) {
	env.Stage("reading " + packages(len(sources)))
	loaded, err := load.Packages(env, sources)
	if err != nil {
		return nil, err
	}
	out := &Result{Findings: loaded.Findings, Comments: loaded.Comments, UnknownTags: loaded.UnknownTags, Source: loaded.Source}
	if len(loaded.Packages) == 0 {
		return out, nil
	}
	g, findings := graph.LinkWithin(loaded.Packages, env.Limits)
	g.Complete = g.Complete && loaded.Findings.Count(diag.Error) == 0
	out.Graph = g
	out.Findings = append(out.Findings, findings...)
	if findings.Has(diag.OverBudget) {
		return out, nil
	}
	env.Stage(fmt.Sprintf("checking %d edges", len(g.Edges)))
	out.Findings = append(out.Findings, check.Graph(g)...)
	if out.Findings.Count(diag.Error) > 0 {
		return out, nil
	}
	policies, findings := policy.Compile(g)
	out.Findings = append(out.Findings, findings...)
	if findings.Count(diag.Error) == 0 {
		out.Policies = policies
	}
	return out, nil
}

func packages(n int) string {
	if n == 1 {
		return "1 package"
	}
	return fmt.Sprintf("%d packages", n)
}
