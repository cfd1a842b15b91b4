package gen

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/npgen/npgen/gen/compare"
	"github.com/npgen/npgen/gen/confine"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/krm"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/prove"
)

// FunctionResult is what a run as a KRM function gives.
type FunctionResult struct {
	// Output is the ResourceList to write; nil where the input was none. Where the run fails, its items are those of the
	// input and its results say why.
	Output   []byte
	Findings diag.List
	// Source returns the text of a file that a finding names.
	Source func(file string) ([]byte, error)
	// Failed is set by an error finding, and by a warning where the configuration is strict.
	Failed bool
	// Removed names the objects of the packages that the packages no longer have.
	Removed []string
}

// RunFunction builds the packages that the configuration in a ResourceList gives, compares them with the other objects
// of the list, and puts the policies into it. An error is trouble with the machine, and then there is no output.
func RunFunction(env load.Env, input []byte) (*FunctionResult, error) {
	env.Stage("reading the ResourceList")
	list, findings, err := krm.Read(input, env.Limits)
	if err != nil {
		return nil, err
	}
	out := &FunctionResult{Findings: findings, Failed: true, Source: noSource}
	if list == nil {
		return out, nil
	}
	if list.Config != nil {
		if err := out.run(env, list, input); err != nil {
			return nil, err
		}
	}
	env.Stage("writing the ResourceList")
	out.Output, err = list.Write(out.Findings)
	return out, err
}

func noSource(string) ([]byte, error) { return nil, os.ErrNotExist }

func (f *FunctionResult) run(env load.Env, list *krm.List, input []byte) error {
	result, err := buildFunction(env, list.Config)
	if several, ok := errors.AsType[*SeveralClustersError](err); ok {
		f.Findings.Errorf(diag.PackageConflict, list.Config.Places[0], "the packages are of several clusters, and a function gives the policies of one: %s", strings.Join(several.Clusters, ", ")).
			WithHelp("pick one with `cluster` in `spec`")
		return nil
	}
	if err != nil {
		return err
	}
	f.Findings, f.Source = result.Findings, result.Source
	comments := result.Comments
	if result.Graph != nil {
		env.Stage("comparing with the resources")
		inv, found, err := inventory.ReadFunction(input, env.Limits)
		if err != nil {
			return err
		}
		if len(inv.Workloads) > 0 { // a generator is given none
			found = append(found, compare.Manifests(result.Graph, inv)...)
		}
		f.Findings = append(f.Findings, found...)
		comments = append(comments, inv.Comments...)
	}
	f.Findings = ignore.Apply(f.Findings, comments, diag.OfPackages|diag.OfManifests|diag.OfComparing)
	rename(f.Findings, list.Place)
	failed := func() bool {
		return f.Findings.Count(diag.Error) > 0 || list.Config.Strict && f.Findings.Count(diag.Warning) > 0
	}
	if failed() {
		return nil
	}
	env.Stage("proving")
	stream, err := result.provenStream()
	if err != nil {
		return err
	}
	removed, clashes, err := list.Replace(result.PackageNames(), stream)
	f.Findings = append(f.Findings, clashes...)
	f.Failed = failed()
	f.Removed = removed
	return err
}

// buildFunction builds the packages of a configuration. Findings about a package that is written into it name it by
// Config.File.
func buildFunction(env load.Env, c *krm.Config) (*Result, error) {
	env.Tags, env.Cluster = c.Tags, c.Cluster
	if !c.Inline() {
		env.Stdin = nil
		if findings := outside(env, c); len(findings) > 0 {
			return &Result{Findings: findings, Source: noSource}, nil
		}
		return Build(env, c.Paths)
	}
	env.Stdin = strings.NewReader(c.Package)
	return buildSources(env, []load.Source{{Path: "-", Name: c.File()}})
}

// outside reports the paths of a configuration that lie outside of the repository: who wrote it did not write the command
// line.
func outside(env load.Env, c *krm.Config) diag.List {
	var out diag.List
	for i, path := range c.Paths {
		abs := filepath.FromSlash(strings.TrimSuffix(filepath.ToSlash(path), "..."))
		if !filepath.IsAbs(abs) {
			abs = filepath.Join(env.Dir, abs)
		}
		if err := confine.Inside(env.Dir, filepath.Clean(abs)); confine.IsRefusal(err) {
			out.Errorf(diag.InvalidValue, c.Places[i], "`%s` cannot be read: %v", path, errors.Unwrap(err)).
				WithHelp("`paths` name packages in the repository of the working folder, or below that where there is none")
		}
	}
	return out
}

// rename changes the positions of findings.
func rename(findings diag.List, to func(diag.Pos) diag.Pos) {
	for i := range findings {
		d := &findings[i]
		d.Pos = to(d.Pos)
		for j := range d.Related {
			d.Related[j].Pos = to(d.Related[j].Pos)
		}
	}
}

// provenStream returns the policies as YAML that allows exactly what the packages declare.
func (r *Result) provenStream() (prove.Proven, error) {
	stream, err := r.Stream()
	if err != nil {
		return prove.Proven{}, err
	}
	proof, err := r.Prove(stream)
	if err != nil {
		return prove.Proven{}, fmt.Errorf("the proof failed: %w", err)
	}
	proven, err := proof.Proven()
	if err != nil {
		return prove.Proven{}, fmt.Errorf("the proof failed: %w", err)
	}
	return proven, nil
}
