package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/ignore"
)

func testCommand(s *streams) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "test PKG...",
		Short: "Check the claims of the packages' tests",
		Long: `Test builds the packages and asks their policies whether the claims in the field
tests hold: allow names flows that must be open for every pair and port, deny
flows that must be closed for every pair and port. Each claim that does not hold
is a finding, and is explained as by explain.

Exit status: 0 all claims hold; 1 some do not; 2 trouble.`,
		Example: `  npgen test ./policy
  npgen test ./teams/... --format github`,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := f.check(s); err != nil {
				return err
			}
			return test(s, args, &f)
		},
	}
	packageArgs(cmd)
	packageFlags(s, cmd)
	f.add(cmd)
	return cmd
}

func test(s *streams, args []string, f *reportFlags) error {
	env, err := s.env()
	if err != nil {
		return err
	}
	in, err := gen.Inquire(env, gen.Input{Paths: args})
	if err != nil {
		return err
	}
	if in.Findings.Count(diag.Error) > 0 {
		return f.report(s, in.Findings, in.Source)
	}
	results, err := in.Claims()
	if err != nil {
		return err
	}
	var findings diag.List
	hold, undecided := 0, false
	for _, r := range results {
		if r.Holds {
			hold++
			continue
		}
		claim := answer.OfClaim(in.Inquiry, r)
		findings = append(findings, claim.Finding())
		if len(r.Against) > 0 {
			_ = diag.Linef(s.out, "%s: the claim %s does not hold", r.Decl.Pos, claim.Claim())
			fmt.Fprintf(s.out, "\n%s\n", claim.Explanation.Text())
		}
		undecided = undecided || r.Undecided && len(r.Against) == 0
	}
	findings = append(findings, answer.OfResting(in.Inquiry, results)...)
	switch failed := len(results) - hold; {
	case len(results) == 0:
		fmt.Fprintln(s.out, "no claims: the field `tests` is not set")
	case failed == 0:
		fmt.Fprintf(s.out, "%s\n", count(hold, "claim holds", "claims hold"))
	default:
		fmt.Fprintf(s.out, "%s, %s\n", count(hold, "claim holds", "claims hold"), count(failed, "does not", "do not"))
	}
	if err := f.report(s, ignore.Apply(findings.Sorted(), in.Comments, diag.OfTests), in.Source); err != nil && !undecided {
		return err
	}
	if undecided {
		return errors.New("undecided: a claim about all pods that can exist was too large a question")
	}
	return nil
}
