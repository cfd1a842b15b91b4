package cli

import (
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
)

// krmName is the name of the command.
const krmName = "krm"

func krmCommand(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   krmName,
		Short: "Run as a KRM function on standard input and output",
		Long: `Krm is npgen as a KRM function, which kustomize starts: it reads a
ResourceList from standard input and writes it to standard output with the
policies in it. Its functionConfig is a PolicyPackage with either the package
itself or where it is:

  apiVersion: npgen.dev/v1alpha1
  kind: PolicyPackage
  metadata:
    name: shop
  spec:
    paths: [policy]   # as on the command line
    package: |        # or the CUE itself
      package policy
      ...
    tags: [env=stage] # as with -t
    cluster: prod     # the packages of this cluster alone
    strict: false     # true: warnings fail, too

Objects of the same package in the list are replaced; what else is in it is
compared with the package as by npgen vet, and passed on as it is.
Findings are results and go to standard error. Where one is an error, no policy
is written.`,
		Example:           "  npgen krm < resources.yaml",
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			return krm(s)
		},
	}
}

func krm(s *streams) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(100) // the whole list is held, and more than once
	}
	env, err := s.env()
	if err != nil {
		return err
	}
	input, err := env.Limits.ReadAll("standard input", s.in)
	if err != nil {
		return err
	}
	result, err := gen.RunFunction(env, input)
	if err != nil {
		return err
	}
	if _, err := s.out.Write(result.Output); err != nil {
		return err
	}
	report := reportFlags{format: string(diag.Text)}
	if err := report.report(s, result.Findings, result.Source); err != nil || result.Failed {
		return status(statusFinding)
	}
	for _, object := range result.Removed {
		s.say("npgen: %s was removed: the package no longer has it", object)
	}
	return nil
}
