package compare

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/sets"
)

// dnsServers finds packages whose DNS rules open nothing of where the manifests show DNS to answer.
func (c *checker) dnsServers() {
	answers := c.inv.DNSAnswers(c.links)
	pods, known := c.inv.DNSPods(c.links)
	said := map[*graph.DNSConfig]bool{}
	for _, rule := range c.g.DNSRules() {
		all := answers
		if known && len(answers) == 0 && len(rule.Config.CIDRs) == 0 {
			all = []inventory.DNSAnswer{pods}
		}
		for _, a := range all {
			if said[rule.Config] || opensAnswer(rule.Config, a) || c.edgeOpens(rule.Subject, a) {
				continue
			}
			said[rule.Config] = true
			c.findings.Warnf(diag.DNSProfile, rule.Config.Pos, "the DNS servers of the profile `%s` are not those that are asked: %s", rule.Config.Profile, a.Says).
				WithHelp("write `%s`", c.dnsField(rule.Config, a)).WithRelated(a.Pos, "this shows it")
		}
	}
}

// opensAnswer reports whether a configuration holds where DNS answers.
func opensAnswer(d *graph.DNSConfig, a inventory.DNSAnswer) bool {
	if !slices.Contains(d.Ports, a.Port) {
		return false
	}
	if a.Pods != nil {
		return d.HasPods() && d.Namespace == a.Pods.Namespace && sets.Matches(d.PodSelector(), a.Pods.Labels)
	}
	return slices.ContainsFunc(a.Addresses, func(address netip.Addr) bool {
		return slices.ContainsFunc(d.CIDRs, func(p netip.Prefix) bool { return p.Contains(address) })
	})
}

// edgeOpens reports whether an edge opens where DNS answers to a subject.
func (c *checker) edgeOpens(s graph.Subject, a inventory.DNSAnswer) bool {
	port := graph.Single(graph.Port{Range: graph.Range{Lo: a.Port, Hi: a.Port}, Protocol: graph.UDP})
	return slices.ContainsFunc(c.g.Edges, func(e *graph.Edge) bool {
		isFrom := e.From.Workload == s.Workload && e.From.Namespace == s.Namespace || e.From.Kind == graph.WholeNamespace && e.From.Namespace == s.Namespace
		return isFrom && e.Emits(graph.Egress) && e.Ports.Contains(port) && peerAnswers(e.To, a)
	})
}

func peerAnswers(p *graph.Peer, a inventory.DNSAnswer) bool {
	switch {
	case p.Kind == graph.Any:
		return true
	case a.Pods == nil:
		return slices.ContainsFunc(a.Addresses, graph.BlockAddresses(p.Blocks).Contains)
	case p.Kind == graph.AllNamespaces:
		return true
	}
	return p.Namespace != nil && p.Namespace.Name == a.Pods.Namespace && (p.Workload == nil || sets.Matches(p.Workload.Selector, a.Pods.Labels))
}

// dnsField returns what to write for where DNS answers: a profile, where one says just that, else the addresses besides.
func (c *checker) dnsField(d *graph.DNSConfig, a inventory.DNSAnswer) string {
	if a.Pods != nil && a.Pods.Namespace == inventory.OpenShiftDNS {
		return `dns: profile: "openshift"`
	}
	if a.Pods != nil {
		return fmt.Sprintf("dns: {namespace: %q, labels: {%s}, ports: [%d]}", a.Pods.Namespace, strings.Trim(labelsText(c.inv.Stable(a.Pods)), "{}"), a.Port)
	}
	var all []string
	for _, p := range append(slices.Clone(d.CIDRs), a.Ranges()...) {
		if text := fmt.Sprintf("%q", p.String()); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return fmt.Sprintf("dns: {profile: %q, cidrs: [%s]}", d.Profile, strings.Join(all, ", "))
}
