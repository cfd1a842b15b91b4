package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/draft"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// maxRelated is the most places that one finding lists.
const maxRelated = 5

// several tells of a workload that selects the pods of more than one object.
func (c *checker) several(w *graph.Workload, pods []*inventory.Workload) {
	var different []*inventory.Workload
	for _, p := range pods {
		if !slices.ContainsFunc(different, p.Is) {
			different = append(different, p)
		}
	}
	if len(different) < 2 {
		return
	}
	finding := c.findings.Infof(diag.SelectsSeveral, w.Pos, "`%s` selects the pods of %s", c.name(w.Namespace, w.Name), list(different)).
		WithHelp("where they should differ, select by more labels; where they are one to the policies, all is well")
	for _, p := range different[:min(len(different), maxRelated)] {
		finding.WithRelated(p.Pos, "%s", p)
	}
}

// list returns the workloads as a message names them.
func list(workloads []*inventory.Workload) string {
	var names []string
	for _, w := range workloads[:min(len(workloads), maxRelated)] {
		names = append(names, w.String())
	}
	if more := len(workloads) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// hostNetwork compares whose network the pods use with what the package says. Pod selectors do not match pods on the
// node's network, so an edge of such a workload opens nothing: an error where there is one.
func (c *checker) hostNetwork(w *graph.Workload, pods []*inventory.Workload) {
	i := slices.IndexFunc(pods, func(p *inventory.Workload) bool { return p.HostNetwork })
	switch {
	case w.HostNetwork && i < 0:
		c.findings.Warnf(diag.HostNetworkPods, w.Pos, "`%s` says `hostNetwork: true`, but no pod that it selects uses the node's network", c.name(w.Namespace, w.Name)).
			WithHelp("remove `hostNetwork`, or its pods stay without policies").WithRelated(pods[0].Pos, "%s", pods[0])
	case !w.HostNetwork && i >= 0:
		message := fmt.Sprintf("the pods of %s use the node's network, and no pod selector matches those", pods[i])
		finding := c.findings.Warnf(diag.HostNetworkPods, w.Pos, "%s", message)
		if c.hasEdge(w) && !slices.ContainsFunc(pods, func(p *inventory.Workload) bool { return !p.HostNetwork }) {
			finding.Severity = diag.Error
		}
		finding.WithHelp("write `hostNetwork: true`, and the nodes' addresses in its edges").WithRelated(pods[i].Pos, "%s", pods[i])
	}
}

func (c *checker) hasEdge(w *graph.Workload) bool {
	return slices.ContainsFunc(c.g.Edges, func(e *graph.Edge) bool { return e.From.Workload == w || e.To.Workload == w })
}

// undeclared tells of pods in an own namespace that no workload selects.
func (c *checker) undeclared(n *graph.Namespace) {
	if len(c.pods[n]) == 0 {
		if len(c.adrift) == 0 {
			c.findings.Infof(diag.NoManifests, n.Pos, "no workload of %s is in namespace `%s`, so nothing there was compared", c.from, n.Name)
		}
		return
	}
	closed, governed := c.closed(n), c.wholeNamespace(n)
	if closed == 0 && governed || c.unsure[n] {
		return
	}
	for _, p := range c.pods[n] {
		if p.HostNetwork || c.accounted[p] {
			continue
		}
		finding := c.findings.Infof(diag.UndeclaredPods, n.Pos, "no workload selects the pods of %s in namespace `%s`: %s", p, n.Name, closedText(closed)).
			WithRelated(p.Pos, "%s", p)
		if labels := c.inv.Stable(p); len(labels) > 0 {
			finding.WithHelp("declare them: `workloads: %s`", c.entry(n, p.Name, labels))
		}
	}
}

// entry returns a workload as the package would declare it.
func (c *checker) entry(n *graph.Namespace, name string, labels map[string]string) string {
	name = draft.DNSLabel(name, "")
	if c.g.IsReserved(name) {
		name += "-pods"
	}
	key := draft.FieldName(c.name(n, name))
	if len(labels) == 1 && labels["app"] == name {
		return key + ": {}"
	}
	return key + ": labels: " + labelsText(labels)
}

// closed returns the directions in which all pods of a namespace are isolated and no edge opens anything to all of them.
func (c *checker) closed(n *graph.Namespace) graph.Directions {
	var out graph.Directions
	for _, d := range graph.AllDirections() {
		if n.DeniesAll(d) && !c.wholeNamespaceIn(n, d) {
			out |= d
		}
	}
	return out
}

// wholeNamespace reports whether some edge speaks of all pods of a namespace.
func (c *checker) wholeNamespace(n *graph.Namespace) bool {
	return c.wholeNamespaceIn(n, graph.Ingress) || c.wholeNamespaceIn(n, graph.Egress)
}

func (c *checker) wholeNamespaceIn(n *graph.Namespace, d graph.Directions) bool {
	return slices.ContainsFunc(c.g.Edges, func(e *graph.Edge) bool {
		subject, _ := e.End(d)
		if !e.Emits(d) {
			return false
		}
		switch subject.Kind {
		case graph.WholeNamespace:
			return subject.Namespace == n
		case graph.AllNamespaces:
			return subject.Package.Owns(n.Name)
		}
		return false
	})
}

func closedText(closed graph.Directions) string {
	switch closed {
	case graph.Both:
		return "the default deny cuts them off"
	case graph.Ingress:
		return "the default deny lets nobody reach them"
	case graph.Egress:
		return "the default deny lets them reach nobody"
	}
	return "no policy closes them"
}
