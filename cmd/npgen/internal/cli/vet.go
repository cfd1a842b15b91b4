package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/ignore"
)

func vetCommand(s *streams) *cobra.Command {
	var f reportFlags
	var manifests []string
	cmd := &cobra.Command{
		Use:   "vet PKG... [--manifests PATH]",
		Short: "Report all findings, write nothing",
		Long: `Vet checks the packages as one graph and reports every finding on standard
error. docs/rules.md has a bad and a good example for each rule.

With --manifests it also compares the packages with what runs: selectors that
select no pod, ports that no container declares, Service ports in the place of
pod ports, workloads that no package knows. PATH is a file or folder of YAML or
JSON, or - for standard input.`,
		Example: `  npgen vet ./policy
  npgen vet ./policy --manifests ./deploy
  npgen vet ./... --format sarif 2> npgen.sarif`,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := f.check(s); err != nil {
				return err
			}
			if slices.Contains(args, "-") && slices.Contains(manifests, "-") {
				return errors.New("standard input can be the package or the manifests, not both")
			}
			if f.isDocument() {
				s.progress = nil
			}
			env, err := s.env()
			if err != nil {
				return err
			}
			built, err := gen.BuildClusters(env, args)
			if err != nil {
				return err
			}
			findings, comments, steps := built.Findings, built.Comments, diag.OfPackages
			if len(manifests) > 0 {
				result, err := built.One()
				if err != nil {
					return fmt.Errorf("%w; manifests are of one", err)
				}
				found, err := result.CompareManifests(env, manifests)
				if err != nil {
					return err
				}
				findings, comments, steps = append(findings, found...), result.Comments, steps|diag.OfManifests|diag.OfComparing
			}
			return f.report(s, ignore.Apply(findings, comments, steps), built.Source)
		},
	}
	packageArgs(cmd)
	packageFlags(s, cmd)
	f.add(cmd)
	cmd.Flags().StringArrayVar(&manifests, "manifests", nil, "also compare the packages with the manifests at this `path`; may be repeated")
	_ = cmd.MarkFlagFilename("manifests", "yaml", "yml", "json")
	return cmd
}
