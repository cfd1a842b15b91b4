package check

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// dnsClosed refuses to isolate the cluster's own DNS servers for ingress without letting everyone in: it would end
// name resolution for the whole cluster.
func dnsClosed(r *reacher, out *diag.List) {
	for _, p := range r.Packages {
		c := &p.DNS
		if !c.HasPods() {
			continue
		}
		servers := r.dnsEnd(c)
		if !r.isolated(servers, graph.Ingress) || everyoneReaches(r, servers).Contains(c.PortSet()) {
			continue
		}
		pos := servers.namespace.Pos
		selecting := r.selecting(servers)
		for _, w := range selecting {
			if w.Isolated(graph.Ingress) && !servers.namespace.DeniesAll(graph.Ingress) {
				pos = w.IsolatePos
			}
		}
		finding := out.Errorf(diag.DNSClosed, pos, "isolating `%s` for ingress closes the DNS servers of the cluster", servers.namespace.Name)
		if len(selecting) > 0 {
			finding.WithHelp("let everyone in: `allow: [\"*/* -> %s:%s\"]`", selecting[0], c.PortSet())
			continue
		}
		finding.WithHelp("declare them and let everyone in: `workloads: \"%s/dns-pods\": labels: %s` and `allow: [\"*/* -> %s/dns-pods:%s\"]`", c.Namespace, labelsText(c.Labels), c.Namespace, c.PortSet())
	}
}

// everyoneReaches returns the ports on which every pod of every namespace may enter.
func everyoneReaches(r *reacher, servers end) graph.PortSet {
	var ports graph.PortSet
	add := func(s graph.Subject) {
		for _, e := range r.edgesOf(s, graph.Ingress) {
			if isEveryone(e.From) && governs(e.To, servers) {
				ports.Union(e.Ports)
			}
		}
	}
	for _, w := range r.selecting(servers) {
		add(graph.Subject{Namespace: w.Namespace, Workload: w})
	}
	add(graph.Subject{Namespace: servers.namespace})
	return ports
}

func isEveryone(p *graph.Peer) bool {
	if p.Kind == graph.WholeNamespace && p.Namespace.Selector != nil {
		s := p.Namespace.Selector
		return len(s.MatchLabels) == 0 && len(s.MatchExpressions) == 0
	}
	return p.Kind == graph.Any || p.Kind == graph.AllNamespaces
}
