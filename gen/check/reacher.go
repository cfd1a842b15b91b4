package check

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/graph"
)

// end is one end of a flow: pods that a workload declares, the other pods of a namespace, the DNS servers' pods, or
// addresses outside of the cluster.
type end struct {
	namespace *graph.Namespace
	workload  *graph.Workload
	// labels are those of pods that no workload declares.
	labels map[string]string
	blocks []graph.Block
}

func (e end) isPod() bool { return e.blocks == nil }

// reacher answers which flows the declared edges allow, by the meaning of docs/language.md.
type reacher struct {
	*graph.Graph
	// rules is the DNS egress of subjects by their numbers, nil where there is none.
	rules []*graph.DNSRule
	// wider is the other workloads that also select a workload's pods; narrower is the workloads whose pods it also
	// selects. Few have any.
	wider, narrower map[*graph.Workload][]*graph.Workload
	// edges and ports are what edgesOf and portsOf have worked out, for ingress and egress.
	edges [2]*edgeIndex
	ports [2][]graph.PortSet
}

func newReacher(g *graph.Graph) *reacher {
	r := &reacher{Graph: g, rules: make([]*graph.DNSRule, g.Numbers()), wider: wider(g), narrower: map[*graph.Workload][]*graph.Workload{}}
	for _, w := range g.Workloads {
		for _, x := range r.wider[w] {
			r.narrower[x] = append(r.narrower[x], w)
		}
	}
	rules := g.DNSRules()
	for i := range rules {
		r.rules[rules[i].Number()] = &rules[i]
	}
	return r
}

// selecting returns the workloads that select an end's pods, its own first.
func (r *reacher) selecting(e end) []*graph.Workload {
	switch {
	case e.workload != nil:
		at := e.workload.Place()
		own := e.workload.Namespace.Workloads[at : at+1 : at+1]
		if wider := r.wider[e.workload]; len(wider) > 0 {
			return append(own, wider...)
		}
		return own
	case e.labels != nil && e.namespace != nil:
		var out []*graph.Workload
		for _, w := range e.namespace.Workloads {
			if graph.MatchesLabels(w.Selector, e.labels) {
				out = append(out, w)
			}
		}
		return out
	}
	return nil
}

// isolated reports whether a policy isolates an end's pods in a direction.
func (r *reacher) isolated(e end, d graph.Directions) bool {
	if !e.isPod() || e.namespace == nil || e.workload != nil && e.workload.HostNetwork {
		return false
	}
	if e.namespace.DeniesAll(d) {
		return true
	}
	return slices.ContainsFunc(r.selecting(e), func(w *graph.Workload) bool { return w.Isolated(d) })
}

// opened is the ports that are open in one direction between two ends, and the edges that open them; no edges where
// nothing isolates the end.
type opened struct {
	ports graph.PortSet
	edges []*graph.Edge
	// dns is the DNS egress that opens it without an edge.
	dns []graph.DNSRule
}

// open returns what is open in direction d: what subject may send to other, or receive from it.
func (r *reacher) open(subject, other end, d graph.Directions) opened {
	if !r.isolated(subject, d) {
		return opened{ports: graph.PortSet{All: true}}
	}
	var out opened
	add := func(s graph.Subject) {
		for _, e := range r.edgesOf(s, d) {
			if s, o := e.End(d); governs(s, subject) && r.matches(o, other) {
				out.ports.Union(e.Ports)
				out.edges = append(out.edges, e)
			}
		}
	}
	for _, w := range r.selecting(subject) {
		add(graph.Subject{Namespace: w.Namespace, Workload: w})
	}
	add(graph.Subject{Namespace: subject.namespace})
	if d == graph.Egress {
		r.openDNS(subject, other, &out)
	}
	return out
}

// openDNS adds the DNS egress that no edge writes.
func (r *reacher) openDNS(subject, other end, out *opened) {
	add := func(w *graph.Workload) {
		rule := r.rule(subject.namespace, w)
		if rule != nil && (other.isPod() && isDNSServer(rule.Config, other) || !other.isPod() && graph.Overlap(graph.Blocks(rule.Config.CIDRs, nil), other.blocks)) {
			out.ports.Union(rule.Config.PortSet())
			out.edges = append(out.edges, rule.Asked...)
			if len(rule.Asked) == 0 {
				out.dns = append(out.dns, *rule)
			}
		}
	}
	add(nil)
	for _, w := range r.selecting(subject) {
		add(w)
	}
}

// rule returns the DNS egress of a subject, nil where there is none.
func (r *reacher) rule(n *graph.Namespace, w *graph.Workload) *graph.DNSRule {
	return r.rules[graph.Subject{Namespace: n, Workload: w}.Number()]
}

