package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/kubectl"
)

// clusterFlags say which cluster kubectl is asked for.
type clusterFlags struct{ context, kubeconfig string }

func (f *clusterFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.context, "context", "", "kubectl's context to use")
	cmd.Flags().StringVar(&f.kubeconfig, "kubeconfig", "", "kubectl's configuration to use")
	_ = cmd.RegisterFlagCompletionFunc("context", cobra.NoFileCompletions)
}

func (f *clusterFlags) program(s *streams) kubectl.Program {
	return kubectl.Program{Context: f.context, Kubeconfig: f.kubeconfig, Run: s.run, Limits: s.limits}
}

func doctorCommand(s *streams) *cobra.Command {
	var f reportFlags
	var at clusterFlags
	var record, recorded string
	cmd := &cobra.Command{
		Use:   "doctor [PKG...]",
		Short: "Look at a cluster: what enforces policies, and whether a package fits",
		Long: `Doctor asks a cluster, by kubectl and with reads alone: what enforces policies and
on which nodes, where DNS and the API server answer, which kinds of policies it
takes. Of packages it also tells whether their namespaces, selectors, ports and
known labels are those of the cluster, which pods they do not cover, what of
them is applied, and which other policies concern their pods. Each finding says
what to write instead.

It needs no more than it may read: what a missing right hides is named. What is
installed is no proof that it works; for that there is npgen probe.

With --record it keeps kubectl's answers in a folder, reduced to the fields that
it reads; it asks for no Secrets. With --recorded it reads such a folder, without
a cluster. The format json is one document on standard output.

Exit status: 0 fine; 1 error findings; 2 there is no kubectl, or the API server
does not answer.`,
		Example: `  npgen doctor
  npgen doctor ./policy
  npgen doctor ./policy --record answers
  npgen doctor ./policy --recorded answers`,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := f.check(s); err != nil {
				return err
			}
			if record != "" && recorded != "" {
				return errors.New("`--record` and `--recorded` do not go together")
			}
			if recorded != "" && (at.context != "" || at.kubeconfig != "") {
				return errors.New("`--recorded` reads a folder, in which there is one cluster: leave out `--context` and `--kubeconfig`")
			}
			var c *kubectl.Cluster
			var err error
			if recorded != "" {
				c, err = kubectl.Recorded(at.program(s), recorded)
			} else {
				c, err = kubectl.Live(at.program(s), record)
			}
			if err != nil {
				return err
			}
			return diagnose(s, args, c, &f)
		},
	}
	packageFlags(s, cmd)
	f.add(cmd)
	at.add(cmd)
	cmd.Flags().StringVar(&record, "record", "", "keep kubectl's answers in this `folder`")
	cmd.Flags().StringVar(&recorded, "recorded", "", "read kubectl's answers from this `folder`")
	_ = cmd.MarkFlagDirname("record")
	_ = cmd.MarkFlagDirname("recorded")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{"cue"}, cobra.ShellCompDirectiveFilterFileExt
	}
	return cmd
}

func diagnose(s *streams, args []string, c *kubectl.Cluster, f *reportFlags) error {
	if f.isDocument() {
		s.progress = nil
	}
	env, err := s.env()
	if err != nil {
		return err
	}
	found, err := gen.Diagnose(env, args, c)
	if err != nil {
		return err
	}
	shown := answer.Doctor{
		Diagnosis: found.Diagnosis, Findings: found.Findings,
		Options: diag.Options{Version: version(), Most: int(s.limits.Or(budget.Defaults()).Findings), More: budget.FindingsVariable},
	}
	switch diag.Format(f.format) {
	case diag.JSON:
		if err := shown.WriteJSON(s.out); err != nil {
			return err
		}
		return f.status(found.Findings)
	case diag.Text:
		if err := shown.WriteText(s.out); err != nil {
			return err
		}
	}
	return f.report(s, found.Findings, found.Source)
}
