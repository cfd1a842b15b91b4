package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/picture"
	"github.com/npgen/npgen/gen/world"
)

type graphFlags struct {
	format    string
	old       string
	focus     string
	namespace string
}

func graphCommand(s *streams) *cobra.Command {
	f := &graphFlags{}
	cmd := &cobra.Command{
		Use:   "graph PATH...",
		Short: "Draw who can reach whom, or what a change opens and closes",
		Long: `Graph draws the flows that npgen list shows of the same PATHs, or with --diff those
that npgen diff OLD PATH shows: mermaid for READMEs and comments, dot for Graphviz,
svg, or html, a page of one file that works offline.

A solid border is pods that are isolated for both directions, one that is dashed or
half dotted those isolated for one, one that is dotted and red those for none. DNS,
the API server and Prometheus are badges of the workloads. What is too much to be
drawn is folded by namespace, with its counts; what could not be counted stands in
the picture and on standard error.

Exit status: 0 it is drawn, whether the sides differ or not; 1 an error among the
findings; 2 undecided, trouble, or with --diff what could not be counted may make
the picture wrong: it is named.`,
		Example: `  npgen graph ./policy
  npgen graph ./policy ./deploy --format html > flows.html
  kubectl get netpol,deploy,sts,ds,svc,ns -A -o json | npgen graph - --format svg > flows.svg
  npgen graph ./policy --focus db
  npgen graph ./policy --diff git:main`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(picture.Formats(), picture.Format(f.format)) {
				return fmt.Errorf("unknown format `%s`; the formats are mermaid, dot, svg and html", f.format)
			}
			if !cmd.Flags().Changed("diff") {
				return f.flows(s, args)
			}
			if len(args) != 1 {
				return fmt.Errorf("with `--diff` there is one PATH, and there are %d; see `%s --help`", len(args), cmd.CommandPath())
			}
			return f.changes(s, args[0])
		},
	}
	packageArgs(cmd)
	packageFlags(s, cmd)
	cmd.ValidArgsFunction = nil
	cmd.Flags().StringVar(&f.format, "format", "mermaid", "format of the picture: mermaid|dot|svg|html")
	cmd.Flags().StringVar(&f.old, "diff", "", "draw what changes from `OLD`, as for npgen diff, to PATH")
	cmd.Flags().StringVar(&f.focus, "focus", "", "draw only what reaches this `end`, and what it reaches")
	_ = cmd.RegisterFlagCompletionFunc("focus", func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		return workloadNames(s, args), cobra.ShellCompDirectiveNoFileComp
	})
	namespaceFlag(cmd, &f.namespace)
	completeFormats(cmd, picture.Formats())
	return cmd
}

// flows draws all flows.
func (f *graphFlags) flows(s *streams, args []string) error {
	env, err := s.env()
	if err != nil {
		return err
	}
	clusters, findings, source, err := gen.ReadClusters(env, gen.Input{Paths: args, Namespace: f.namespace})
	if err != nil {
		return err
	}
	report := reportFlags{format: string(diag.Text)}
	if err := report.report(s, findings, source); err != nil {
		return err
	}
	var all []picture.Cluster
	var unknown error
	for _, c := range clusters {
		drawn, err := f.cluster(s, c)
		if _, is := errors.AsType[*flows.UnknownEndError](err); is { // another cluster may have it
			unknown = cmp.Or(unknown, err)
			continue
		}
		if err != nil {
			return err
		}
		all = append(all, *drawn)
	}
	if len(all) == 0 && unknown != nil {
		return unknown
	}
	return f.draw(s, picture.OfFlows(all, f.focus), slices.ContainsFunc(all, func(c picture.Cluster) bool { return c.Undecided }))
}

// cluster lists a cluster, with a focus the flows of one end.
func (f *graphFlags) cluster(s *streams, c gen.Named) (*picture.Cluster, error) {
	s.stage("evaluating " + count(len(c.Policies), "policy", "policies"))
	in, err := c.Inquiry()
	if err != nil {
		return nil, err
	}
	listing, err := picture.List(in, f.focus)
	if err != nil {
		return nil, err
	}
	out := &picture.Cluster{Listing: answer.Listing{Listing: listing, NotCounted: c.NotCounted}, Inquiry: in, Revision: c.Revision}
	if s.cluster == "" {
		out.Cluster = c.Name
	}
	return out, nil
}

// changes draws what changes.
func (f *graphFlags) changes(s *streams, after string) error {
	a, b, err := readSides(s, f.old, after, gen.SideOptions{Namespace: f.namespace})
	if err != nil {
		return err
	}
	pairs, err := gen.Pairs(a, b)
	if err != nil {
		return err
	}
	s.stage("comparing flows")
	var all []picture.Change
	var doubts []inventory.NotCounted
	undecided := false
	for _, p := range pairs {
		c := picture.Change{Comparison: answer.Comparison{Comparison: flows.Compare(p.Before, p.After), Absent: p.Absent}}
		if s.cluster == "" {
			c.Cluster = p.Name
		}
		for _, side := range []struct {
			from *gen.Named
			to   **picture.Cluster
		}{{p.OldSide, &c.Before}, {p.NewSide, &c.After}} {
			if side.from == nil {
				continue
			}
			if *side.to, err = f.side(s, *side.from, side.from == p.NewSide && f.format == "html"); err != nil {
				return err
			}
		}
		all, undecided = append(all, c), undecided || c.Undecided
		doubts = append(doubts, world.NotCompared(p.Before, p.After)...)
	}
	drawn, err := picture.OfChanges(all, f.focus, f.format == "html")
	if err != nil {
		return err
	}
	drawn.NotCounted(doubts)
	if err := f.draw(s, drawn, undecided); err != nil {
		return err
	}
	return s.notCounted(doubts)
}

// side reads one side of a change; only what a page shows beside the change is listed.
func (f *graphFlags) side(s *streams, c gen.Named, isListed bool) (*picture.Cluster, error) {
	if isListed {
		out, err := f.cluster(s, c)
		if _, unknown := errors.AsType[*flows.UnknownEndError](err); !unknown {
			return out, err
		}
	}
	in, err := c.Inquiry()
	if err != nil {
		return nil, err
	}
	return &picture.Cluster{Inquiry: in, Revision: c.Revision}, nil
}

// draw writes a picture.
func (f *graphFlags) draw(s *streams, p *picture.Picture, undecided bool) error {
	s.stage("drawing")
	if err := p.Write(s.out, picture.Format(f.format)); err != nil {
		return err
	}
	if undecided {
		return errors.New("undecided: there may be more flows than are drawn; ask about fewer policies")
	}
	return nil
}
