package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
)

func reviewCommand(s *streams) *cobra.Command {
	var f reportFlags
	var namespace string
	cmd := &cobra.Command{
		Use:   "review PATH...",
		Short: "Report mistakes in NetworkPolicies that anyone wrote",
		Long: `Review reads NetworkPolicies as YAML or JSON, whoever wrote them, and reports on
standard error what is most likely wrong in them, with file, line and column.
What a policy means is judged over all policies of the input that select the
same pods. Workloads, Services and Namespaces beside them, in the same files or
in others, let it see more: Service ports, labels that no pod has, pods on the
node's network.

PATH is a file or a folder, or - for standard input. docs/rules.md has a bad and
a good example for each rule.`,
		Example: `  npgen review ./policies
  npgen review ./policies ./deploy --strict
  kubectl get netpol,deploy,sts,ds,svc,ns -A -o json | npgen review -
  helm template ./chart | npgen review - --format sarif 2> npgen.sarif`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("`%s` needs a file or folder of YAML, or -; see `%s --help`", cmd.CommandPath(), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if err := f.check(s); err != nil {
				return err
			}
			env, err := s.env()
			if err != nil {
				return err
			}
			reviewed, err := gen.Review(env, gen.Input{Paths: args, Namespace: namespace})
			if err != nil {
				return err
			}
			return f.report(s, reviewed.Findings, reviewed.Source)
		},
	}
	f.add(cmd)
	namespaceFlag(cmd, &namespace)
	return cmd
}
