package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/prove"
)

type buildFlags struct {
	reportFlags
	dir      string
	check    bool
	exitCode bool
	adopt    bool
	quiet    bool
	args     []string
	stream   *streams
}

func buildCommand(s *streams) *cobra.Command {
	f := &buildFlags{stream: s}
	cmd := &cobra.Command{
		Use:   "build PKG... [-o DIR]",
		Short: "Write the policies of packages",
		Long: `Build checks the packages as one graph and writes their NetworkPolicies: one
YAML stream on standard output, or with -o a folder that kustomize takes, one
subfolder for each namespace. Packages of several clusters are a graph for each:
in DIR each has a folder by its name, and a stream holds the one of --cluster.

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
	packageFlags(f.stream, cmd)
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
	f.args = args
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
	built, err := gen.BuildClusters(env, args)
	if err != nil {
		return err
	}
	if reported := f.report(f.stream, ignore.Apply(built.Findings, built.Comments, diag.OfPackages), built.Source); reported != nil {
		return reported
	}
	if f.dir == "" {
		result, err := built.One()
		if err != nil {
			return fmt.Errorf("%w; or write a folder with `-o DIR`", err)
		}
		return f.print(result)
	}
	return f.folders(env, built)
}

// print writes the stream to standard output.
func (f *buildFlags) print(result *gen.Result) error {
	f.stream.stage("writing " + count(result.Count(), "policy", "policies"))
	data, err := result.Stream()
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
	f.stream.stage("proving " + count(result.Count(), "policy", "policies"))
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
		f.stream.say("proved: %s%s allow exactly %s", ofCluster(result.ClusterName), count(proof.Policies, "policy", "policies"), count(proof.Edges, "edge", "edges"))
	}
	return proven, nil
}

// ofCluster says of which cluster a line is.
func ofCluster(name string) string {
	if name == "" {
		return ""
	}
	return "cluster " + name + ": "
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
