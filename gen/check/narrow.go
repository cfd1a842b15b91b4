package check

import (
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// Where the other end of an edge or a DNS rule is, besides the name of a namespace.
const (
	severalNamespaces = ""
	outside           = "(outside)"
)

// manyEdges is more edges to several namespaces than it is worth to look at for one of them.
const manyEdges = 1000

// narrow returns the half of all namespaces, for flows with others in a namespace by its name, or with addresses: what
// opens others is left out. The half of everything takes as long as the whole graph.
func (h *halves) narrow(d graph.Directions, others string) *sets.Half {
	if made := h.toward[d-1][others]; made != nil {
		return made
	}
	near, kind := h.nearby(d), sets.PodToPod
	edges := [][]*graph.Edge{near[others], near[severalNamespaces]}
	if others == outside {
		kind, edges = h.addressKind(d), edges[:1]
	}
	if n := len(near[severalNamespaces]); n > manyEdges && n > len(h.graph.Edges)/8 { // they would be added for each namespace anew
		return h.half(d, kind, nil)
	}
	half, unused := h.NewHalf(), h.NewHalf()
	pods, addresses := half, unused
	if others == outside {
		pods, addresses = unused, half
	}
	for _, n := range h.graph.Namespaces {
		if n.Owned() {
			h.addIsolated(pods, addresses, d, n)
		}
	}
	for _, list := range edges {
		for _, e := range list {
			subject, _ := e.End(d)
			for _, s := range h.graph.Subjects(subject, d) {
				h.addOpener(pods.Rules, addresses.Rules, d, s, opener{edge: e})
			}
		}
	}
	if d == graph.Egress {
		rules := h.graph.DNSRules()
		for i := range rules {
			c := rules[i].Config
			if others == outside && len(c.CIDRs) > 0 || c.HasPods() && c.Namespace == others {
				h.addOpener(pods.Rules, addresses.Rules, d, rules[i].Subject, opener{dns: &rules[i]})
			}
		}
	}
	h.toward[d-1][others] = half
	return half
}

// addressKind is the kind of flows between the subjects of a direction and addresses.
func (h *halves) addressKind(d graph.Directions) sets.Kind {
	if d == graph.Egress {
		return sets.PodToAddress
	}
	return sets.AddressToPod
}

// nearby returns the edges that emit a direction, by where the others are.
func (h *halves) nearby(d graph.Directions) map[string][]*graph.Edge {
	if h.near[d-1] != nil {
		return h.near[d-1]
	}
	near := map[string][]*graph.Edge{}
	add := func(at string, e *graph.Edge) { near[at] = append(near[at], e) }
	for _, e := range h.graph.Edges {
		if !e.Emits(d) {
			continue
		}
		switch _, p := e.End(d); {
		case p.Kind == graph.Any:
			add(severalNamespaces, e)
			add(outside, e)
		case p.Kind == graph.DNS:
			if p.DNS.HasPods() {
				add(p.DNS.Namespace, e)
			}
			if len(p.DNS.CIDRs) > 0 {
				add(outside, e)
			}
		case confined(p) != nil:
			add(p.Namespace.Name, e)
		case p.Workload != nil || p.Kind == graph.AllNamespaces || p.Kind == graph.WholeNamespace:
			add(severalNamespaces, e)
		default:
			add(outside, e)
		}
	}
	h.near[d-1] = near
	return near
}
