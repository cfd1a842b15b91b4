package gen

import (
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/load"
)

// Builds is what a build of packages of any clusters found and made: a graph of its own for each cluster.
type Builds struct {
	// Clusters is sorted by name; empty where the packages could not be read. Where they name no cluster, it is one.
	Clusters []*Result
	// Findings is those of all, which name the cluster where there are several. Where one is an error, nothing is to be
	// relied on.
	Findings    diag.List
	Comments    []ignore.Comment
	UnknownTags []string
	// Source returns the text of a file that a finding names.
	Source func(file string) ([]byte, error)
}

// BuildClusters is Build for packages of any clusters. Nothing is resolved, merged or checked across clusters.
func BuildClusters(env load.Env, args []string) (*Builds, error) {
	sources, err := load.Sources(env.Dir, args)
	if err != nil {
		return nil, err
	}
	return buildClusters(env, sources)
}

func buildClusters(env load.Env, sources []load.Source) (*Builds, error) {
	env.Stage("reading " + packages(len(sources)))
	loaded, err := load.Packages(env, sources)
	if err != nil {
		return nil, err
	}
	out := &Builds{Findings: loaded.Findings, Comments: loaded.Comments, UnknownTags: loaded.UnknownTags, Source: loaded.Source}
	of := map[string][]*graph.Package{}
	for _, p := range loaded.Packages {
		name := p.Cluster.Name.Value
		if of[name] == nil {
			out.Clusters = append(out.Clusters, &Result{ClusterName: name, Comments: out.Comments, UnknownTags: out.UnknownTags, Source: out.Source})
		}
		of[name] = append(of[name], p)
	}
	slices.SortFunc(out.Clusters, func(a, b *Result) int { return strings.Compare(a.ClusterName, b.ClusterName) })
	if of[""] != nil && len(of) > 1 {
		out.Clusters = nil // a finding says so, and what belongs together is not known
	}
	var found []InCluster
	for _, r := range out.Clusters {
		r.graph(env, of[r.ClusterName], loaded.Findings.Count(diag.Error) == 0)
		found = append(found, InCluster{r.ClusterName, r.Findings})
	}
	out.Findings = append(out.Findings, Joined(found)...)
	return out, nil
}

// One returns the result of a build of one cluster.
func (b *Builds) One() (*Result, error) {
	switch {
	case len(b.Clusters) == 0, len(b.Clusters) > 1 && b.Findings.Count(diag.Error) > 0:
		return &Result{Findings: b.Findings, Comments: b.Comments, UnknownTags: b.UnknownTags, Source: b.Source}, nil
	case len(b.Clusters) == 1:
		r := b.Clusters[0]
		r.Findings = b.Findings
		return r, nil
	}
	several := &SeveralClustersError{}
	for _, r := range b.Clusters {
		several.Clusters = append(several.Clusters, r.ClusterName)
	}
	return nil, several
}

// SeveralClustersError says that a question about one cluster was asked of packages of several.
type SeveralClustersError struct{ Clusters []string }

// Error names the clusters, and says how to pick one.
func (e *SeveralClustersError) Error() string {
	return "the packages are of several clusters: pick one with `--cluster`: " + strings.Join(e.Clusters, ", ")
}
