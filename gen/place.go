package gen

import (
	"bytes"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/reach"
)

// Place is where a policy stands in YAML: in a file, or for a package in the file that `npgen build -o` writes.
type Place struct{ policy *inventory.Policy }

// Policy returns where the policy starts.
func (p Place) Policy() diag.Pos {
	if p.policy == nil {
		return diag.Pos{}
	}
	return p.policy.Pos
}

// Rule returns where a rule stands.
func (p Place) Rule(r reach.RuleRef) diag.Pos {
	if p.policy == nil {
		return diag.Pos{}
	}
	field := "ingress"
	if r.Direction == graph.Egress {
		field = "egress"
	}
	return p.policy.Value("spec", field, r.Rule)
}

// Written returns the policy as it is written, without defaults.
func (p Place) Written() *networkingv1.NetworkPolicy {
	if p.policy == nil {
		return nil
	}
	return &p.policy.NetworkPolicy
}

// places finds policies in the files that a build writes.
func (r *Result) places(policies []networkingv1.NetworkPolicy) ([]Place, error) {
	files, err := manifest.Layout(r.PackageNames(), r.Policies)
	if err != nil {
		return nil, err
	}
	found := map[string]*inventory.Policy{}
	for _, name := range files.PolicyFiles() {
		inv, _, err := inventory.Read("", []string{"-"}, bytes.NewReader(files[name]))
		if err != nil {
			return nil, err
		}
		for _, p := range inv.Policies {
			p.Move(name)
			found[p.Namespace+"/"+p.Name] = p
		}
	}
	out := make([]Place, len(policies))
	for i, p := range policies {
		out[i] = Place{found[p.Namespace+"/"+p.Name]}
	}
	return out, nil
}

// placedManifests reads a cluster from manifests, with the places of its policies.
func placedManifests(env load.Env, paths []string) (reach.Cluster, []Place, diag.List, error) {
	inv, findings, err := inventory.Read(env.Dir, paths, env.Stdin)
	if err != nil {
		return reach.Cluster{}, nil, nil, err
	}
	c, findings := clusterOf(inv, findings)
	places := make([]Place, len(inv.Policies))
	for i, p := range inv.Policies {
		places[i] = Place{p}
	}
	return c, slices.Clip(places), findings, nil
}
