package gen

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/load"
)

// Input is what a question is asked about: policy packages, any YAML or JSON, or both. With both, the policies are those
// of the packages and any in the manifests, and the pods are the manifests' workloads; a workload of a package whose pods
// the manifests have is those pods, the others stay as they are declared.
type Input struct {
	Paths []string
	// Namespace is that of objects which name none; "" is the only one that the others name, or else `default`.
	Namespace string
}

// reading is an input as it was read.
type reading struct {
	namespace string
	// builds is nil where no package is named, and result is the build of one of its clusters. Where there is an error
	// finding nothing else was read, and result has no graph.
	builds *Builds
	result *Result
	// layers are manifests; what one has already, later ones do not change.
	layers []*inventory.Inventory
	// findings is what comments leave of those of the packages or the manifests; comments is those of both.
	findings diag.List
	comments []ignore.Comment
	source   func(string) ([]byte, error)
}

// clusters returns the reading of each cluster of an input. What is in no package is of one cluster.
func (r *reading) clusters() []*reading {
	if r.result != nil || r.builds == nil {
		return []*reading{r}
	}
	var out []*reading
	for _, result := range r.builds.Clusters {
		one := *r
		one.result = result
		out = append(out, &one)
	}
	return out
}

// name returns the cluster of a reading, "" where no package names it.
func (r *reading) name() string {
	if r.result == nil {
		return ""
	}
	return r.result.ClusterName
}

// readClusters reads an input of any clusters. Of packages that are fine there are no findings. Manifests are of one cluster, so that no others may stand beside it.
func (in Input) readClusters(env load.Env) (*reading, error) {
	packages, manifests, env, err := splitPaths(env, in.Paths)
	if err != nil {
		return nil, err
	}
	if len(packages) == 0 && env.Cluster != "" && !env.OrUnnamed {
		return nil, errors.New("`--cluster` picks packages, and there are none")
	}
	out := &reading{namespace: in.Namespace}
	if len(packages) > 0 {
		builds, err := BuildClusters(env, packages)
		if err != nil {
			return nil, err
		}
		out.builds, out.source, out.comments = builds, builds.Source, builds.Comments
		if out.result, err = builds.One(); err != nil && len(manifests) > 0 {
			return nil, fmt.Errorf("%w; manifests are of one", err)
		}
		if builds.Findings.Count(diag.Error) > 0 {
			out.findings = ignore.Apply(builds.Findings, builds.Comments, diag.OfPackages)
			return out, nil
		}
	}
	if len(manifests) > 0 {
		read, err := readManifests(env, manifests)
		if err != nil {
			return nil, err
		}
		out.layers, out.findings, out.comments = read.layers, read.findings, append(out.comments, read.comments...)
	}
	return out, nil
}

// readManifests reads manifests alone. What is not counted is said.
func readManifests(env load.Env, paths []string) (*reading, error) {
	env.Stage("reading manifests")
	if err := oneCluster(env, paths); err != nil {
		return nil, err
	}
	inv, findings, err := inventory.ReadWithin(env.Root, env.Dir, paths, env.Stdin, env.Limits)
	if err != nil {
		return nil, err
	}
	return &reading{layers: []*inventory.Inventory{inv}, findings: append(findings, inv.OtherPolicies()...), comments: inv.Comments}, nil
}

// failed reports whether the packages have an error, so that there is nothing to ask about.
func (r *reading) failed() bool {
	return r.result != nil && r.result.Findings.Count(diag.Error) > 0
}

// splitPaths tells packages from manifests. Standard input is read for that, and put back.
func splitPaths(env load.Env, paths []string) (packages, manifests []string, _ load.Env, _ error) {
	for _, path := range paths {
		is := false
		switch {
		case path == "-":
			if slices.Contains(packages, path) || slices.Contains(manifests, path) {
				continue
			}
			data, err := env.Limits.ReadAll("standard input", env.Stdin)
			if err != nil {
				return nil, nil, env, err
			}
			env.Stdin = bytes.NewReader(data)
			is = !isManifestText(data)
		case strings.HasSuffix(path, "..."), strings.HasSuffix(path, ".cue"):
			is = true
		default:
			dir := path
			if !filepath.IsAbs(dir) {
				dir = filepath.Join(env.Dir, dir)
			}
			found, err := load.CUEFiles(dir)
			is = err == nil && len(found) > 0
		}
		if is {
			packages = append(packages, path)
		} else {
			manifests = append(manifests, path)
		}
	}
	return packages, manifests, env, nil
}

// manifestStart is how YAML and JSON of Kubernetes begin, and policy packages do not.
var manifestStart = regexp.MustCompile(`(?m)\A\s*[{\[]|^(---|apiVersion:|kind:|items:)`)

func isManifestText(data []byte) bool {
	return manifestStart.Match(data)
}
