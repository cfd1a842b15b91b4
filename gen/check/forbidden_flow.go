package check

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// forbiddenFlow refuses a build in which a flow that a guardrail forbids is open, whether an edge, several edges
// together, an overlap of selectors or the lack of isolation opens it.
func forbiddenFlow(r *reacher, out *diag.List) {
	for _, f := range r.Forbids {
		if leak := r.leak(f); leak != nil {
			leak.report(f, out)
		}
	}
}

// leak is a forbidden flow that is open.
type leak struct {
	from, to end
	ports    graph.PortSet
	edges    []*graph.Edge
	dns      []graph.DNSRule
}

func (r *reacher) leak(f *graph.Edge) *leak {
	var found *leak
	seen := map[*graph.Edge]bool{}
	// Pairs are many: those of which one end opens nothing on the ports to anybody are not looked at.
	targets := r.opening(f.To, f.Ports, graph.Ingress)
	if len(targets) == 0 {
		return nil
	}
	sources := slices.DeleteFunc(r.opening(f.From, f.Ports, graph.Egress), func(s end) bool { return excepted(s, f) })
	for _, s := range sources {
		for _, d := range targets {
			if s.isPod() && d.isPod() && s.namespace == nil && d.namespace == nil || !s.isPod() && !d.isPod() {
				continue
			}
			egress := r.open(s, d, graph.Egress)
			ports := egress.ports.Intersect(f.Ports)
			if ports.IsEmpty() {
				continue
			}
			ingress := r.open(d, s, graph.Ingress)
			if ports = ports.Intersect(ingress.ports); ports.IsEmpty() {
				continue
			}
			if found == nil {
				found = &leak{from: s, to: d, ports: ports}
			}
			for _, rule := range egress.dns {
				if !rule.Config.PortSet().Intersect(f.Ports).IsEmpty() {
					found.dns = append(found.dns, rule)
				}
			}
			for _, e := range append(egress.edges, ingress.edges...) {
				if !seen[e] && !e.Ports.Intersect(f.Ports).IsEmpty() {
					seen[e] = true
					found.edges = append(found.edges, e)
				}
			}
		}
	}
	return found
}

// excepted reports whether a guardrail does not bind any of an end.
func excepted(e end, f *graph.Edge) bool {
	var parts []part
	for _, p := range f.Except {
		parts = append(parts, partsOf(p)...)
	}
	return len(parts) > 0 && !slices.ContainsFunc(e.parts(), func(x part) bool { return !covers(parts, x) })
}

// parts returns all that an end stands for, or more.
func (e end) parts() []part {
	var out []part
	for i := range e.blocks {
		out = append(out, part{block: &e.blocks[i]})
	}
	if !e.isPod() {
		return out
	}
	x := part{namespaces: &metav1.LabelSelector{}, pods: &metav1.LabelSelector{MatchLabels: e.labels}}
	if e.namespace != nil {
		x.namespaces = e.namespace.LabelSelector()
	}
	if e.workload != nil {
		x.pods = &e.workload.Selector
	}
	return []part{x}
}

// opening returns the ends of a peer for which a direction is open to somebody on some of the ports.
func (r *reacher) opening(p *graph.Peer, ports graph.PortSet, d graph.Directions) []end {
	return r.ends(p, func(e end) bool { return !r.isolated(e, d) || r.opens(e, ports, d) })
}

// opens reports whether an edge or DNS egress opens an isolated end on some of the ports.
func (r *reacher) opens(e end, ports graph.PortSet, d graph.Directions) bool {
	on := func(s graph.Subject) bool { return r.portsOf(s, d).Overlaps(ports) }
	return on(graph.Subject{Namespace: e.namespace}) || slices.ContainsFunc(r.selecting(e), func(w *graph.Workload) bool {
		return on(graph.Subject{Namespace: w.Namespace, Workload: w})
	})
}

func (l *leak) report(f *graph.Edge, out *diag.List) {
	flow := fmt.Sprintf("%s -> %s:%s", describe(l.from, f, f.From), describe(l.to, f, f.To), l.ports)
	if len(l.edges) == 0 && len(l.dns) == 0 {
		out.Errorf(diag.ForbiddenFlow, f.Decl.Pos, "the guardrail `%s` does not hold: `%s` is open, since nothing isolates either end", f.Decl.Text, flow).
			WithHelp("isolate one end: declare the flow's source for `egress` or its target for `ingress`")
		return
	}
	finding := out.Errorf(diag.ForbiddenFlow, f.Decl.Pos, "the guardrail `%s` does not hold: `%s` is open", f.Decl.Text, flow)
	if len(l.edges) > 0 {
		finding.WithHelp("remove or narrow the edges that open it")
	} else {
		finding.WithHelp("take its DNS egress away: `dns: false` for the workload, or `dns: auto: false` for the package")
	}
	for _, e := range l.edges {
		finding.WithRelated(e.Decl.Pos, "`%s` opens it", e.Decl.Text)
	}
	for _, rule := range l.dns {
		if rule.Cause != nil {
			finding.WithRelated(rule.Cause.Decl.Pos, "with `%s`, `%s` has DNS egress", rule.Cause.Decl.Text, rule.Subject)
		} else {
			finding.WithRelated(rule.Workload.DNS.Pos, "`dns: true` opens it")
		}
	}
}

// describe returns an end of a flow that a guardrail forbids; peer is what the guardrail says there.
func describe(e end, f *graph.Edge, peer *graph.Peer) string {
	switch {
	case !e.isPod() && peer.Kind == graph.Any:
		return "any address"
	case !e.isPod():
		return name(f, peer)
	case e.namespace == nil:
		return "any other namespace"
	case e.workload == nil && e.labels == nil:
		return e.namespace.Name + "/*"
	case e.workload == nil:
		return "dns"
	}
	return e.workload.String()
}
