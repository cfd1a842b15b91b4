package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// dnsMissing finds subjects that are isolated for egress and speak to others by name, but cannot ask for the names.
func dnsMissing(h *halves, out *diag.List) {
	seen := make([]bool, h.graph.Numbers())
	rules := map[int]bool{}
	for _, r := range h.graph.DNSRules() {
		rules[r.Number()] = true
	}
	for _, e := range h.graph.Edges {
		if !e.Emits(graph.Egress) || !byName(e.To) {
			continue
		}
		for _, s := range h.graph.Subjects(e.From, graph.Egress) {
			if seen[s.Number()] {
				continue
			}
			seen[s.Number()] = true
			if !h.hasDNS(s, rules) {
				reportNoDNS(s, e, out)
			}
		}
	}
}

// byName reports whether clients usually find a peer by a DNS name.
func byName(p *graph.Peer) bool {
	return p.Kind != graph.DNS && (p.Kind == graph.Internet || !p.IsAddresses() || len(p.Hosts()) > 0)
}

// hasDNS reports whether all pods of a subject may ask the DNS servers of its namespace's owner, the pods or those of one
// range of addresses, over UDP and TCP. The rules are the DNS egress by the numbers of subjects.
func (h *halves) hasDNS(s graph.Subject, rules map[int]bool) bool {
	c := &s.Namespace.Owner.DNS
	if whole := (graph.Subject{Namespace: s.Namespace}); (rules[s.Number()] || rules[whole.Number()]) && (c.HasPods() || len(c.CIDRs) > 0) {
		return true
	}
	servers := h.servers(c)
	for _, p := range servers.Pods {
		if h.isOpen(h.Flows(h.subject(s), p, c.PortSet().Set()), graph.Egress, sets.PodToPod, s.Namespace) {
			return true
		}
	}
	for _, b := range graph.Blocks(c.CIDRs, nil) {
		to := graph.BlockAddresses([]graph.Block{b})
		if h.isOpen(h.FlowsWith(sets.Source, h.subject(s), to, c.PortSet().Set()), graph.Egress, sets.PodToAddress, s.Namespace) {
			return true
		}
	}
	return false
}

// isOpen reports whether all flows of a box are open in a direction.
func (h *halves) isOpen(b *sets.Box, d graph.Directions, kind sets.Kind, n *graph.Namespace) bool {
	_, answer := h.Ask(b, h.laws()...).Stopped(h.half(d, kind, n)).Find()
	return answer == sets.No
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
