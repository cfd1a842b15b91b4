package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
)

type listFlags struct {
	format    string
	from, to  string
	all       bool
	namespace string
}

func listCommand(s *streams) *cobra.Command {
	f := &listFlags{}
	cmd := &cobra.Command{
		Use:   "list PATH...",
		Short: "Show who can reach whom, on which ports",
		Long: `List evaluates NetworkPolicies by the semantics of the Kubernetes API and shows
every flow that they allow. PATH is a package, or a folder or file of any YAML
or JSON: policies, and the Deployments, StatefulSets, DaemonSets, Jobs,
CronJobs, Pods, Services and Namespaces that they are about; - reads either
from standard input. With both, the policies are those of the packages and of
the manifests, and the pods are those that run.

Each row holds for every pod that its ends name; with --all, what no row says is
closed.
Names: ns/* is every pod of a namespace, */* every pod, ns/{app=web} the pods
with these labels, {team=a}/* those of namespaces with these labels, (outside)
every address outside of the cluster; what stands after but is left out. JSON
has the ends as selectors and addresses, too, and every row.

The ends of --from and --to are workloads, web or shop/web, pods by labels, app=web
or shop/{app=web}, ns/*, addresses, and names that the listing prints. Labels are
those of the pods that there are; where none has them, of any pod.

What it could not count, documents that cannot be read and policies of other
kinds, is named on standard error, and in JSON.

It fails with 2 where there are more rows than it can list.`,
		Example: `  npgen list ./policy
  kubectl get netpol,deploy,sts,ds,svc,ns -A -o json | npgen list -
  npgen list ./policy ./deploy
  npgen list ./manifests --format md`,
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(answer.Formats(), answer.Format(f.format)) {
				return fmt.Errorf("unknown format `%s`; the formats are text, json, csv and md", f.format)
			}
			return f.list(s, args)
		},
	}
	packageArgs(cmd)
	packageFlags(s, cmd)
	cmd.ValidArgsFunction = nil
	cmd.Flags().StringVar(&f.format, "format", "text", "format of the listing: text|json|csv|md")
	cmd.Flags().BoolVar(&f.all, "all", false, "show also rows that only pods of several selectors have, and what no policy speaks of")
	cmd.Flags().StringVar(&f.from, "from", "", "show only what this `end` can reach")
	cmd.Flags().StringVar(&f.to, "to", "", "show only who can reach this `end`")
	for _, flag := range []string{"from", "to"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			return workloadNames(s, args), cobra.ShellCompDirectiveNoFileComp
		})
	}
	namespaceFlag(cmd, &f.namespace)
	completeFormats(cmd, answer.Formats())
	return cmd
}

// completeFormats completes the flag --format of a command that answers a question.
func completeFormats[F ~string](cmd *cobra.Command, formats []F) {
	_ = cmd.RegisterFlagCompletionFunc("format", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var out []string
		for _, format := range formats {
			out = append(out, string(format))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	})
}

// workloadNames returns the workloads of the packages or manifests on the command line, for completion.
func workloadNames(s *streams, args []string) []string {
	s.progress = nil
	env, err := s.env()
	if err != nil || len(args) == 0 || slices.Contains(args, "-") {
		return nil
	}
	clusters, _, _, err := gen.ReadClusters(env, gen.Input{Paths: args})
	if err != nil {
		return nil
	}
	var out []string
	for _, cluster := range clusters {
		for _, p := range cluster.Pods {
			if name := p.Namespace + "/" + p.Name; diag.Line(name) == name {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (f *listFlags) list(s *streams, args []string) error {
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
	var all answer.Listings
	undecided := false
	for _, cluster := range clusters {
		s.stage("evaluating " + count(len(cluster.Policies), "policy", "policies"))
		listing, err := flows.List(cluster.Cluster, flows.Only{From: f.from, To: f.to})
		if err != nil {
			return err
		}
		l := answer.Listing{Listing: listing, All: f.all, NotCounted: cluster.NotCounted}
		if s.cluster == "" {
			l.Cluster = cluster.Name
		}
		all, undecided = append(all, l), undecided || l.Undecided
	}
	if err := all.Write(s.out, answer.Format(f.format), s.page()); err != nil {
		return err
	}
	for _, l := range all {
		if text := l.Resting(); text != "" && f.format == "csv" { // which has rows alone
			s.say("npgen: %s", text)
		}
	}
	if undecided {
		return errors.New("undecided: there are more flows than can be listed, and some are missing; ask about fewer policies")
	}
	return nil
}
