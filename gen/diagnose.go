package gen

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/doctor"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/kubectl"
	"github.com/npgen/npgen/gen/load"
)

// Diagnosed is what was found of a cluster, and of packages beside it.
type Diagnosed struct {
	*doctor.Diagnosis
	// Findings is those of the packages and of the cluster.
	Findings diag.List
	// Source returns the text of a file that a finding names.
	Source func(file string) ([]byte, error)
}

// Diagnose looks at a cluster, and holds packages of one cluster to it, if there are arguments that name some.
func Diagnose(env load.Env, args []string, c *kubectl.Cluster) (*Diagnosed, error) {
	result := &Result{Source: noSource}
	if len(args) > 0 {
		var err error
		if result, err = Build(env, args); err != nil {
			return nil, err
		}
	}
	env.Stage("asking the cluster")
	found, err := doctor.Examine(c, doctor.Package{Graph: result.Graph, Policies: result.Policies, Limits: env.Limits})
	if err != nil {
		return nil, err
	}
	if found.APIServer != nil {
		for i, d := range result.Findings {
			if d.Rule == diag.APIServerUnset {
				result.Findings[i].Help = "write `" + found.APIServer.Field + "`: there the API server of the cluster answers"
			}
		}
	}
	findings := append(result.Findings, found.Findings...)
	return &Diagnosed{found, ignore.Apply(findings, result.Comments, diag.OfPackages|diag.OfCluster), result.Source}, nil
}
