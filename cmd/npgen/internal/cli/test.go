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
is a finding, and is explained as by explain. Packages of several clusters are
tested for each.

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
	var findings []gen.InCluster
	undecided := false
	for _, c := range in.Clusters {
		found, open, err := s.claims(c)
		if err != nil {
			return err
		}
		findings = append(findings, gen.InCluster{Name: s.nameOf(c), Findings: found})
		undecided = undecided || open
	}
	if err := f.report(s, ignore.Apply(gen.Joined(findings), in.Comments, diag.OfTests), in.Source); err != nil && !undecided {
		return err
	}
	if undecided {
		return errors.New("undecided: a claim about all pods that can exist was too large a question")
	}
	return nil
}

// claims checks the claims of one cluster and explains those that do not hold. It reports whether one is undecided.
func (s *streams) claims(c gen.Inquiry) (findings diag.List, undecided bool, _ error) {
	s.stage("checking claims")
	results, err := c.Claims()
	if err != nil {
		return nil, false, err
	}
	in := ""
	if name := s.nameOf(c); name != "" {
		in = name + ": "
	}
	hold := 0
	for _, r := range results {
		if r.Holds {
			hold++
			continue
		}
		claim := answer.OfClaim(c.For(r), r)
		findings = append(findings, claim.Finding())
		if len(r.Against) > 0 {
			_ = diag.Linef(s.out, "%s%s: the claim %s does not hold", in, r.Decl.Pos, claim.Claim())
			claim.Explanation.Cluster = s.nameOf(c)
			fmt.Fprintln(s.out)
			if err := (answer.Explanations{claim.Explanation}).Write(s.out, "text", s.page()); err != nil {
				return nil, false, err
			}
			fmt.Fprintln(s.out)
		}
		undecided = undecided || r.Undecided && len(r.Against) == 0
	}
	findings = append(findings, answer.OfResting(c.Inquiry, results)...)
	failed := len(results) - hold
	if failed > 0 {
		findings = append(findings, c.Narrowed...)
	}
	switch {
	case len(results) == 0:
		fmt.Fprintf(s.out, "%sno claims: the field `tests` is not set\n", in)
	case failed == 0:
		fmt.Fprintf(s.out, "%s%s\n", in, count(hold, "claim holds", "claims hold"))
	default:
		fmt.Fprintf(s.out, "%s%s, %s\n", in, count(hold, "claim holds", "claims hold"), count(failed, "does not", "do not"))
	}
	return findings, undecided, nil
}
