package gen

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/review"
)

// Reviewed is what a review found.
type Reviewed struct {
	Findings diag.List
	// Source returns the text of a file that a finding names.
	Source func(file string) ([]byte, error)
}

// Review lints the NetworkPolicies of files, folders, or "-" for standard input. An error is a path that is missing or
// cannot be read, one that names policy packages and no YAML, or one that holds what builds wrote for several clusters.
func Review(env load.Env, in Input) (*Reviewed, error) {
	paths := in.Paths
	packages, manifests, env, err := splitPaths(env, paths)
	if err != nil {
		return nil, err
	}
	if err := oneCluster(env, yamlPaths(paths)); err != nil {
		return nil, err
	}
	stdin := &kept{in: env.Stdin}
	env.Stage("reading manifests")
	inv, findings, err := inventory.Read(env.Dir, yamlPaths(paths), stdin, env.Limits)
	if err != nil {
		return nil, err
	}
	isOther := func(n inventory.NotCounted) bool { return n.Means != nil || n.Refused != nil }
	if len(inv.Policies)+len(inv.Refused) == 0 && !slices.ContainsFunc(inv.NotCounted, isOther) {
		if len(packages) > 0 && len(manifests) == 0 {
			return nil, fmt.Errorf("`%s` is a policy package: `npgen vet` checks it, and `npgen build PKG | npgen review -` reviews what it becomes", paths[0])
		}
		findings.Warnf(diag.NoPolicies, diag.Pos{File: paths[0]}, "there is no NetworkPolicy in `%s`", strings.Join(paths, "`, `")).
			WithHelp("name files or folders of YAML or JSON, or `-` for standard input")
	}
	if len(inv.Policies) > 0 {
		findings = slices.DeleteFunc(findings, func(d diag.Diagnostic) bool {
			return d.Rule == diag.ManifestTemplate && slices.Contains(inv.OtherTemplates, d.Pos)
		})
	}
	findings = append(findings, inv.OtherPolicies()...)
	env.Stage(fmt.Sprintf("reviewing %d policies", len(inv.Policies)))
	found := review.Policies(inv, findings, in.Namespace)
	return &Reviewed{Findings: ignore.Apply(found, inv.Comments, diag.OfManifests|diag.OfReview), Source: stdin.source(env.Dir)}, nil
}

// yamlPaths leaves out what only names packages.
func yamlPaths(paths []string) []string {
	var out []string
	for _, p := range paths {
		if !strings.HasSuffix(p, "...") && filepath.Ext(p) != ".cue" {
			out = append(out, p)
		}
	}
	return out
}

// kept is standard input, of which the lines are shown beside findings.
type kept struct {
	in   io.Reader
	text []byte
}

func (k *kept) Read(p []byte) (int, error) {
	if k.in == nil {
		return 0, io.EOF
	}
	n, err := k.in.Read(p)
	k.text = append(k.text, p[:n]...)
	return n, err
}

func (k *kept) source(dir string) func(string) ([]byte, error) {
	return func(file string) ([]byte, error) {
		switch {
		case file == "-":
			return k.text, nil
		case file == "":
			return nil, errors.New("no file")
		case filepath.IsAbs(file):
			return os.ReadFile(file)
		}
		return os.ReadFile(filepath.Join(dir, file))
	}
}
