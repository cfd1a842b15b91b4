package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rollout"
	"github.com/npgen/npgen/gen/world"
)

func rolloutCommand(s *streams) *cobra.Command {
	var format string
	var sides gen.SideOptions
	var midway midwayFlags
	cmd := &cobra.Command{
		Use:   "rollout OLD NEW",
		Short: "Plan a safe way from one set of policies to another",
		Long: `Rollout plans in which order to apply and delete policies, so that after each
step what both sides allow is open and what neither allows is closed, for every
pod that can exist. It first narrows each object to what both sides open, and then
widens it; some objects are applied twice. Each state on the way is proven.

OLD and NEW are as in diff: a package, a file or folder of YAML or JSON, - for
standard input, or git:REV:PATH. An empty folder is no policies.

Steps of one phase are safe in any order. Between phases, wait until the network
plugin enforces what was applied. Connections that are there already are no
concern of a policy with many plugins.

Packages of several clusters have a plan for each, and no plan at all where one
has none; a script is for one cluster.

Where folders are applied whole, as Argo CD and Flux do, --midway -o DIR writes the
policies to commit first: to get there all steps are safe in any order, and from
there to NEW as well, or it says that another commit is needed between.

Exit status: 0 there is a plan; 1 error findings; 2 there is none, or trouble: no
safe order was found, a question was undecided, or there are policies that are
not counted.`,
		Example: `  npgen rollout git:main ./policy
  kubectl get networkpolicies -A -o yaml | npgen rollout - ./policy
  npgen rollout git:main ./policy --format sh > rollout.sh
  npgen rollout git:main ./policy --midway -o deploy`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("`%s` needs two sides, OLD and NEW, and has %d; see `%s --help`", cmd.CommandPath(), len(args), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(answer.RolloutFormats(), answer.Format(format)) {
				return fmt.Errorf("unknown format `%s`; the formats are text, json and sh", format)
			}
			if set, err := midway.check(cmd); set || err != nil {
				if err != nil {
					return err
				}
				return midway.write(s, args[0], args[1], sides)
			}
			return rollOut(s, args[0], args[1], answer.Format(format), sides)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "format of the plan: text|json|sh")
	cmd.Flags().StringArrayVar(&sides.With, "with", nil, "add the manifests at this `path` to both sides; may be repeated")
	_ = cmd.MarkFlagFilename("with", "yaml", "yml", "json")
	midway.add(cmd)
	packageFlags(s, cmd)
	namespaceFlag(cmd, &sides.Namespace)
	completeFormats(cmd, answer.RolloutFormats())
	return cmd
}

func rollOut(s *streams, before, after string, format answer.Format, options gen.SideOptions) error {
	a, b, pairs, err := rolloutPairs(s, before, after, options)
	if err != nil {
		return err
	}
	if len(pairs) != 1 && format == answer.Shell {
		return errors.New("a script is for one cluster: pick it with `--cluster`")
	}
	s.stage("planning steps")
	var all answer.Rollouts
	var failed []string
	for _, p := range pairs {
		plan, err := rollout.Make(rollout.Side{Cluster: p.Before, Objects: p.Old}, rollout.Side{Cluster: p.After, Objects: p.New})
		switch {
		case err != nil && len(pairs) == 1:
			return err
		case err != nil:
			failed = append(failed, fmt.Sprintf("cluster `%s`: %v", p.Name, err))
		}
		r := answer.Rollout{Plan: plan, Before: a.Name, After: b.Name}
		if s.cluster == "" {
			r.Cluster = p.Name
		}
		all = append(all, r)
	}
	if len(failed) > 0 {
		return errors.New(strings.Join(failed, "; "))
	}
	return all.Write(s.out, format)
}

// rolloutPairs reads both sides of a way, and says what of them cannot be counted.
func rolloutPairs(s *streams, before, after string, options gen.SideOptions) (a, b gen.Side, pairs []gen.Pair, err error) {
	if a, b, err = readSides(s, before, after, options); err != nil {
		return a, b, nil, err
	}
	for _, c := range slices.Concat(a.Clusters, b.Clusters) {
		if kind := c.Kind(); kind != "" && kind != "NetworkPolicy" {
			return a, b, nil, fmt.Errorf("a plan has steps of NetworkPolicies, and the packages are written as %s", kind)
		}
	}
	if pairs, err = gen.Pairs(a, b); err != nil {
		return a, b, nil, err
	}
	var doubts []inventory.NotCounted
	for i := range pairs {
		p := &pairs[i]
		p.Before, p.After = p.Before.WithoutOthers(), p.After.WithoutOthers() // of which no step is planned
		doubts = append(doubts, world.NotCompared(p.Before, p.After)...)
	}
	return a, b, pairs, s.notCounted(doubts)
}

// readSides reads both sides of a comparison and reports what was found there.
func readSides(s *streams, before, after string, options gen.SideOptions) (gen.Side, gen.Side, error) {
	env, err := s.env()
	if err != nil {
		return gen.Side{}, gen.Side{}, err
	}
	a, b, err := gen.ReadSides(env, before, after, options)
	if err != nil {
		return gen.Side{}, gen.Side{}, err
	}
	report := reportFlags{format: string(diag.Text)}
	var failed error
	for _, side := range []gen.Side{a, b} {
		if err := report.report(s, side.Findings, side.Source); err != nil {
			failed = err
		}
	}
	return a, b, failed
}
