package cli

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/prove"
	"github.com/npgen/npgen/gen/world"
)

// output is the output folder of one graph, proven.
type output struct {
	dir    string
	result *gen.Result
	proven prove.Proven
}

// folders writes or checks the output folder, or the one of each cluster in it. Nothing is changed before all is proven
// and no folder is in the way.
func (f *buildFlags) folders(env load.Env, built *gen.Builds) error {
	options := manifest.WriteOptions{Adopt: f.adopt, Run: f.stream.run, Limits: f.stream.limits}
	var all []output
	var names []string
	for _, result := range built.Clusters {
		dir := f.dir
		if result.ClusterName != "" {
			dir = filepath.Join(dir, result.ClusterName)
			names = append(names, result.ClusterName)
		}
		f.stream.stage("writing " + count(result.Count(), "policy", "policies"))
		files, err := result.Files(result.Head(env, f.dir))
		if err != nil {
			return err
		}
		proven, err := f.prove(result, func() (prove.Proof, error) { return result.ProveFiles(files) })
		if err != nil {
			return err
		}
		all = append(all, output{dir, result, proven})
	}
	if len(names) > 0 {
		others, err := manifest.Clusters(f.dir, names, options)
		if err != nil {
			return err
		}
		for _, other := range others {
			if !f.quiet {
				f.stream.say("%s", other)
			}
		}
	}
	for _, to := range all {
		if err := manifest.Check(to.dir, to.proven, options); len(all) > 1 && err != nil {
			return err
		}
	}
	worst := status(statusFine)
	for _, to := range all {
		of := f.write
		if f.check {
			of = f.drift
		}
		err := of(env, to, options)
		if st := status(0); errors.As(err, &st) {
			worst = max(worst, st)
		} else if err != nil {
			return err
		}
	}
	if worst != statusFine {
		return worst
	}
	return nil
}

func (f *buildFlags) write(_ load.Env, to output, options manifest.WriteOptions) error {
	changes, err := manifest.Write(to.dir, to.proven, options)
	if err != nil {
		return err
	}
	if !f.quiet {
		f.stream.say("%s: %d written, %d removed, %d unchanged", to.dir, len(changes.Written), len(changes.Removed), len(changes.Unchanged))
	}
	for _, kind := range changes.Gone {
		f.stream.say("npgen: %s held objects of the kind %s: once the new ones are applied, prune the old ones: kubectl delete %s -A -l 'npgen.dev/package in (%s)'",
			to.dir, kind, manifest.Resource(kind), strings.Join(to.result.PackageNames(), ","))
	}
	if f.exitCode && len(changes.Written)+len(changes.Removed) > 0 {
		return status(statusFinding)
	}
	return nil
}

func (f *buildFlags) drift(env load.Env, to output, options manifest.WriteOptions) error {
	diff, err := manifest.Drift(to.dir, to.proven, options)
	if err != nil {
		return err
	}
	if len(diff) == 0 {
		return nil
	}
	if _, err := f.stream.out.Write(painted(diag.Lines(diff), f.stream.page().Color)); err != nil {
		return err
	}
	if !f.isDocument() {
		f.stream.say("npgen: %s differs from the packages; run `%s`", to.dir, f.command())
	}
	return f.flows(env, to.dir, to.result)
}

// command returns the command that writes the folder, as it can be pasted.
func (f *buildFlags) command() string {
	words := []string{"npgen", "build"}
	for _, arg := range f.args {
		words = append(words, shellWord(arg))
	}
	for _, tag := range f.stream.tags {
		words = append(words, "-t", shellWord(tag))
	}
	if f.stream.cluster != "" {
		words = append(words, "--cluster", f.stream.cluster)
	}
	return strings.Join(append(words, "-o", shellWord(f.dir)), " ")
}

// painted returns a unified diff as terminals show one.
func painted(diff []byte, color bool) []byte {
	if !color {
		return diff
	}
	var out []byte
	for line := range bytes.Lines(diff) {
		text, style := string(bytes.TrimSuffix(line, []byte("\n"))), diag.Style("")
		switch {
		case strings.HasPrefix(text, "+++ "), strings.HasPrefix(text, "--- "):
			style = diag.Bold
		case strings.HasPrefix(text, "@@"):
			style = diag.Cyan
		case strings.HasPrefix(text, "+"):
			style = diag.Green
		case strings.HasPrefix(text, "-"):
			style = diag.Red
		}
		out = append(append(out, diag.Paint(style != "", style, text)...), '\n')
	}
	return out
}

// flows says which flows a build would open and close, compared with what the folder holds now, and returns the status.
func (f *buildFlags) flows(env load.Env, dir string, result *gen.Result) error {
	before, findings, err := result.FolderCluster(env, dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return status(statusFinding)
	case err != nil:
		return err
	}
	after, err := result.Cluster()
	if err != nil {
		return err
	}
	// What is not of a build stays in the folder.
	after.NotCounted = before.NotCounted
	for _, o := range before.Others {
		if o.Package() == "" {
			after.Others = append(after.Others, o)
		}
	}
	if len(before.Policies) > 0 && !f.quiet {
		if err := findings.Write(f.stream.err, diag.Text, diag.Options{}); err != nil {
			return err
		}
		f.stream.say("npgen: what that does to the flows:")
		if err := (answer.Comparison{Comparison: flows.Compare(before, after)}).Write(f.stream.err, "text", answer.ComparisonOptions{Page: pageOf(f.stream.err)}); err != nil {
			return err
		}
	}
	switch doubts := world.NotCompared(before, after); {
	case len(doubts) == 0:
		return status(statusFinding)
	case f.isDocument():
		return status(statusTrouble)
	default:
		return f.stream.notCounted(doubts)
	}
}
