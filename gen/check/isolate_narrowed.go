package check

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// isolateNarrowed refuses a workload that takes away a direction which its namespace's default deny isolates anyway:
// policies only add up (Network Policies, The two sorts of pod isolation).
func isolateNarrowed(g *graph.Graph, out *diag.List) {
	for _, w := range g.Workloads {
		n := w.Namespace
		if !n.Owned() || n.PerWorkload || w.Isolate.Has(n.Isolate) {
			continue
		}
		out.Errorf(diag.IsolateNarrowed, w.IsolatePos, "`%s` asks for isolation `%s`, but the default deny of namespace `%s` isolates every pod for `%s`", w.Name, w.Isolate, n.Name, n.Isolate).
			WithHelp("write `deny: \"workload\"` so that each workload has its own default deny, or `isolate: \"%s\"` here", w.Isolate|n.Isolate).
			WithRelated(n.Pos, "the namespace")
	}
}
