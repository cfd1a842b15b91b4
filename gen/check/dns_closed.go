package check

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// dnsClosed refuses to isolate the cluster's own DNS servers for ingress without letting everyone in: it would end
// name resolution for the whole cluster.
func dnsClosed(h *halves, out *diag.List) {
	for _, p := range h.graph.Packages {
		c := &p.DNS
		if !c.HasPods() {
			continue
		}
		n := h.named(c.Namespace)
		if n == nil || !n.Owned() {
			continue
		}
		servers := h.Labels(h.namespace(n), c.Labels)
		if h.isOpen(h.Flows(sets.Pods{}, servers, c.PortSet().Set()), graph.Ingress, sets.PodToPod, n) {
			continue
		}
		pos := n.Pos
		var selecting *graph.Workload
		for _, w := range n.Workloads {
			if !h.Meet(servers, h.workload(w)) {
				continue
			}
			if selecting == nil {
				selecting = w
			}
			if w.Isolated(graph.Ingress) && !n.DeniesAll(graph.Ingress) {
				pos = w.IsolatePos
			}
		}
		finding := out.Errorf(diag.DNSClosed, pos, "isolating `%s` for ingress closes the DNS servers of the cluster", n.Name)
		if selecting != nil {
			finding.WithHelp("let everyone in: `allow: [\"*/* -> %s:%s\"]`", selecting, c.PortSet())
			continue
		}
		finding.WithHelp("declare them and let everyone in: `workloads: \"%s/dns-pods\": labels: %s` and `allow: [\"*/* -> %s/dns-pods:%s\"]`", c.Namespace, labelsText(c.Labels), c.Namespace, c.PortSet())
	}
}
