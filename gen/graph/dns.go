package graph

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/sets"
)

// HasPods reports whether the DNS servers are pods, besides addresses.
func (c *DNSConfig) HasPods() bool { return len(c.Labels) > 0 }

// PodSelector returns the selector of the DNS servers' pods in Namespace.
func (c *DNSConfig) PodSelector() metav1.LabelSelector {
	return metav1.LabelSelector{MatchLabels: c.Labels}
}

// PortSet returns the DNS ports, each over UDP and TCP (RFC 7766: DNS needs both).
func (c *DNSConfig) PortSet() PortSet {
	var s PortSet
	for _, n := range c.Ports {
		s.Add(Port{Range{n, n}, UDP})
		s.Add(Port{Range{n, n}, TCP})
	}
	return s
}

// key identifies the servers: configurations with equal keys mean the same peers.
func (c *DNSConfig) key() string {
	var b strings.Builder
	if c.HasPods() {
		fmt.Fprintf(&b, " %s", c.Namespace)
		for _, k := range slices.Sorted(maps.Keys(c.Labels)) {
			fmt.Fprintf(&b, " %s=%s", k, c.Labels[k])
		}
	}
	for _, p := range c.CIDRs {
		fmt.Fprintf(&b, " %s", p)
	}
	return b.String()
}

// servers returns the servers and their ports, equal for configurations that mean the same.
func (c *DNSConfig) servers() string { return c.key() + ":" + c.PortSet().String() }

// describe returns the whole configuration in one line, equal for configurations that mean the same.
func (c *DNSConfig) describe() string {
	return fmt.Sprintf("%s at%s port %s, auto %t", c.Profile, c.key(), c.PortSet(), c.Auto)
}

func blocksOf(prefixes []netip.Prefix) []Block { return Blocks(prefixes, nil) }

// DNSRule is DNS egress for one subject.
type DNSRule struct {
	Subject
	Config *DNSConfig
	// Asked is the edges to `dns` that ask for the rule; none where `dns: auto` or `dns: true` gives it.
	Asked []*Edge
	// Cause is the first edge that gave the subject DNS; nil where `dns: true` alone does.
	Cause *Edge
	// Read is set where some pod of the subject may call hosts by name, so that the answers have to be read.
	Read bool
}

// DNSRules returns the DNS egress of every subject: those with an edge to `dns`, those whose workload says
// `dns: true`, and by `dns: auto` those that are isolated for egress and have an egress edge. A workload in a
// namespace that has a rule for all its pods has none of its own, and `dns: false` takes away what auto would give.
func (g *Graph) DNSRules() []DNSRule { return g.rules }

// WantedDNS returns the DNS egress of every subject before the rules of whole namespaces take the place of those of
// their workloads, one rule a subject, by the subjects' numbers.
func (g *Graph) WantedDNS() []DNSRule { return g.wanted }

func (g *Graph) linkDNS() {
	rules := make([]DNSRule, g.Numbers())
	for _, e := range g.Edges {
		if !e.Emits(Egress) {
			continue
		}
		asked := e.To.Kind == DNS && e.Ports.Contains(e.To.declared)
		for _, s := range g.Subjects(e.From, Egress) {
			dns, r := &s.Namespace.Owner.DNS, &rules[s.Number()]
			switch {
			case asked:
				*r = DNSRule{Subject: s, Config: dns, Asked: append(r.Asked, e), Cause: cmp.Or(r.Cause, e)}
			case r.Config == nil && s.wantsDNS(dns.Auto):
				*r = DNSRule{Subject: s, Config: dns, Cause: e}
			}
		}
	}
	for _, s := range g.subjects {
		w := s.Workload
		if w != nil && rules[w.number].Config == nil && w.DNS.Is(true) && w.Isolated(Egress) {
			rules[w.number] = DNSRule{Subject: s, Config: &w.Namespace.Owner.DNS}
		}
	}
	g.readDNS(rules)
	g.wanted = slices.DeleteFunc(rules, func(r DNSRule) bool { return r.Config == nil })
	g.rules = g.wanted
	whole := func(r DNSRule) bool { return r.Workload == nil }
	if slices.ContainsFunc(g.wanted, whole) {
		var wide *Namespace
		g.rules = slices.DeleteFunc(slices.Clone(g.wanted), func(r DNSRule) bool {
			if whole(r) {
				wide = r.Namespace
			}
			return !whole(r) && r.Namespace == wide
		})
	}
}

// readDNS marks the rules of subjects that have a pod in common with one that calls hosts by name: of two rules for one
// pod, the one that does not read would win.
func (g *Graph) readDNS(rules []DNSRule) {
	calling := map[*Namespace][]Subject{}
	for _, e := range g.Edges {
		if len(e.To.Hosts()) == 0 || !e.Emits(Egress) {
			continue
		}
		for _, s := range g.Subjects(e.From, Egress) {
			calling[s.Namespace] = append(calling[s.Namespace], s)
		}
	}
	if len(calling) == 0 {
		return
	}
	for i := range rules {
		r := &rules[i]
		r.Read = r.Config != nil && slices.ContainsFunc(calling[r.Namespace], r.Meets)
	}
}

// Meets reports whether some pod that can exist is one of both subjects.
func (s Subject) Meets(t Subject) bool {
	if s.Namespace != t.Namespace {
		return false
	}
	if s.Workload == nil || t.Workload == nil || s.Workload == t.Workload {
		return true
	}
	space := sets.NewSpace()
	pods := space.Namespace(s.Namespace.Name)
	return space.Meet(space.Select(pods, &s.Workload.Selector), space.Select(pods, &t.Workload.Selector))
}

func (s Subject) wantsDNS(auto bool) bool {
	if s.Workload != nil && s.Workload.DNS.Set {
		return s.Workload.DNS.Value
	}
	return auto
}
