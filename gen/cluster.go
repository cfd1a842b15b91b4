package gen

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/world"
)

// ReadCluster reads what a question is asked about: policy packages, or any YAML or JSON. A finding that is an error
// says that the cluster is not to be relied on.
func ReadCluster(env load.Env, args []string) (world.Cluster, diag.List, func(string) ([]byte, error), error) {
	isPackage, env, err := packagesOrManifests(env, args)
	if err != nil {
		return world.Cluster{}, nil, nil, err
	}
	if !isPackage {
		c, findings, err := manifestCluster(env, args)
		return c, findings, nil, err
	}
	result, err := Build(env, args)
	if err != nil {
		return world.Cluster{}, nil, nil, err
	}
	if result.Findings.Count(diag.Error) > 0 {
		return world.Cluster{}, result.Findings, result.Source, nil
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
func manifestCluster(env load.Env, paths []string) (world.Cluster, diag.List, error) {
	env.Stage("reading manifests")
	inv, findings, err := inventory.Read(env.Dir, paths, env.Stdin)
	if err != nil {
		return world.Cluster{}, nil, err
	}
	c, findings := world.OfManifests(inv, "", findings)
	return c, findings, nil
}

// Cluster returns what the packages declare as a cluster, with the policies read back from their YAML.
func (r *Result) Cluster() (world.Cluster, error) {
	stream, err := write.Stream(r.Policies)
	if err != nil {
		return world.Cluster{}, err
	}
	policies, err := read.Policies(stream)
	if err != nil {
		return world.Cluster{}, err
	}
	return world.OfPackages(r.Graph, read.Rules(policies)), nil
}
