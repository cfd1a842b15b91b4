package cli

import (
	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
)

func vetCommand(s *streams) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "vet PKG...",
		Short: "Report all findings, write nothing",
		Long: `Vet checks the packages as one graph and reports every finding on standard
error. docs/rules.md has a bad and a good example for each rule.`,
		Example: `  npgen vet ./policy
  npgen vet ./... --format sarif 2> npgen.sarif`,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			env, err := s.env()
			if err != nil {
				return err
			}
			result, err := gen.Build(env, args)
			if err != nil {
				return err
			}
			return f.report(s, result.Findings, result.Source)
		},
	}
	packageArgs(cmd)
	f.add(cmd)
	return cmd
}
