package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/inventory"
)

func explainCommand(s *streams) *cobra.Command {
	var format, namespace, flowLog string
	cmd := &cobra.Command{
		Use:   "explain PATH... [EDGE]",
		Short: "Say why a flow is allowed or denied, or what policies mean",
		Long: `Explain answers whether an edge such as "api -> db:80" is allowed, for its egress
and its ingress: which policy and rule decides, where it stands, for a package
which edge it comes from, and for a denied flow what is missing.

PATH is a package, or a file or folder of YAML or JSON, or both as for list. An argument
that holds -> is the edge. Its ends are the peers of an edge, and besides pods
by labels, {app: web, ns: shop} or shop/{app=web}, single addresses, Services,
svc/db or shop/svc/db, and shop/(other) and (outside) as answers print them. Pods by
labels are those that there are; a Service is its pods and their ports.

Of policies that somebody wrote it shows the rule that opens a denied flow, as YAML
with the policy that it belongs into. It was tried before it is shown.

Without an edge it puts each policy into words: does podSelector select the side
that should be protected, are from and to the right peers, is DNS needed and
allowed, do policyTypes say what is meant.

Packages of several clusters are asked for each, and each line says which it is
about. Where a cluster does not have what the question names, there is no answer
for it, and the flow counts as allowed for a part only.

With --flows it reads what a network plugin logged of connections (hubble observe
-o jsonpb, Calico's Whisker, GKE's policy logs, AWS' agent), and says of each flow
that a policy refused which edge is missing and where to write it, or why it is
refused rightly. Then 1 is that an edge is missing.

Exit status: 0 allowed; 1 denied, or allowed for a part only; 2 trouble, or what
could not be counted may make the answer wrong: it is named.`,
		Example: `  npgen explain ./policy "web -> db:5432"
  npgen explain ./manifests "{app: attacker, ns: shop} -> shop/db:5432"
  npgen explain deploy/policies
  hubble observe -o jsonpb | npgen explain ./policy --flows -`,
		Args: func(cmd *cobra.Command, args []string) error {
			paths, edges := splitEdges(args)
			for _, path := range paths {
				if m := otherArrow.FindStringSubmatch(path); m != nil {
					return fmt.Errorf("`%s` is no path, and the arrow of an edge is `->`: write `%s -> %s`", path, m[1], m[2])
				}
			}
			switch {
			case len(paths) == 0:
				return fmt.Errorf("`%s` needs a path: a package, or YAML; see `%s --help`", cmd.CommandPath(), cmd.CommandPath())
			case len(edges) > 0 && flowLog != "":
				return errors.New("`--flows` has the flows: leave out the edge")
			case len(edges) > 1:
				return fmt.Errorf("`%s` explains one edge at a time; see `%s --help`", cmd.CommandPath(), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(answer.ExplanationFormats(), format) {
				return fmt.Errorf("unknown format `%s`; the formats are text and json", format)
			}
			paths, edges := splitEdges(args)
			if flowLog != "" {
				return explainFlows(s, gen.Input{Paths: paths, Namespace: namespace}, flowLog, format)
			}
			return explain(s, gen.Input{Paths: paths, Namespace: namespace}, edges, format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "format of the explanation: text|json")
	cmd.Flags().StringVar(&flowLog, "flows", "", "say of each refused flow of this log, a `file` or -, what to write")
	packageFlags(s, cmd)
	namespaceFlag(cmd, &namespace)
	_ = cmd.RegisterFlagCompletionFunc("format", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return answer.ExplanationFormats(), cobra.ShellCompDirectiveNoFileComp
	})
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		return edgeCompletions(s, args, toComplete)
	}
	return cmd
}

// splitEdges tells the edge from the paths: no file is named with an arrow.
func splitEdges(args []string) (paths, edges []string) {
	for _, a := range args {
		if strings.Contains(a, "->") {
			edges = append(edges, a)
		} else {
			paths = append(paths, a)
		}
	}
	return paths, edges
}

// otherArrow is an edge with another arrow.
var otherArrow = regexp.MustCompile(`^(\S+)\s+(?:--?|=>|→|>|to)\s+(\S+)$`)

// edgeCompletions completes the names of workloads at both ends of an edge, once there is a path.
func edgeCompletions(s *streams, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
	paths, edges := splitEdges(args)
	if len(paths) == 0 || len(edges) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	from, _, hasArrow := strings.Cut(toComplete, "->")
	var out []string
	for _, name := range workloadNames(s, paths) {
		if hasArrow {
			out = append(out, strings.TrimRight(from, " ")+" -> "+name)
		} else {
			out = append(out, name+" -> ")
		}
	}
	return out, cobra.ShellCompDirectiveNoSpace
}

func explain(s *streams, input gen.Input, edges []string, format string) error {
	env, err := s.env()
	if err != nil {
		return err
	}
	in, err := gen.Inquire(env, input)
	if err != nil {
		return err
	}
	report := reportFlags{format: string(diag.Text)}
	if err := report.report(s, in.Findings, in.Source); err != nil {
		return err
	}
	if len(edges) == 0 {
		var all answer.Descriptions
		for _, c := range in.Clusters {
			s.stage("explaining " + count(len(c.Cluster.Policies), "policy", "policies"))
			d := answer.Describe(c.Inquiry)
			d.Cluster = s.nameOf(c)
			all = append(all, d)
		}
		return all.Write(s.out, format, s.page())
	}
	all, doubts, findings := s.ask(in.Clusters, edges[0])
	if err := report.report(s, findings, func(string) ([]byte, error) { return []byte(edges[0] + "\n"), nil }); err != nil {
		return status(statusTrouble)
	}
	if err := all.Write(s.out, format, s.page()); err != nil {
		return err
	}
	if err := s.notCounted(doubts); err != nil {
		return err
	}
	if all.Verdict() != flows.Allowed {
		return status(statusFinding)
	}
	return nil
}

// ask asks each cluster. It returns the answers, what is not counted in them, and findings where no cluster can be asked.
// A cluster that cannot be asked where another one can does not have what the question names.
func (s *streams) ask(clusters []gen.Inquiry, edge string) (answer.Explanations, []inventory.NotCounted, diag.List) {
	var all answer.Explanations
	var doubts []inventory.NotCounted
	var findings diag.List
	asked := false
	for _, c := range clusters {
		s.stage("asking " + count(len(c.Cluster.Policies), "policy", "policies"))
		pairs, found := c.Ask(edge)
		findings = append(findings, found...)
		if found.Count(diag.Error) > 0 {
			all = append(all, answer.Explanation{Cluster: s.nameOf(c), Question: edge, Unasked: found[0].Message})
			continue
		}
		asked = true
		x := answer.Explain(c.Inquiry, edge, pairs)
		x.Cluster = s.nameOf(c)
		all, doubts = append(all, x), append(doubts, c.NotCounted(pairs)...)
	}
	if asked {
		findings = slices.DeleteFunc(findings, func(d diag.Diagnostic) bool { return d.Severity == diag.Error })
	}
	return all, doubts, findings
}

// nameOf returns the cluster for answers that name it: where the user picks one they do not.
func (s *streams) nameOf(c gen.Inquiry) string {
	if s.cluster != "" {
		return ""
	}
	return c.Name
}
