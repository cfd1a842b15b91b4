// Package compare holds packages against manifests: a linked graph beside what runs.
//
// In: a linked graph and an inventory. Out: findings in the package where the two differ, the manifests as related places.
// It says nothing where the manifests leave a doubt.
package compare

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/draft"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// Manifests compares a linked graph with what runs. The findings stand in the user's package, the manifests are related
// places. It says nothing where the manifests leave a doubt: of namespaces selected by labels, of labels that only
// controllers set, and of objects without a namespace that might belong to several.
func Manifests(g *graph.Graph, inv *inventory.Inventory) diag.List {
	return check(g, inv, "the manifests")
}

// Cluster is Manifests for what a cluster says that there is.
func Cluster(g *graph.Graph, inv *inventory.Inventory) diag.List {
	return check(g, inv, "the cluster")
}

func check(g *graph.Graph, inv *inventory.Inventory, from string) diag.List {
	c := &checker{
		from: from, g: g, inv: inv, links: inv.Links(), pods: map[*graph.Namespace][]*inventory.Workload{},
		selects: map[*graph.Workload][]*inventory.Workload{}, unsure: map[*graph.Namespace]bool{},
		accounted: map[*inventory.Workload]bool{},
	}
	c.place()
	c.index()
	for _, w := range g.Workloads {
		c.workload(w)
	}
	for _, e := range g.Edges {
		c.edgePorts(e)
	}
	for _, n := range g.Namespaces {
		c.knownNamespace(n)
		if n.Owned() {
			c.undeclared(n)
		}
	}
	c.apiServers()
	c.dnsServers()
	c.cni()
	c.calls()
	c.policies()
	c.unused()
	return c.findings.Sorted()
}

type checker struct {
	// from is where the inventory is from, in words.
	from     string
	g        *graph.Graph
	inv      *inventory.Inventory
	links    inventory.Links
	findings diag.List
	// pods is the manifests' workloads by namespace; nameless those whose manifests give none, adrift those of them that
	// may be in any.
	pods             map[*graph.Namespace][]*inventory.Workload
	nameless, adrift []*inventory.Workload
	// The same by label, and everything that runs.
	podsByLabel                                       map[*graph.Namespace]*byLabel
	namelessByLabel, adriftByLabel, everythingByLabel *byLabel
	// selects is the manifests' workloads that each declared one selects, as far as their labels show.
	selects map[*graph.Workload][]*inventory.Workload
	// unsure is the namespaces in which some workload selects by labels that no manifest shows.
	unsure map[*graph.Namespace]bool
	// accounted is the manifests' workloads that a declared one selects, or was probably meant to.
	accounted map[*inventory.Workload]bool
}

// place finds the namespace of each workload of the manifests. One without a namespace is in the only one that is
// owned, else where a declared workload has its name, if that is one alone.
func (c *checker) place() {
	byName := map[string]*graph.Namespace{}
	var owned []*graph.Namespace
	for _, n := range c.g.Namespaces {
		if n.Selector == nil {
			byName[n.Name] = n
		}
		if n.Owned() {
			owned = append(owned, n)
		}
	}
	for _, w := range c.inv.Workloads {
		n := byName[w.Namespace]
		if w.Namespace == "" {
			c.nameless = append(c.nameless, w)
			if n = c.only(w.Name); len(owned) == 1 {
				n = owned[0]
			}
			if n == nil {
				c.adrift = append(c.adrift, w)
			}
		}
		if n != nil {
			c.pods[n] = append(c.pods[n], w)
		}
	}
}

// only returns the namespace of the declared workload of a name, if just one has it, in the package as in the manifests.
func (c *checker) only(name string) *graph.Namespace {
	var found []*graph.Namespace
	for _, w := range c.g.Workloads {
		if w.Name == name && w.Namespace.Selector == nil {
			found = append(found, w.Namespace)
		}
	}
	same := 0
	for _, w := range c.inv.Workloads {
		if w.Name == name {
			same++
		}
	}
	if len(found) != 1 || same != 1 {
		return nil
	}
	return found[0]
}

// name returns a workload's name as the package would write it.
func (c *checker) name(n *graph.Namespace, name string) string {
	if len(c.g.Packages) == 1 && c.g.Packages[0].Namespace.Value == n.Name {
		return name
	}
	return n.Name + "/" + name
}

// known returns a selector without the labels that no manifest shows; ok is false where nothing else is left.
func known(s metav1.LabelSelector) (_ metav1.LabelSelector, ok bool) {
	out := metav1.LabelSelector{MatchLabels: maps.Clone(s.MatchLabels)}
	maps.DeleteFunc(out.MatchLabels, func(k, _ string) bool { return inventory.IsGenerated(k) })
	for _, r := range s.MatchExpressions {
		if !inventory.IsGenerated(r.Key) {
			out.MatchExpressions = append(out.MatchExpressions, r)
		}
	}
	return out, len(out.MatchLabels)+len(out.MatchExpressions) > 0
}

