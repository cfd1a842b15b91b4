package policy

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/graph"
)

// denyObjects returns the default denies by namespace and name: one for each isolated direction of a namespace, and one
// for each direction that a workload is isolated for on its own (Network Policies, Default policies).
func denyObjects(g *graph.Graph) []*object {
	var out []*object
	for _, n := range g.Namespaces {
		for _, d := range graph.AllDirections() {
			if n.DeniesAll(d) {
				out = append(out, &object{subject: graph.Subject{Namespace: n}, direction: d, name: denyName("", d)})
				continue
			}
			for _, w := range n.Workloads {
				if w.Isolated(d) {
					out = append(out, &object{subject: graph.Subject{Namespace: n, Workload: w}, direction: d, name: denyName(w.Name, d)})
				}
			}
		}
	}
	sortObjects(out)
	return out
}

// denyPolicy writes a default deny.
func (b *builder) denyPolicy(p *networkingv1.NetworkPolicy, o *object) {
	b.head(p, o)
	p.Annotations = b.packageOf(o).annotations[denyWave]
}