// governs reports whether a policy for a peer as subject selects the end: a subject is a workload, `*`, `ns/*` of an
// owned namespace, or `*/*` in the namespaces that the writing package owns.
func governs(p *graph.Peer, e end) bool {
	switch {
	case !e.isPod() || e.namespace == nil || !e.namespace.Owned():
		return false
	case p.Workload != nil:
		return p.Namespace == e.namespace
	case p.Kind == graph.WholeNamespace:
		return p.Namespace == e.namespace
	case p.Kind == graph.AllNamespaces:
		return p.Package.Owns(e.namespace.Name)
	}
	return false
}

// matches reports whether a peer denotes the end.
func (r *reacher) matches(p *graph.Peer, e end) bool {
	switch {
	case p.Kind == graph.Any:
		return true
	case !e.isPod():
		return len(p.Blocks) > 0 && graph.Overlap(p.Blocks, e.blocks)
	case p.Workload != nil:
		return inNamespace(p.Namespace, e) && slices.Contains(r.selectingIn(p, e), p.Workload)
	case p.Kind == graph.WholeNamespace:
		return inNamespace(p.Namespace, e)
	case p.Kind == graph.AllNamespaces:
		return true
	case p.Kind == graph.DNS:
		return isDNSServer(p.DNS, e)
	}
	return false
}

// selectingIn is selecting, also for a workload that is declared in a namespace selected by labels.
func (r *reacher) selectingIn(p *graph.Peer, e end) []*graph.Workload {
	out := r.selecting(e)
	if p.Namespace != e.namespace && e.workload != nil && graph.AlsoSelects(p.Workload.Selector, e.workload.Selector) {
		out = append(slices.Clone(out), p.Workload)
	}
	return out
}

// inNamespace reports whether an end lies in a namespace, or in one that its selector is known to select.
func inNamespace(n *graph.Namespace, e end) bool {
	if n == e.namespace {
		return true
	}
	return e.namespace != nil && selectsNamespace(n, e.namespace)
}

// selectsNamespace reports whether a selector over namespaces selects one of which only the name is known.
func selectsNamespace(selector, n *graph.Namespace) bool {
	return selector.Selector != nil && n.Selector == nil &&
		graph.MatchesLabels(*selector.Selector, map[string]string{metav1LabelName: n.Name})
}

const metav1LabelName = "kubernetes.io/metadata.name"

func isDNSServer(c *graph.DNSConfig, e end) bool {
	if !c.HasPods() || e.namespace == nil || e.namespace.Name != c.Namespace {
		return false
	}
	if e.workload != nil {
		return graph.AlsoSelects(c.PodSelector(), e.workload.Selector)
	}
	return e.labels != nil && graph.MatchesLabels(c.PodSelector(), e.labels)
}

// ends returns the ends that a peer stands for and of which something holds.
func (r *reacher) ends(p *graph.Peer, holds func(end) bool) []end {
	var out []end
	add := func(e end) {
		if holds(e) {
			out = append(out, e)
		}
	}
	addNamespace := func(n *graph.Namespace) {
		add(end{namespace: n})
		for _, w := range n.Workloads {
			add(end{namespace: n, workload: w})
		}
	}
	switch {
	case p.Workload != nil:
		add(end{namespace: p.Namespace, workload: p.Workload})
		for _, w := range r.narrower[p.Workload] {
			add(end{namespace: p.Namespace, workload: w})
		}
	case p.Kind == graph.WholeNamespace:
		addNamespace(p.Namespace)
	case p.Kind == graph.DNS:
		if p.DNS.HasPods() {
			add(r.dnsEnd(p.DNS))
		}
		if len(p.Blocks) > 0 {
			add(end{blocks: p.Blocks})
		}
	case p.Kind == graph.AllNamespaces, p.Kind == graph.Any:
		for _, n := range r.Namespaces {
			addNamespace(n)
		}
		add(end{})
		if p.Kind == graph.Any {
			add(end{blocks: []graph.Block{{CIDR: netip.MustParsePrefix("0.0.0.0/0")}, {CIDR: netip.MustParsePrefix("::/0")}}})
		}
	case len(p.Blocks) > 0:
		add(end{blocks: p.Blocks})
	}
	return out
}

// every holds of every end.
func every(end) bool { return true }

// dnsEnd returns the DNS servers' pods.
func (r *reacher) dnsEnd(c *graph.DNSConfig) end {
	e := end{labels: c.Labels}
	at, known := slices.BinarySearchFunc(r.Namespaces, c.Namespace, func(n *graph.Namespace, name string) int {
		return strings.Compare(n.Name, name)
	})
	if known && r.Namespaces[at].Selector == nil {
		e.namespace = r.Namespaces[at]
	} else {
		e.namespace = &graph.Namespace{Name: c.Namespace}
	}
	return e
}
