package graph

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
}

// DNSRules returns the DNS egress of every subject: those with an edge to `dns`, those whose workload says
// `dns: true`, and by `dns: auto` those that are isolated for egress and have an egress edge. A workload in a
// namespace that has a rule for all its pods has none of its own, and `dns: false` takes away what auto would give.
func (g *Graph) DNSRules() []DNSRule {
	all := g.WantedDNS()
	wide := map[*Namespace]bool{}
	for _, r := range all {
		if r.Workload == nil {
			wide[r.Namespace] = true
		}
	}
	return slices.DeleteFunc(all, func(r DNSRule) bool { return r.Workload != nil && wide[r.Namespace] })
}

// WantedDNS returns the DNS egress of every subject before the rules of whole namespaces take the place of those of
// their workloads, one rule a subject, sorted by namespace and workload, whole namespaces first.
func (g *Graph) WantedDNS() []DNSRule {
	rules := map[Subject]DNSRule{}
	for _, e := range g.Edges {
		if !e.Emits(Egress) {
			continue
		}
		asked := e.To.Kind == DNS && e.Ports.Contains(e.To.DNS.PortSet())
		for _, s := range g.Subjects(e.From, Egress) {
			dns := &s.Namespace.Owner.DNS
			r, known := rules[s]
			switch {
			case asked:
				rules[s] = DNSRule{s, dns, append(r.Asked, e), cmp.Or(r.Cause, e)}
			case !known && s.wantsDNS(dns.Auto):
				rules[s] = DNSRule{s, dns, nil, e}
			}
		}
	}
	for _, w := range g.Workloads {
		s := Subject{w.Namespace, w}
		if _, known := rules[s]; !known && w.DNS.Is(true) && w.Isolated(Egress) {
			rules[s] = DNSRule{Subject: s, Config: &w.Namespace.Owner.DNS}
		}
	}
	return slices.SortedFunc(maps.Values(rules), func(a, b DNSRule) int { return a.Subject.compare(b.Subject) })
}

func (s Subject) wantsDNS(auto bool) bool {
	if s.Workload != nil && s.Workload.DNS.Set {
		return s.Workload.DNS.Value
	}
	return auto
}

func (s Subject) compare(t Subject) int {
	return strings.Compare(s.String(), t.String())
}

// String returns ns/name, or ns/* for every pod.
func (s Subject) String() string {
	if s.Workload == nil {
		return s.Namespace.Name + "/*"
	}
	return s.Workload.String()
}
