package check

import (
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// dnsNeeded refuses `dns: false` where something else gives the workload's pods DNS all the same.
func dnsNeeded(g *graph.Graph, wider map[*graph.Workload][]*graph.Workload, out *diag.List) {
	if !slices.ContainsFunc(g.Workloads, func(w *graph.Workload) bool { return w.DNS.Is(false) }) {
		return
	}
	toDNS := map[*graph.Workload][]*graph.Edge{}
	for _, e := range g.Edges {
		if e.To.Kind == graph.DNS && e.From.Workload != nil && e.Emits(graph.Egress) {
			toDNS[e.From.Workload] = append(toDNS[e.From.Workload], e)
		}
	}
	wanted := map[graph.Subject]graph.DNSRule{}
	for _, rule := range g.WantedDNS() {
		wanted[rule.Subject] = rule
	}
	for _, w := range g.Workloads {
		if !w.DNS.Is(false) {
			continue
		}
		finding := func(format string, args ...any) *diag.Diagnostic {
			return out.Errorf(diag.DNSNeeded, w.DNS.Pos, "`dns: false` of `"+w.Name+"` cannot hold: "+format, args...)
		}
		for _, e := range toDNS[w] {
			finding("the edge `%s` gives it DNS", text(e)).
				WithHelp("remove one of the two").WithRelated(e.Decl.Pos, "the edge")
		}
		if rule, ok := wanted[graph.Subject{Namespace: w.Namespace}]; ok && w.Isolated(graph.Egress) {
			finding("every pod of namespace `%s` has DNS", w.Namespace.Name).
				WithHelp("remove `dns: false`, or the edges from `*`").WithRelated(rule.Cause.Decl.Pos, "this edge gives them DNS")
		}
		if rule, ok := wanted[graph.Subject{Namespace: w.Namespace, Workload: w}]; ok {
			for _, e := range rule.Asked {
				if e.From.Workload != w {
					finding("the edge `%s` gives it DNS", text(e)).
						WithHelp("remove one of the two").WithRelated(e.Decl.Pos, "the edge")
				}
			}
		}
		for _, wide := range wider[w] {
			if _, ok := wanted[graph.Subject{Namespace: w.Namespace, Workload: wide}]; ok {
				finding("the selector of `%s` also selects its pods, and `%s` has DNS", wide.Name, wide.Name).
					WithHelp("give `%s` a narrower selector, or `dns: false` too", wide.Name).WithRelated(wide.Pos, "`%s`", wide.Name)
			}
		}
	}
}
