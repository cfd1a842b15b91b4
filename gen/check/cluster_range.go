package check

import (
	"fmt"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// clusterRange finds edges to and from address ranges that are those of the cluster's pods or Services: an error where its
// network plugin never matches these. The addresses of `dns` and `apiserver` are meant to be such.
func clusterRange(g *graph.Graph, out *diag.List) {
	c := &g.Cluster
	if !c.Pods.IsSet() && !c.Services.IsSet() {
		return
	}
	report := func(r graph.WrittenRange, of graph.Prefix, what string, matches graph.Does, never, otherwise string) *diag.Diagnostic {
		message := fmt.Sprintf("`%s` lies inside of the addresses of the cluster's %s, ", r.Prefix.Prefix, what)
		if matches == graph.No {
			return out.Errorf(diag.ClusterRange, r.Pos, "%sand `%s` %s", message, c.CNI.Value, never).WithRelated(of.Pos, "the %s", what)
		}
		return out.Warnf(diag.ClusterRange, r.Pos, "%sand %s", message, otherwise).WithRelated(of.Pos, "the %s", what)
	}
	for _, r := range g.Ranges() {
		if of, inside := c.Pods.Around(r.Prefix.Prefix); inside {
			report(r, of, "pods", c.Profile.IPBlock.Pods, "never matches pods by their address", "the address of a pod changes with each start").
				WithHelp("name the pods: declare a workload with their labels, or write `ns/*` or `*/*` for all")
		}
		if of, inside := c.Services.Around(r.Prefix.Prefix); inside {
			help := "name the pods behind the Service, and their port"
			if r.Contains(graph.FirstAddress(of.Prefix)) {
				help = "for the API server write the peer `apiserver`; else " + help
			}
			report(r, of, "Services", c.Profile.IPBlock.Services, "has made a Service's address that of a pod before it looks", "most network plugins see that of a pod behind a Service").
				WithHelp("%s", help)
		}
	}
}
