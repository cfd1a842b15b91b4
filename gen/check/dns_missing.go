package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// dnsMissing finds subjects that are isolated for egress and speak to others by name, but cannot ask for the names.
func dnsMissing(r *reacher, out *diag.List) {
	seen := make([]bool, r.Numbers())
	for _, e := range r.Edges {
		if !e.Emits(graph.Egress) || !byName(e.To) {
			continue
		}
		for _, s := range r.Subjects(e.From, graph.Egress) {
			if seen[s.Number()] {
				continue
			}
			seen[s.Number()] = true
			if !hasDNS(r, end{namespace: s.Namespace, workload: s.Workload}) {
				reportNoDNS(s, e, out)
			}
		}
	}
}

// byName reports whether clients usually find a peer by a DNS name.
func byName(p *graph.Peer) bool {
	return p.Kind != graph.DNS && (p.Kind == graph.Internet || !p.IsAddresses())
}

// hasDNS reports whether the end may ask the DNS servers of its namespace's owner, over UDP and TCP.
func hasDNS(r *reacher, e end) bool {
	c := &e.namespace.Owner.DNS
	if own, all := r.rule(e.namespace, e.workload), r.rule(e.namespace, nil); (own != nil || all != nil) && (c.HasPods() || len(c.CIDRs) > 0) {
		return true
	}
	if c.HasPods() && r.open(e, r.dnsEnd(c), graph.Egress).ports.Contains(c.PortSet()) {
		return true
	}
	for _, b := range graph.Blocks(c.CIDRs, nil) {
		if r.open(e, end{blocks: []graph.Block{b}}, graph.Egress).ports.Contains(c.PortSet()) {
			return true
		}
	}
	return false
}

func reportNoDNS(s graph.Subject, e *graph.Edge, out *diag.List) {
	w := s.Workload
	switch {
	case w == nil:
		out.Warnf(diag.DNSMissing, e.Decl.Pos, "the pods of namespace `%s` speak to `%s` and cannot ask DNS for its address", s.Namespace.Name, name(e, e.To)).
			WithHelp("write `* -> dns`, or remove `dns: auto: false`")
	case w.DNS.Is(false):
		out.Infof(diag.DNSMissing, w.DNS.Pos, "`%s` speaks to `%s` and cannot ask DNS for its address", w.Name, name(e, e.To)).
			WithHelp("remove `dns: false`, unless it uses addresses only").WithRelated(e.Decl.Pos, "the edge")
	default:
		out.Warnf(diag.DNSMissing, w.Pos, "`%s` speaks to `%s` and cannot ask DNS for its address", w.Name, name(e, e.To)).
			WithHelp("write `%s -> dns`, give it `dns: true`, or say `dns: false` if it uses addresses only", w.Name).WithRelated(e.Decl.Pos, "the edge")
	}
}

// labelsText returns labels as CUE writes them.
func labelsText(labels map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, fmt.Sprintf("%q: %q", k, labels[k]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
