package check

import (
	"net/netip"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	rules map[graph.Subject]graph.DNSRule
	// from and to hold the edges by the workload at that end; fromWide and toWide those with a peer there that selects
	// every pod of a namespace.
	from, to         map[*graph.Workload][]*graph.Edge
	fromWide, toWide map[*graph.Namespace][]*graph.Edge
	// wider is the other workloads that also select a workload's pods, with it those and the workload itself; narrower
	// is the workloads whose pods it also selects.
	wider, with, narrower map[*graph.Workload][]*graph.Workload
	// ports is what portsOf has worked out.
	ports map[side]graph.PortSet
}

// side is one direction of a subject.
type side struct {
	graph.Subject
	direction graph.Directions
}

func newReacher(g *graph.Graph) *reacher {
	r := &reacher{
		Graph: g, rules: map[graph.Subject]graph.DNSRule{},
		from: map[*graph.Workload][]*graph.Edge{}, to: map[*graph.Workload][]*graph.Edge{},
		fromWide: map[*graph.Namespace][]*graph.Edge{}, toWide: map[*graph.Namespace][]*graph.Edge{},
		ports: map[side]graph.PortSet{},
		wider: wider(g), with: make(map[*graph.Workload][]*graph.Workload, len(g.Workloads)),
		narrower: map[*graph.Workload][]*graph.Workload{},
	}
	for _, w := range g.Workloads {
		r.with[w] = append([]*graph.Workload{w}, r.wider[w]...)
		for _, x := range r.wider[w] {
			r.narrower[x] = append(r.narrower[x], w)
		}
	}
	for _, rule := range g.DNSRules() {
		r.rules[rule.Subject] = rule
	}
	for _, e := range g.Edges {
		if w := e.From.Workload; w != nil {
			r.from[w] = append(r.from[w], e)
		} else {
			r.addWide(r.fromWide, e.From, e)
		}
		if w := e.To.Workload; w != nil {
			r.to[w] = append(r.to[w], e)
		} else {
			r.addWide(r.toWide, e.To, e)
		}
	}
	return r
}

// addWide adds an edge to the namespaces of which a peer selects every pod.
func (r *reacher) addWide(edges map[*graph.Namespace][]*graph.Edge, p *graph.Peer, e *graph.Edge) {
	switch p.Kind {
	case graph.WholeNamespace:
		edges[p.Namespace] = append(edges[p.Namespace], e)
	case graph.AllNamespaces:
		for _, n := range r.Namespaces {
			edges[n] = append(edges[n], e)
		}
	}
}

