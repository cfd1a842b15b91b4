package load

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// clusters is what the packages of a build say of the clusters that they describe.
type clusters struct {
	// first is the first package of each cluster, unnamed the first that names none.
	first   map[string]*graph.Package
	unnamed *graph.Package
}

// add notes a package, and reports whether it is of the cluster that is picked. One with errors may name it wrongly.
func (c *clusters) add(env Env, p *graph.Package, findings diag.List) bool {
	name := p.Cluster.Name.Value
	if findings.Count(diag.Error) > 0 {
		return name == "" || env.Cluster == "" || name == env.Cluster
	}
	if name == "" {
		if c.unnamed == nil {
			c.unnamed = p
		}
		return env.Cluster == "" || env.OrUnnamed
	}
	if c.first == nil {
		c.first = map[string]*graph.Package{}
	}
	if c.first[name] == nil {
		c.first[name] = p
	}
	return env.Cluster == "" || name == env.Cluster
}

// mixed finds packages with a cluster and without in one build: nobody can know where the latter belong.
func (c *clusters) mixed(out *diag.List) {
	if c.unnamed == nil || len(c.first) == 0 {
		return
	}
	name := slices.Sorted(maps.Keys(c.first))[0]
	out.Errorf(diag.PackageConflict, c.unnamed.Pos, "the package names no cluster, and others of the build do").
		WithHelp("write `cluster: name: \"...\"` in it, or build it apart").
		WithRelated(c.first[name].Cluster.Name.Pos, "cluster `%s` is named here", name)
}

// lacks returns an error where no package is of the cluster that is picked.
func (c *clusters) lacks(env Env) error {
	if env.Cluster == "" || env.OrUnnamed || c.first[env.Cluster] != nil {
		return nil
	}
	if len(c.first) == 0 {
		return fmt.Errorf("no package is of cluster `%s`: they name none, with `cluster: name: \"...\"`", env.Cluster)
	}
	if near := diag.Nearest(env.Cluster, maps.Keys(c.first)); near != "" {
		return fmt.Errorf("no package is of cluster `%s`; did you mean `%s`?", env.Cluster, near)
	}
	return errors.New("no package is of cluster `" + env.Cluster + "`; there is " + oneOf(slices.Sorted(maps.Keys(c.first))))
}
