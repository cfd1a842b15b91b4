package gen

import (
	"bytes"
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
	// result is nil where no package is named. Where it has an error finding nothing else was read.
	result *Result
	// layers are manifests; what one has already, later ones do not change.
	layers []*inventory.Inventory
	// findings is what comments leave of those of the packages or the manifests; comments is those of both.
	findings diag.List
	comments []ignore.Comment
	source   func(string) ([]byte, error)
}

// read reads an input. Of packages that are fine there are no findings.
func (in Input) read(env load.Env) (*reading, error) {
	packages, manifests, env, err := splitPaths(env, in.Paths)
	if err != nil {
		return nil, err
	}
	out := &reading{namespace: in.Namespace}
	if len(packages) > 0 {
		result, err := Build(env, packages)
		if err != nil {
			return nil, err
		}
		out.result, out.source, out.comments = result, result.Source, result.Comments
		if result.Findings.Count(diag.Error) > 0 {
			out.findings = ignore.Apply(result.Findings, result.Comments, diag.OfPackages)
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
