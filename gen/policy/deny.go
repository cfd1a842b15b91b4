package policy

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/graph"
)

// denyObjects returns the default denies: one for each isolated direction of a namespace, and one for each direction
// that a workload is isolated for on its own (Network Policies, Default policies).
func denyObjects(g *graph.Graph) []networkingv1.NetworkPolicy {
	var out []networkingv1.NetworkPolicy
	for _, n := range g.Namespaces {
		for _, d := range directions() {
			if n.DeniesAll(d) {
				out = append(out, newObject(graph.Subject{Namespace: n}, denyName("", d), d, denyWave))
				continue
			}
			for _, w := range n.Workloads {
				if w.Isolated(d) {
					out = append(out, newObject(graph.Subject{Namespace: n, Workload: w}, denyName(w.Name, d), d, denyWave))
				}
			}
		}
	}
	return out
}
