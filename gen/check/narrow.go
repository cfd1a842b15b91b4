package check

import (
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// narrow returns the half of all namespaces, for flows between pods of which those that are not the subject lie in one
// namespace, by its name: what opens others is left out. The half of everything takes as long as the whole graph.
func (h *halves) narrow(d graph.Directions, n *graph.Namespace) *sets.Half {
	if made := h.toward[d-1][n]; made != nil {
		return made
	}
	if h.edges[d-1] == nil {
		h.indexEdges(d)
	}
	near := h.near[d-1]
	if len(near[""]) > len(h.graph.Edges)/8 { // most is of no namespace, and would be added for each anew
		return h.half(d, sets.PodToPod, nil)
	}
	half := h.NewHalf()
	h.toward[d-1][n] = half
	for _, owned := range h.graph.Namespaces {
		if owned.Owned() {
			for _, s := range h.isolated(owned, d) {
				half.Isolated.Add(h.between(d, h.subject(s), sets.Pods{}, sets.AllPorts()))
			}
		}
	}
	addresses := h.NewUnion()
	for _, name := range []string{n.Name, ""} {
		for _, e := range near[name] {
			subject, _ := e.End(d)
			for _, s := range h.graph.Subjects(subject, d) {
				h.addOpener(half.Rules, addresses, d, s, opener{edge: e})
			}
		}
	}
	if d == graph.Egress {
		rules := h.graph.DNSRules()
		for i := range rules {
			if r := &rules[i]; r.Config.HasPods() && r.Config.Namespace == n.Name {
				h.addOpener(half.Rules, addresses, d, r.Subject, opener{dns: r})
			}
		}
	}
	return half
}

// place returns the name of the one namespace that all pods of a peer are in, "" where they may be in several; false where
// it has no pods.
func place(p *graph.Peer) (namespace string, ok bool) {
	switch n := confined(p); {
	case n != nil:
		return n.Name, true
	case p.Kind == graph.DNS:
		return p.DNS.Namespace, p.DNS.HasPods()
	}
	return "", p.Workload != nil || p.Kind == graph.Any || p.Kind == graph.AllNamespaces || p.Kind == graph.WholeNamespace
}
