package gen

import (
	"slices"

	"github.com/npgen/npgen/gen/diag"
	cilium "github.com/npgen/npgen/gen/dialect/cilium/write"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/policy"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/world"
)

// isNarrowed reports whether an edge opens less than answers about flows show: some requests only, or the addresses that
// names have.
func isNarrowed(e *graph.Edge) bool { return len(e.HTTP()) > 0 || len(e.To.Hosts()) > 0 }

// narrowed returns the objects that open less than answers show, and an info for each edge of that kind: a flow that is
// said to be closed is closed, and of one that is said to be open only some requests or addresses may be.
func (r *Result) narrowed() ([]inventory.NotCounted, diag.List, error) {
	var infos diag.List
	var last *graph.EdgeDecl
	for _, e := range r.Graph.Edges {
		if !isNarrowed(e) || e.Decl == last {
			continue
		}
		last = e.Decl
		if len(e.HTTP()) > 0 {
			infos.Infof(diag.NotCounted, e.Decl.Pos, "`%s` counts as open to every request", e.Decl.Text).
				WithHelp("which requests pass is not part of an answer about flows")
		} else {
			infos.Infof(diag.NotCounted, e.Decl.Pos, "`%s` counts as open to every address outside of the cluster", e.Decl.Text).
				WithHelp("which addresses a name has is known only while the cluster runs")
		}
	}
	var out []inventory.NotCounted
	for i := range r.Cilium {
		p := &r.Cilium[i]
		if !hasNames(p) {
			continue
		}
		text, err := cilium.Stream(r.Cilium[i : i+1])
		if err != nil {
			return nil, nil, err
		}
		out = append(out, inventory.NotCounted{
			Pos: r.Graph.Packages[0].Pos, APIVersion: cilium.APIVersion, Kind: cilium.Kind, Namespace: p.Metadata.Namespace, Name: p.Metadata.Name,
			Reason: "its requests and host names are counted as all requests and addresses", Text: text,
		})
	}
	return out, infos, nil
}

func hasNames(p *cilium.Policy) bool {
	hasHTTP := func(e cilium.Ports) bool { return e.Rules != nil && len(e.Rules.HTTP) > 0 }
	return slices.ContainsFunc(p.Spec.Ingress, func(r cilium.Ingress) bool { return slices.ContainsFunc(r.ToPorts, hasHTTP) }) ||
		slices.ContainsFunc(p.Spec.Egress, func(r cilium.Egress) bool { return len(r.ToFQDNs) > 0 || slices.ContainsFunc(r.ToPorts, hasHTTP) })
}

// least returns what packages open in any case, where that is less than answers about flows show.
func (r *Result) least() (policies []rule.Policy, differs bool, err error) {
	if !slices.ContainsFunc(r.Graph.Edges, isNarrowed) {
		return nil, false, nil
	}
	policies, err = rulesOf(policy.CompileLeast(r.Graph))
	return policies, true, err
}

// leastMixed returns the packages alone as a cluster with what they open in any case.
func (r *Result) leastMixed(policies []rule.Policy) world.Mixed {
	m, _ := world.Of(world.Parts{Graph: r.Graph, Policies: policies}, nil)
	return m
}
