package gen

import (
	"github.com/npgen/npgen/gen/compare"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/load"
)

// CompareManifests compares the packages with what Kubernetes manifests define: files, folders, or "-" for standard
// input. It returns the findings and adds the comments of the manifests. An error is a path that is missing or cannot be
// read.
func (r *Result) CompareManifests(env load.Env, paths []string) (diag.List, error) {
	env.Stage("comparing with manifests")
	if err := oneCluster(env, paths); err != nil {
		return nil, err
	}
	inv, findings, err := inventory.ReadWithin(env.Root, env.Dir, paths, env.Stdin, env.Limits)
	if err != nil {
		return nil, err
	}
	r.Comments = append(r.Comments, inv.Comments...)
	if field := compare.APIServerField(r.Graph, inv); field != "" {
		for i, d := range r.Findings {
			if d.Rule == diag.APIServerUnset {
				r.Findings[i].Help = "write `" + field + "`: the EndpointSlice in the manifests has it"
			}
		}
	}
	if r.Graph == nil {
		return findings, nil
	}
	return append(findings, compare.Manifests(r.Graph, inv)...), nil
}
