package draft

import (
	"maps"
	"slices"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// profile is a DNS profile of the language (docs/language.md, DNS), as far as policies show it.
type profile struct {
	name   string
	server world.DNSServer
}

// profiles returns the profiles whose servers are pods, the usual one first.
func profiles() []profile {
	var out []profile
	for _, s := range world.DNSServers() {
		if s.Pod == nil {
			continue
		}
		for _, value := range s.Pod.Labels {
			name := value
			if s.Pod.Namespace == world.OpenShiftDNS {
				name = "openshift"
			}
			out = append(out, profile{name, s})
		}
	}
	return out
}

// dns puts edges to `dns` in the place of those to the servers of one profile, on both protocols of its port: the profile
// that most edges are to. Other rules for DNS stay what they are.
func (m *importer) dns() {
	var found []*edge
	for _, p := range profiles() {
		if edges := m.toServers(p); len(edges) > len(found) {
			found, m.profile = edges, p
		}
	}
	asked := map[*node]bool{}
	if len(found) > 0 {
		to := &node{builtin: "dns"}
		var rest, dns []*edge
		for _, e := range m.edges {
			if !slices.Contains(found, e) {
				rest = append(rest, e)
				continue
			}
			dns = append(dns, &edge{edgeKey: edgeKey{from: e.from, to: to}, origin: e.origin})
			for _, s := range m.subjects(e.from, graph.Egress) {
				asked[s] = true
			}
			if e.ports = e.ports.Minus(m.profile.server.Ports()); !e.ports.IsEmpty() {
				rest = append(rest, e)
			}
		}
		m.edges = append(rest, dns...)
	}
	wanted := map[*node]bool{}
	for _, e := range m.edges {
		if e.half != graph.Ingress && e.to.builtin == "" {
			for _, s := range m.subjects(e.from, graph.Egress) {
				wanted[s] = true
			}
		}
	}
	m.auto = maps.Equal(asked, wanted)
	if m.auto {
		m.edges = slices.DeleteFunc(m.edges, func(e *edge) bool { return e.to.builtin != "" })
	}
}

// toServers returns the edges that open DNS as a profile does, and perhaps more ports.
func (m *importer) toServers(p profile) []*edge {
	var out []*edge
	for _, e := range m.edges {
		s := e.to.space
		if e.half != graph.Ingress && s != nil && s.selector == nil && !s.owned && s.name == p.server.Pod.Namespace && e.to.isWorkload() &&
			len(e.to.selector.MatchExpressions) == 0 && maps.Equal(e.to.selector.MatchLabels, p.server.Pod.Labels) &&
			p.server.Ports().Within(e.ports) && !e.ports.Equal(sets.AllPorts()) && len(m.subjects(e.from, graph.Egress)) > 0 {
			out = append(out, e)
		}
	}
	return out
}
