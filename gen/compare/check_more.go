package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/prove"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// policies tells of policies that lie in the manifests and open what the package closes: policies only add up.
func (c *checker) policies() {
	owned := c.ownedNames()
	var objects []networkingv1.NetworkPolicy
	var from []*inventory.Policy
	for _, p := range c.inv.Policies {
		policy := p.NetworkPolicy
		if policy.Namespace == "" && len(owned) == 1 {
			policy.Namespace = owned[0]
		}
		read.Default(&policy)
		if slices.Contains(owned, policy.Namespace) && policy.Labels["app.kubernetes.io/managed-by"] != "npgen" && read.Validate(&policy) == nil {
			objects, from = append(objects, policy), append(from, p)
		}
	}
	if len(objects) == 0 {
		return
	}
	rules := read.Rules(objects)
	for i := range rules {
		c.numbers(&rules[i])
	}
	for i, opened := range prove.Opened(rules, c.g) {
		if len(opened) == 0 {
			continue
		}
		more := ""
		if len(opened) > 1 {
			more = fmt.Sprintf(", and %d more", len(opened)-1)
		}
		c.findings.Warnf(diag.PolicyOpens, from[i].Pos, "NetworkPolicy `%s` opens what the package closes: %s%s", from[i].Name, opened[0], more).
			WithHelp("policies only add up: delete it where the package takes its place, or write its edges")
	}
}

// numbers gives ports by name the numbers that the pods of the manifests have for them.
func (c *checker) numbers(p *rule.Policy) {
	for i := range p.Rules {
		r := &p.Rules[i]
		r.Named = slices.DeleteFunc(r.Named, func(n rule.PortName) bool {
			known := false
			for _, w := range c.inv.Workloads {
				isSubject := (w.Namespace == "" || w.Namespace == p.Namespace) && (rule.SelectsAll(p.Subject) || sets.Matches(*p.Subject, w.Labels))
				port := w.Port(n.Name)
				if port == nil || port.Protocol.String() != n.Protocol.String() || r.Direction == graph.Ingress && !isSubject {
					continue
				}
				known = true
				r.Ports = r.Ports.Union(graph.Single(port.Graph()).Set())
			}
			return known
		})
	}
}

// volatile warns of a selector that asks for labels which change with each release.
func (c *checker) volatile(w *graph.Workload, pods []*inventory.Workload) {
	var found []string
	for _, k := range slices.Sorted(maps.Keys(w.Selector.MatchLabels)) {
		if isVolatile(k) && !slices.ContainsFunc(pods, func(p *inventory.Workload) bool { _, stable := c.inv.Stable(p)[k]; return stable }) {
			found = append(found, k)
		}
	}
	if len(found) == 0 {
		return
	}
	c.findings.Warnf(diag.VolatileLabel, w.Pos, "`%s` selects by `%s`, which changes with the release: its pods lose their policies then", c.name(w.Namespace, w.Name), strings.Join(found, "`, `")).
		WithHelp("select by what stays: `labels: %s`", labelsText(c.inv.Stable(pods[0]))).WithRelated(pods[0].Pos, "%s", pods[0])
}

func isVolatile(key string) bool {
	return inventory.IsVersion(key) || key == "pod-template-hash" || key == "controller-revision-hash" || key == "pod-template-generation"
}

// hidesPods tells of a selector by labels that no manifest shows: which pods it leaves undeclared cannot be told.
func (c *checker) hidesPods(w *graph.Workload) {
	if len(c.pods[w.Namespace]) == 0 || !w.Namespace.Owned() || c.unsure[w.Namespace] {
		return
	}
	c.findings.Infof(diag.HidesPods, w.Pos, "`%s` selects by labels that no manifest shows, so pods of namespace `%s` that nothing declares are not looked for", c.name(w.Namespace, w.Name), w.Namespace.Name).
		WithHelp("select by a label of the pod template, as by `app`")
}

// unused tells of what no edge uses, and of edges to every address.
func (c *checker) unused() {
	for _, e := range c.g.Edges {
		if e.Decl == nil || e.To.Kind != graph.CIDR || e.To.Blocks[0].CIDR.Bits() != 0 || len(e.To.Blocks[0].Except) > 0 {
			continue
		}
		c.findings.Infof(diag.EveryAddress, e.Decl.Pos, "`%s` is every address, those of pods, nodes and the API server included", e.To.Blocks[0].CIDR).
			WithHelp("write `internet`, which leaves out private ranges, or the ranges that are meant")
	}
	used := map[string]bool{}
	for _, p := range c.g.Packages {
		for _, d := range slices.Concat(p.Allow, p.Forbid, p.Grant.Edges) {
			for _, r := range slices.Concat(d.From, d.To, d.Except) {
				used[r.Name] = true
			}
		}
		for _, g := range p.Groups {
			for _, r := range g.Peers {
				used[r.Name] = true
			}
		}
		for _, g := range p.Groups {
			if !used[g.Name.Value] {
				c.findings.Infof(diag.Unused, g.Name.Pos, "no edge uses the group `%s`", g.Name.Value).WithHelp("remove it, or use it")
			}
		}
		for _, x := range p.Externals {
			if !used[x.Name.Value] {
				c.findings.Infof(diag.Unused, x.Name.Pos, "no edge uses the external `%s`", x.Name.Value).WithHelp("remove it, or use it")
			}
		}
	}
	c.unreached()
}

// unreached tells of workloads that declare ports which nobody may reach.
func (c *checker) unreached() {
	reached := map[*graph.Workload]bool{}
	whole := map[*graph.Namespace]bool{}
	all := false
	for _, e := range c.g.Edges {
		reached[e.To.Workload] = true
		whole[e.To.Namespace] = whole[e.To.Namespace] || e.To.Kind == graph.WholeNamespace
		all = all || e.To.Kind == graph.AllNamespaces
	}
	for _, w := range c.g.Workloads {
		if all || len(w.Ports) == 0 || len(c.selects[w]) == 0 || reached[w] || whole[w.Namespace] || w.HostNetwork || !w.Namespace.Owned() ||
			!w.Namespace.DeniesAll(graph.Ingress) && !w.Isolated(graph.Ingress) {
			continue
		}
		c.findings.Infof(diag.Unused, w.Pos, "nobody may reach the ports of `%s`", c.name(w.Namespace, w.Name)).
			WithHelp("write the edges of those who call it, or remove `ports`")
	}
}
