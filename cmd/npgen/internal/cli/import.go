package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/load"
)

func importCommand(s *streams) *cobra.Command {
	f := importFlags{streams: s}
	cmd := &cobra.Command{
		Use:   "import PATH... [-o DIR]",
		Short: "Make a package of NetworkPolicies that are there, proven to mean the same",
		Long: `Import reads NetworkPolicies, whoever wrote them, and writes a package that means
the same: workloads, isolation, and an edge wherever the policies have both its
halves. It then proves that: the policies allow just what the package declares,
and what the package builds isolates and allows just what they do, for every pod
that can exist.

PATH is a file or folder of YAML or JSON, or - for standard input. Workloads in
it, or in the files that --manifests names, give names, and the numbers of ports
that policies call by name. The package is printed, or written as
DIR/policy.cue, never over a file that is there.

On standard error stand what a review of the policies finds, what is not in the
package and why, and which policies of its build take the place of which.

Exit status: 0 proven; 2 not proven, or a policy is not in the package. What is
wrong with the policies themselves never changes it.`,
		Example: `  npgen import ./policies -o ./policy
  npgen import ./policies --manifests ./deploy
  kubectl get netpol,deploy,sts,ds -A -o json | npgen import - > policy.cue`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("`%s` needs a file or folder of YAML, or -; see `%s --help`", cmd.CommandPath(), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			f.input.Paths = args
			return f.run()
		},
	}
	cmd.Flags().StringVarP(&f.dir, "output", "o", "", "write the package as policy.cue into this `DIR`")
	cmd.Flags().StringArrayVar(&f.input.Manifests, "manifests", nil, "workloads at this `PATH` give names, and ports by name their numbers; may be repeated")
	_ = cmd.MarkFlagDirname("output")
	_ = cmd.MarkFlagFilename("manifests", "yaml", "yml", "json")
	namespaceFlag(cmd, &f.input.Namespace)
	return cmd
}

type importFlags struct {
	*streams
	input gen.ImportInput
	dir   string
}

func (f *importFlags) run() error {
	env, err := f.env()
	if err != nil {
		return err
	}
	in, err := gen.Import(env, f.input)
	if err != nil {
		return err
	}
	report := reportFlags{format: string(diag.Text)}
	_ = report.report(f.streams, in.Findings, in.Text) // what is wrong with the policies changes nothing
	if in.Documents == 0 {
		return fmt.Errorf("there is no NetworkPolicy in `%s`, so there is nothing to import; `npgen init --from` starts from workloads", strings.Join(f.input.Paths, "`, `"))
	}
	if err := f.write(env, in.Source); err != nil {
		return err
	}
	return f.outcome(in)
}

// write prints the package, or writes it into the folder.
func (f *importFlags) write(env load.Env, source []byte) error {
	if f.dir == "" {
		_, err := f.out.Write(source)
		return err
	}
	return f.writeNew(env, load.EditorFile{Path: filepath.Join(absolute(env, f.dir), "policy.cue"), Data: source})
}

// outcome says what became of the policies, and returns the status that it means.
func (f *importFlags) outcome(in *gen.Imported) error {
	for _, n := range in.Numbered {
		f.say("%s: the port `%s` of `%s/%s` is %d by the manifests, and stands in the package as that", n.Policy.Pos, n.Name, n.Policy.Namespace, n.Policy.Name, n.Number)
	}
	missing := 0
	for _, m := range in.Missing {
		f.say("%s: not in the package: `%s`: %s", m.Pos, m.Name, m.Why)
		if !m.Refused {
			missing++
		}
	}
	f.renames(in.Renamed)
	if len(in.Differences) > 0 {
		f.say("npgen: NOT PROVEN: the package does not mean what the policies mean:")
		for _, d := range in.Differences {
			f.say("  %s", d)
		}
		return status(statusTrouble)
	}
	f.say("proved: the package means the same as %s", count(in.Policies, "policy", "policies"))
	if missing > 0 {
		f.say("npgen: %s not in the package, see above", count(missing, "policy is", "policies are"))
		return status(statusTrouble)
	}
	return nil
}

// renames says which policies of the package's build take the place of each.
func (f *importFlags) renames(all []gen.Renamed) {
	if len(all) == 0 {
		return
	}
	f.say("what `npgen build` writes in the place of each policy (apply that before you delete these):")
	for _, r := range all {
		to := "nothing, as it selects no pod that can exist"
		if len(r.To) > 0 {
			to = strings.Join(r.To, ", ")
		}
		f.say("  %s => %s", r.From, to)
	}
}
