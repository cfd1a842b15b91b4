package examples_test

import (
	"slices"
	"testing"

	"github.com/npgen/npgen/gen/check"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// TestTeamsNeedTheirGrants takes away each grant of the teams: some edge of another team must be refused. Without the
// field `grant` none is.
func TestTeamsNeedTheirGrants(t *testing.T) {
	all := declared(t, env(t), "teams")
	for at, p := range all {
		if !p.Grant.Set {
			t.Errorf("%s grants nothing and refuses nothing", p.Path)
		}
		for i, e := range p.Grant.Edges {
			without := *p
			without.Grant.Edges = slices.Delete(slices.Clone(p.Grant.Edges), i, i+1)
			if refused(all, at, &without) == 0 {
				t.Errorf("%s: nothing needs the grant `%s`", p.Path, e.Text)
			}
		}
		open := *p
		open.Grant = graph.GrantDecl{}
		if n := refused(all, at, &open); n > 0 {
			t.Errorf("%s: without `grant`, %d edges are refused", p.Path, n)
		}
	}
}

// refused counts the edges that are not granted, where one of the packages is another.
func refused(packages []*graph.Package, at int, p *graph.Package) int {
	packages = slices.Clone(packages)
	packages[at] = p
	g, _ := graph.Link(packages)
	n := 0
	for _, f := range check.Graph(g) {
		if f.Rule == diag.NotGranted {
			n++
		}
	}
	return n
}
