package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/prove"
	"github.com/npgen/npgen/gen/world"
)

type buildFlags struct {
	reportFlags
	dir      string
	check    bool
	exitCode bool
	adopt    bool
	quiet    bool
	stream   *streams
}

func buildCommand(s *streams) *cobra.Command {
	f := &buildFlags{stream: s}
	cmd := &cobra.Command{
		Use:   "build PKG... [-o DIR]",
		Short: "Write the policies of packages",
		Long: `Build checks the packages as one graph and writes their NetworkPolicies: one
YAML stream on standard output, or with -o a folder that kustomize takes, one
subfolder for each namespace.

In the folder npgen removes its own files that are no longer wanted, never
touches a file that it did not write, and changes nothing at all when something
is wrong.`,
		Example: `  npgen build ./policy
  npgen build ./policy -o deploy/policies
  npgen build ./teams/... -o deploy/policies --check`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.dir == "" && cmd.Flags().Changed("output") {
				return errors.New("`-o` names no folder")
			}
			return f.run(args)
		},
	}
	packageArgs(cmd)
	tagsFlag(f.stream, cmd)
	f.add(cmd)
	cmd.Flags().StringVarP(&f.dir, "output", "o", "", "folder to write to, instead of one stream on standard output")
	cmd.Flags().BoolVar(&f.check, "check", false, "write nothing; print a diff and exit 1 where DIR differs")
	cmd.Flags().BoolVar(&f.exitCode, "exit-code", false, "exit 1 where DIR was changed")
	cmd.Flags().BoolVar(&f.adopt, "adopt", false, "take over a DIR that holds the output of other packages")
	cmd.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "say nothing when all is well")
	_ = cmd.MarkFlagDirname("output")
	return cmd
}

func (f *buildFlags) run(args []string) error {
	if err := f.reportFlags.check(f.stream); err != nil {
		return err
	}
	if f.dir == "" && (f.check || f.adopt || f.exitCode) {
		return errors.New("`--check`, `--exit-code` and `--adopt` speak of a folder: name it with `-o DIR`")
	}
	if f.check && f.exitCode {
		return errors.New("`--check` exits 1 by itself and changes nothing: give it or `--exit-code`")
	}
	f.quiet = f.quiet || f.isDocument()
	if f.quiet {
		f.stream.progress = nil
	}
	env, err := f.stream.env()
	if err != nil {
		return err
	}
	result, err := gen.Build(env, args)
	if err != nil {
		return err
	}
	reported := f.report(f.stream, ignore.Apply(result.Findings, result.Comments, diag.OfPackages), result.Source)
	if reported != nil {
		return reported
	}
	f.stream.stage("writing " + count(len(result.Policies), "policy", "policies"))
	if f.dir == "" {
		return f.print(result)
	}
	files, err := manifest.Layout(result.PackageNames(), result.Policies)
	if err != nil {
		return err
	}
	proven, err := f.prove(result, func() (prove.Proof, error) { return result.ProveFiles(files) })
	if err != nil {
		return err
	}
	if f.check {
		return f.drift(env, result, proven)
	}
	return f.write(proven)
}

// print writes the stream to standard output.
func (f *buildFlags) print(result *gen.Result) error {
	data, err := write.Stream(result.Policies)
	if err != nil {
		return err
	}
	proven, err := f.prove(result, func() (prove.Proof, error) { return result.Prove(data) })
	if err != nil {
		return err
	}
	_, err = proven.WriteTo(f.stream.out)
	return err
}

// prove refuses to write YAML that does not allow exactly what the packages declare.
func (f *buildFlags) prove(result *gen.Result, of func() (prove.Proof, error)) (prove.Proven, error) {
	f.stream.stage("proving " + count(len(result.Policies), "policy", "policies"))
	proof, err := of()
	if err != nil {
		return prove.Proven{}, fmt.Errorf("the proof failed, nothing is written: %w", err)
	}
	proven, err := proof.Proven()
	if err != nil {
		for _, d := range proof.Differences {
			f.stream.say("npgen: the proof failed: %s", d)
		}
		return prove.Proven{}, errors.New("the policies do not allow exactly what the packages declare, so nothing is written; this is a fault in npgen, please report it")
	}
	if !f.quiet {
		f.stream.say("proved: %s allow exactly %s", count(proof.Policies, "policy", "policies"), count(proof.Edges, "edge", "edges"))
	}
	return proven, nil
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (f *buildFlags) write(proven prove.Proven) error {
	changes, err := manifest.Write(f.dir, proven, manifest.WriteOptions{Adopt: f.adopt, Run: f.stream.run, Limits: f.stream.limits})
	if err != nil {
		return err
	}
	if !f.quiet {
		f.stream.say("%s: %d written, %d removed, %d unchanged", f.dir, len(changes.Written), len(changes.Removed), len(changes.Unchanged))
	}
	if f.exitCode && len(changes.Written)+len(changes.Removed) > 0 {
		return status(statusFinding)
	}
	return nil
}

func (f *buildFlags) drift(env load.Env, result *gen.Result, proven prove.Proven) error {
	diff, err := manifest.Drift(f.dir, proven, manifest.WriteOptions{Adopt: f.adopt, Limits: f.stream.limits})
	if err != nil {
		return err
	}
	if len(diff) == 0 {
		return nil
	}
	if _, err := f.stream.out.Write(diag.Lines(diff)); err != nil {
		return err
	}
	if !f.isDocument() {
		f.stream.say("npgen: %s differs from the packages; run `npgen build` with `-o %s`", f.dir, f.dir)
	}
	return f.flows(env, result)
}

// flows says which flows a build would open and close, compared with what the folder holds now, and returns the status.
func (f *buildFlags) flows(env load.Env, result *gen.Result) error {
	before, findings, err := gen.FolderCluster(env, f.dir)
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
	if len(before.Policies) > 0 && !f.quiet {
		if err := findings.Write(f.stream.err, diag.Text, diag.Options{}); err != nil {
			return err
		}
		f.stream.say("npgen: what that does to the flows:")
		if err := (answer.Comparison{Comparison: flows.Compare(before, after)}).Write(f.stream.err, "text", answer.ComparisonOptions{}); err != nil {
			return err
		}
	}
	// What is not counted in the folder stays there.
	after.NotCounted = before.NotCounted
	switch doubts := world.NotCompared(before, after); {
	case len(doubts) == 0:
		return status(statusFinding)
	case f.isDocument():
		return status(statusTrouble)
	default:
		return f.stream.notCounted(doubts)
	}
}
