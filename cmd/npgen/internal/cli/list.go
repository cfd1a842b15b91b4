package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/reach"
)

func listCommand(s *streams) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "list PATH...",
		Short: "Show who can reach whom, on which ports",
		Long: `List evaluates NetworkPolicies by the semantics of the Kubernetes API and shows
every flow that they allow. PATH is a package, or a folder or file of any YAML
or JSON: policies, and the Deployments, StatefulSets, DaemonSets, Jobs,
CronJobs, Pods, Services and Namespaces that they are about; - reads either
from standard input.

Names: ns/* is every pod of a namespace, ns/(other) its pods that nothing
declares, (other)/* pods of namespaces that nothing declares, (outside) every
address outside of the cluster, {app=web} pods that only a selector speaks of.`,
		Example: `  npgen list ./policy
  kubectl get netpol,deploy,sts,ds,svc,ns -A -o json | npgen list -
  npgen list ./manifests --format md`,
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(reach.Formats(), reach.Format(format)) {
				return fmt.Errorf("unknown format `%s`; the formats are text, json, csv and md", format)
			}
			return list(s, args, reach.Format(format))
		},
	}
	packageArgs(cmd)
	cmd.ValidArgsFunction = nil
	cmd.Flags().StringVar(&format, "format", "text", "format of the listing: text|json|csv|md")
	return cmd
}

func list(s *streams, args []string, format reach.Format) error {
	env, err := s.env()
	if err != nil {
		return err
	}
	cluster, findings, source, err := gen.ReadCluster(env, args)
	if err != nil {
		return err
	}
	report := reportFlags{format: string(diag.Text)}
	if err := report.report(s, findings, source); err != nil {
		return err
	}
	e := reach.New(cluster.WithUnknown())
	return reach.Listing{Rows: e.Flows(), NotGoverned: e.NotGoverned()}.Write(s.out, format)
}