func (c *checker) workload(w *graph.Workload) {
	if w.Namespace.Selector != nil {
		return
	}
	selector, ok := known(w.Selector)
	pods := c.podsByLabel[w.Namespace].selected(selector)
	if !ok {
		c.hidesPods(w)
		c.unsure[w.Namespace] = true
		return
	}
	c.selects[w] = pods
	for _, p := range append(c.namelessByLabel.selected(selector), pods...) {
		c.accounted[p] = true
	}
	if len(pods) == 0 {
		if !w.Elsewhere && !w.HostNetwork && len(c.adriftByLabel.selected(selector)) == 0 {
			c.selectsNothing(w, selector)
		}
		return
	}
	c.hostNetwork(w, pods)
	c.volatile(w, pods)
	c.several(w, pods)
	c.knownPods(w, pods)
	if !w.HostNetwork {
		for _, p := range w.Ports {
			c.port(portCheck{w: w, name: p.Name, port: p.Port, pos: p.Pos, pods: pods})
		}
	}
}

// selectsNothing warns of a workload without pods, unless the manifests may simply not be those of its namespace or not
// be complete.
func (c *checker) selectsNothing(w *graph.Workload, s metav1.LabelSelector) {
	var help string
	var meant *inventory.Workload
	if len(c.pods[w.Namespace]) == 0 {
		if meant = c.elsewhere(w, s); meant == nil {
			return
		}
		help = fmt.Sprintf("%s in namespace `%s` has these labels; is that the namespace?", meant, meant.Namespace)
	} else if help, meant = c.nearest(w, s); meant == nil && c.inv.Incomplete {
		return
	}
	const otherwise = "write `elsewhere: true` where its pods are made elsewhere"
	finding := c.findings.Warnf(diag.SelectsNothing, w.Pos, "`%s` selects no pods of %s: none in namespace `%s` has %s", c.name(w.Namespace, w.Name), c.from, w.Namespace.Name, selectorText(s))
	if meant == nil {
		finding.WithHelp("%s", otherwise)
		return
	}
	c.accounted[meant] = true
	finding.WithHelp("%s else %s", help, otherwise).WithRelated(meant.Pos, "%s", meant)
}

// elsewhere returns a workload of another namespace that the selector would select.
func (c *checker) elsewhere(w *graph.Workload, s metav1.LabelSelector) *inventory.Workload {
	if !w.Namespace.Owned() {
		return nil
	}
	for _, p := range c.everythingByLabel.selected(s) {
		if p.Namespace != "" && p.Namespace != w.Namespace.Name {
			return p
		}
	}
	return nil
}

// nearest returns the workload that was probably meant, and what to write to select it.
func (c *checker) nearest(w *graph.Workload, s metav1.LabelSelector) (string, *inventory.Workload) {
	pods := c.pods[w.Namespace]
	for _, p := range pods {
		if p.Name == w.Name && len(p.Labels) > 0 {
			return c.labelsOf(p), p
		}
	}
	keys := slices.Sorted(maps.Keys(s.MatchLabels))
	for _, p := range pods {
		if label := misspelt(s, keys, p.Labels); label != "" {
			return fmt.Sprintf("did you mean `%s`?", label), p
		}
	}
	for _, p := range pods {
		if key := otherKey(s, p.Labels); key != "" {
			return fmt.Sprintf("did you mean `%s`?", labelText(key, p.Labels[key])), p
		}
	}
	for _, p := range pods {
		if len(p.Labels) > 0 && near(w.Name, p.Name) {
			return c.labelsOf(p), p
		}
	}
	return "", nil
}

func (c *checker) labelsOf(p *inventory.Workload) string {
	return fmt.Sprintf("the pods of %s have `labels: %s`;", p, labelsText(c.inv.Stable(p)))
}

// otherKey returns the key under which a pod has the one label's value that a selector asks for, the first in order.
func otherKey(s metav1.LabelSelector, labels map[string]string) string {
	if len(s.MatchLabels) != 1 || len(s.MatchExpressions) > 0 {
		return ""
	}
	out := ""
	for _, want := range s.MatchLabels {
		for k, v := range labels {
			if v == want && (out == "" || k < out) {
				out = k
			}
		}
	}
	return out
}

// misspelt returns the label of a pod that a selector misses by a few letters, where that is all it misses. The keys
// are those of the selector's labels, sorted.
func misspelt(s metav1.LabelSelector, keys []string, labels map[string]string) string {
	missed := ""
	for _, k := range keys {
		want, have := s.MatchLabels[k], labels[k]
		switch {
		case have == want:
		case missed != "" || !near(want, have):
			return ""
		default:
			missed = k
		}
	}
	rest := metav1.LabelSelector{MatchLabels: maps.Clone(s.MatchLabels), MatchExpressions: s.MatchExpressions}
	delete(rest.MatchLabels, missed)
	if missed == "" || !sets.Matches(rest, labels) {
		return ""
	}
	return labelText(missed, labels[missed])
}

// near reports whether two words differ by a few letters.
func near(a, b string) bool {
	return max(len(a), len(b))-min(len(a), len(b)) <= 2 && diag.Nearest(a, slices.Values([]string{b})) != ""
}

func labelText(key, value string) string { return draft.FieldName(key) + ": " + strconv.Quote(value) }

func labelsText(labels map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, labelText(k, labels[k]))
	}
	if len(out) == 1 {
		return out[0]
	}
	return "{" + strings.Join(out, ", ") + "}"
}

// selectorText returns a selector in one line.
func selectorText(s metav1.LabelSelector) string {
	if len(s.MatchExpressions) > 0 {
		return "`" + rule.Text(&s) + "`"
	}
	return "`labels: " + labelsText(s.MatchLabels) + "`"
}
