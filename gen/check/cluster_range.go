package check

import (
	"fmt"
	"net/netip"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// clusterRange finds edges to and from address ranges that are those of the cluster's pods or Services: an error where its
// network plugin never matches these. The addresses of `dns` and `apiserver` are meant to be such.
func clusterRange(g *graph.Graph, out *diag.List) {
	c := &g.Cluster
	report := func(r writtenRange, of graph.Prefix, what string, matches graph.Does, never, otherwise string) *diag.Diagnostic {
		message := fmt.Sprintf("`%s` lies inside of the addresses of the cluster's %s, ", r.Prefix, what)
		if matches == graph.No {
			return out.Errorf(diag.ClusterRange, r.pos, "%sand `%s` %s", message, c.CNI.Value, never).WithRelated(of.Pos, "the %s", what)
		}
		return out.Warnf(diag.ClusterRange, r.pos, "%sand %s", message, otherwise).WithRelated(of.Pos, "the %s", what)
	}
	eachRange(g, func(r writtenRange) {
		if of, inside := c.Pods.Around(r.Prefix); inside {
			report(r, of, "pods", c.Profile.IPBlock.Pods, "never matches pods by their address", "the address of a pod changes with each start").
				WithHelp("name the pods: declare a workload with their labels, or write `ns/*` or `*/*` for all")
		}
		if of, inside := c.Services.Around(r.Prefix); inside {
			help := "name the pods behind the Service, and their port"
			if r.Prefix.Contains(firstAddress(of.Prefix)) {
				help = "for the API server write the peer `apiserver`; else " + help
			}
			report(r, of, "Services", c.Profile.IPBlock.Services, "has made a Service's address that of a pod before it looks", "most network plugins see that of a pod behind a Service").
				WithHelp("%s", help)
		}
	})
}

// firstAddress returns the address of a range of Services that the Service `kubernetes` has, its first (Kubernetes, Service
// ClusterIP allocation).
func firstAddress(p netip.Prefix) netip.Addr { return p.Masked().Addr().Next() }

// writtenRange is an address range of an edge that some policy comes of.
type writtenRange struct {
	netip.Prefix
	// pos is where it is written.
	pos  diag.Pos
	edge *graph.Edge
	// direction is that of the policy.
	direction graph.Directions
}

// eachRange calls do for the ranges that edges name and the externals of edges hold, once each.
func eachRange(g *graph.Graph, do func(writtenRange)) {
	type key struct {
		prefix netip.Prefix
		pos    diag.Pos
	}
	seen := map[key]bool{}
	for _, e := range g.Edges {
		for _, d := range graph.AllDirections() {
			if !emits(g, e, d) {
				continue
			}
			var ranges []graph.Prefix
			switch _, p := e.End(d); {
			case p.External != nil:
				ranges = p.External.CIDRs
			case p.Kind == graph.CIDR:
				ranges = []graph.Prefix{{Prefix: p.Blocks[0].CIDR, Pos: e.Decl.Pos}}
			}
			for _, r := range ranges {
				if k := (key{r.Prefix, r.Pos}); !seen[k] {
					seen[k] = true
					do(writtenRange{r.Prefix, r.Pos, e, d})
				}
			}
		}
	}
}