// selecting returns the workloads that select an end's pods.
func (r *reacher) selecting(e end) []*graph.Workload {
	switch {
	case e.workload != nil:
		return r.with[e.workload]
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
	byWorkload, wide := r.from, r.fromWide
	if d == graph.Ingress {
		byWorkload, wide = r.to, r.toWide
	}
	add := func(edges []*graph.Edge) {
		for _, e := range edges {
			s, o := e.End(d)
			if e.Emits(d) && governs(s, subject) && r.matches(o, other) {
				out.ports.Union(e.Ports)
				out.edges = append(out.edges, e)
			}
		}
	}
	for _, w := range r.selecting(subject) {
		add(byWorkload[w])
	}
	add(wide[subject.namespace])
	if d == graph.Egress {
		r.openDNS(subject, other, &out)
	}
	return out
}

// openDNS adds the DNS egress that no edge writes.
func (r *reacher) openDNS(subject, other end, out *opened) {
	add := func(s graph.Subject) {
		rule, ok := r.rules[s]
		if ok && (other.isPod() && isDNSServer(rule.Config, other) || !other.isPod() && graph.Overlap(graph.Blocks(rule.Config.CIDRs, nil), other.blocks)) {
			out.ports.Union(rule.Config.PortSet())
			out.edges = append(out.edges, rule.Asked...)
			if len(rule.Asked) == 0 {
				out.dns = append(out.dns, rule)
			}
		}
	}
	add(graph.Subject{Namespace: subject.namespace})
	for _, w := range r.selecting(subject) {
		add(graph.Subject{Namespace: subject.namespace, Workload: w})
	}
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

// ends returns the ends that a peer stands for.
func (r *reacher) ends(p *graph.Peer) []end {
	switch {
	case p.Workload != nil:
		out := []end{{namespace: p.Namespace, workload: p.Workload}}
		for _, w := range r.narrower[p.Workload] {
			out = append(out, end{namespace: p.Namespace, workload: w})
		}
		return out
	case p.Kind == graph.WholeNamespace:
		return namespaceEnds(p.Namespace)
	case p.Kind == graph.DNS:
		var out []end
		if p.DNS.HasPods() {
			out = append(out, r.dnsEnd(p.DNS))
		}
		if len(p.Blocks) > 0 {
			out = append(out, end{blocks: p.Blocks})
		}
		return out
	case p.Kind == graph.AllNamespaces, p.Kind == graph.Any:
		var out []end
		for _, n := range r.Namespaces {
			out = append(out, namespaceEnds(n)...)
		}
		out = append(out, end{})
		if p.Kind == graph.Any {
			out = append(out, end{blocks: []graph.Block{{CIDR: netip.MustParsePrefix("0.0.0.0/0")}, {CIDR: netip.MustParsePrefix("::/0")}}})
		}
		return out
	case len(p.Blocks) > 0:
		return []end{{blocks: p.Blocks}}
	}
	return nil
}

func namespaceEnds(n *graph.Namespace) []end {
	out := []end{{namespace: n}}
	for _, w := range n.Workloads {
		out = append(out, end{namespace: n, workload: w})
	}
	return out
}

// dnsEnd returns the DNS servers' pods.
func (r *reacher) dnsEnd(c *graph.DNSConfig) end {
	e := end{labels: c.Labels}
	for _, n := range r.Namespaces {
		if n.Name == c.Namespace && n.Selector == nil {
			e.namespace = n
			return e
		}
	}
	e.namespace = &graph.Namespace{Name: c.Namespace}
	return e
}

// wider returns for each workload the others of its namespace whose selector also selects its pods. Only workloads
// that share a label are compared.
func wider(g *graph.Graph) map[*graph.Workload][]*graph.Workload {
	out := map[*graph.Workload][]*graph.Workload{}
	for _, n := range g.Namespaces {
		index := indexByLabel(n.Workloads)
		for _, w := range n.Workloads {
			for _, candidate := range index.candidates(w) {
				if candidate != w && graph.AlsoSelects(candidate.Selector, w.Selector) {
					out[w] = append(out[w], candidate)
				}
			}
		}
	}
	return out
}

// labelIndex holds workloads by the rarest of their labels, and apart those that only expressions select.
type labelIndex struct {
	byLabel map[[2]string][]*graph.Workload
	others  []*graph.Workload
}

func indexByLabel(workloads []*graph.Workload) labelIndex {
	count := map[[2]string]int{}
	for _, w := range workloads {
		for k, v := range w.Selector.MatchLabels {
			count[[2]string{k, v}]++
		}
	}
	index := labelIndex{byLabel: map[[2]string][]*graph.Workload{}}
	for _, w := range workloads {
		var rarest [2]string
		for k, v := range w.Selector.MatchLabels {
			label := [2]string{k, v}
			if rarest == [2]string{} || count[label] < count[rarest] || count[label] == count[rarest] && label[0]+label[1] < rarest[0]+rarest[1] {
				rarest = label
			}
		}
		if rarest == [2]string{} {
			index.others = append(index.others, w)
		} else {
			index.byLabel[rarest] = append(index.byLabel[rarest], w)
		}
	}
	return index
}

// candidates returns the workloads that could also select w's pods.
func (i labelIndex) candidates(w *graph.Workload) []*graph.Workload {
	out := slices.Clone(i.others)
	seen := map[[2]string]bool{}
	add := func(k, v string) {
		if label := [2]string{k, v}; !seen[label] {
			seen[label] = true
			out = append(out, i.byLabel[label]...)
		}
	}
	for k, v := range w.Selector.MatchLabels {
		add(k, v)
	}
	for _, e := range w.Selector.MatchExpressions {
		if e.Operator == metav1.LabelSelectorOpIn {
			for _, v := range e.Values {
				add(e.Key, v)
			}
			continue
		}
		for label := range i.byLabel {
			if label[0] == e.Key {
				add(label[0], label[1])
			}
		}
	}
	slices.SortFunc(out, func(a, b *graph.Workload) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}
