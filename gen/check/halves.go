package check

import (
	"iter"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// halves is what the graph means, as sets: what passes in each direction, by the meaning of docs/language.md and not by
// the policies that are made of it. Subjects lie in one namespace each, so that halves are made for the pods of one
// namespace, or for all, and only once somebody asks.
type halves struct {
	*sets.Space
	graph *graph.Graph
	// openers are what opens something; the Mark of a box is the place of its opener.
	openers []opener
	peers   map[*graph.Peer]*sets.Ends
	// subjects is by the numbers of subjects.
	subjects []*sets.Pods
	// made is the halves by direction and namespace; under nil are those of all pods.
	made [2]map[*graph.Namespace]*bothKinds
	// edges is those that emit a direction, by the namespace of their subject; under nil are those of `*/*`.
	edges [2]map[*graph.Namespace][]*graph.Edge
	// near is those edges by where the others are.
	near [2]map[string][]*graph.Edge
	// toward is what narrow has made, by direction and where the others are.
	toward [2]map[string]*sets.Half
	dns    map[*graph.Namespace][]*graph.DNSRule
	// selections is the owned namespaces that selectors over namespaces select.
	selections map[*graph.Namespace][]*graph.Namespace
	knowledge  *knowledge
	resting    Resting
}

// opener is an edge or a DNS rule.
type opener struct {
	edge *graph.Edge
	dns  *graph.DNSRule
}

func (o opener) ports() graph.PortSet {
	if o.dns != nil {
		return o.dns.Config.PortSet()
	}
	return o.edge.Ports
}

// bothKinds is a half for flows between pods, and for flows between pods and addresses.
type bothKinds struct{ pods, addresses *sets.Half }

func newHalves(g *graph.Graph) *halves {
	return &halves{
		Space: sets.NewSpace(), graph: g, peers: map[*graph.Peer]*sets.Ends{}, subjects: make([]*sets.Pods, g.Numbers()),
		selections: map[*graph.Namespace][]*graph.Namespace{},
		made:       [2]map[*graph.Namespace]*bothKinds{{}, {}},
		toward:     [2]map[string]*sets.Half{{}, {}},
	}
}

// of returns what a peer denotes.
func (h *halves) of(p *graph.Peer) *sets.Ends {
	known, ok := h.peers[p]
	if ok {
		return known
	}
	out := &sets.Ends{}
	switch {
	case p.Kind == graph.Any:
		*out = sets.Everyone()
	case p.Workload != nil:
		out.Pods = []sets.Pods{h.workload(p.Workload)}
	case p.Kind == graph.WholeNamespace:
		out.Pods = []sets.Pods{h.namespace(p.Namespace)}
	case p.Kind == graph.AllNamespaces:
		out.Pods = []sets.Pods{{}}
	case p.Kind == graph.DNS:
		out = h.servers(p.DNS)
	case len(p.Hosts()) > 0:
		out.Addresses = sets.AllAddresses() // any that a name may have
	default:
		out.Addresses = graph.BlockAddresses(p.Blocks)
	}
	h.peers[p] = out
	return out
}

// servers returns the DNS servers.
func (h *halves) servers(c *graph.DNSConfig) *sets.Ends {
	out := &sets.Ends{Addresses: sets.AddressesOf(c.CIDRs, nil)}
	if c.HasPods() {
		selector := c.PodSelector()
		out.Pods = []sets.Pods{h.Select(h.Namespace(c.Namespace), &selector)}
	}
	return out
}

func (h *halves) namespace(n *graph.Namespace) sets.Pods {
	return h.subject(graph.Subject{Namespace: n})
}

func (h *halves) workload(w *graph.Workload) sets.Pods {
	return h.subject(graph.Subject{Namespace: w.Namespace, Workload: w})
}

// subject returns the pods of a subject.
func (h *halves) subject(s graph.Subject) sets.Pods {
	if known := h.subjects[s.Number()]; known != nil {
		return *known
	}
	var p sets.Pods
	switch {
	case s.Workload != nil:
		p = h.Select(h.namespace(s.Namespace), &s.Workload.Selector)
	case s.Namespace.Selector != nil:
		p = h.Namespaces(s.Namespace.Selector)
	default:
		p = h.Namespace(s.Namespace.Name)
	}
	if s.Number() != 0 {
		h.subjects[s.Number()] = &p
	}
	return p
}

// subjectSide is the end of a flow that policies of a direction select.
func subjectSide(d graph.Directions) sets.Side {
	if d == graph.Egress {
		return sets.Source
	}
	return sets.Destination
}

// half returns what passes in a direction, for flows whose subject lies in a namespace, or with nil anywhere; nil is
// that everything passes.
func (h *halves) half(d graph.Directions, kind sets.Kind, n *graph.Namespace) *sets.Half {
	if !kind.HasPods(subjectSide(d)) {
		return nil
	}
	made, ok := h.made[d-1][n]
	if !ok {
		made = &bothKinds{h.NewHalf(), h.NewHalf()}
		h.made[d-1][n] = made
		if n != nil {
			h.fill(made, d, n)
		} else {
			for _, n := range h.graph.Namespaces {
				h.fill(made, d, n)
			}
		}
	}
	if kind == sets.PodToPod {
		return made.pods
	}
	return made.addresses
}

// fill adds what the graph says of the pods of a namespace.
func (h *halves) fill(to *bothKinds, d graph.Directions, n *graph.Namespace) {
	if !n.Owned() {
		return
	}
	h.addIsolated(to.pods, to.addresses, d, n)
	h.eachOpener(n, d, func(s graph.Subject, o opener) {
		h.addOpener(to.pods.Rules, to.addresses.Rules, d, s, o)
	})
}

// addIsolated adds the subjects of a namespace that are isolated.
func (h *halves) addIsolated(pods, addresses *sets.Half, d graph.Directions, n *graph.Namespace) {
	for _, s := range h.isolated(n, d) {
		h.add(pods.Isolated, addresses.Isolated, d, h.subject(s), new(sets.Everyone()), sets.AllPorts(), 0)
	}
}

// addOpener adds what an opener opens for a subject.
func (h *halves) addOpener(pods, addresses *sets.Union, d graph.Directions, s graph.Subject, o opener) {
	mark := int32(len(h.openers))
	h.openers = append(h.openers, o)
	if o.dns != nil {
		h.add(pods, addresses, d, h.subject(s), h.servers(o.dns.Config), o.dns.Config.PortSet().Set(), mark)
		return
	}
	_, other := o.edge.End(d)
	h.add(pods, addresses, d, h.subject(s), h.of(other), o.edge.Ports.Set(), mark)
}

// isolated returns the subjects of a namespace that are isolated in a direction.
func (h *halves) isolated(n *graph.Namespace, d graph.Directions) []graph.Subject {
	if n.DeniesAll(d) {
		return []graph.Subject{{Namespace: n}}
	}
	var out []graph.Subject
	for _, w := range n.Workloads {
		if w.Isolated(d) {
			out = append(out, graph.Subject{Namespace: n, Workload: w})
		}
	}
	return out
}

// flows returns the flows of a kind between the peers of an edge, on its ports.
func (h *halves) flows(e *graph.Edge, kind sets.Kind) []*sets.Box {
	return h.Between(kind, *h.of(e.From), *h.of(e.To), e.Ports.Set())
}

// confined returns the namespace that all pods of a peer are in; nil where they may be in several.
func confined(p *graph.Peer) *graph.Namespace {
	if p.Namespace == nil || p.Namespace.Selector != nil || p.Kind != graph.WholeNamespace && p.Workload == nil {
		return nil
	}
	return p.Namespace
}

// add adds the flows between a subject and others.
func (h *halves) add(pods, addresses *sets.Union, d graph.Directions, subject sets.Pods, other *sets.Ends, ports sets.Ports, mark int32) {
	for _, p := range other.Pods {
		b := h.between(d, subject, p, ports)
		b.Mark = mark
		pods.Add(b)
	}
	if !other.Addresses.IsEmpty() {
		b := h.FlowsWith(subjectSide(d), subject, other.Addresses, ports)
		b.Mark = mark
		addresses.Add(b)
	}
}

func (h *halves) between(d graph.Directions, subject, other sets.Pods, ports sets.Ports) *sets.Box {
	if d == graph.Egress {
		return h.Flows(subject, other, ports)
	}
	return h.Flows(other, subject, ports)
}

// eachOpener calls do with what opens a direction for the subjects of a namespace.
func (h *halves) eachOpener(n *graph.Namespace, d graph.Directions, do func(graph.Subject, opener)) {
	for o := range h.openersOf(n, d) {
		if o.dns != nil {
			do(o.dns.Subject, o)
			continue
		}
		subject, _ := o.edge.End(d)
		if subject.Kind == graph.AllNamespaces {
			subject = &graph.Peer{Kind: graph.WholeNamespace, Namespace: n}
		}
		for _, s := range h.graph.Subjects(subject, d) {
			do(s, o)
		}
	}
}

// openersOf returns what opens a direction for pods of a namespace, if any is isolated.
func (h *halves) openersOf(n *graph.Namespace, d graph.Directions) iter.Seq[opener] {
	if h.edges[d-1] == nil {
		h.indexEdges(d)
	}
	return func(yield func(opener) bool) {
		for _, e := range h.edges[d-1][n] {
			if !yield(opener{edge: e}) {
				return
			}
		}
		for _, e := range h.edges[d-1][nil] {
			if subject, _ := e.End(d); subject.Package.Owns(n.Name) && !yield(opener{edge: e}) {
				return
			}
		}
		if d != graph.Egress {
			return
		}
		for _, r := range h.dns[n] {
			if !yield(opener{dns: r}) {
				return
			}
		}
	}
}

func (h *halves) indexEdges(d graph.Directions) {
	by := map[*graph.Namespace][]*graph.Edge{}
	for _, e := range h.graph.Edges {
		if !e.Emits(d) {
			continue
		}
		switch p, _ := e.End(d); {
		case p.Kind == graph.AllNamespaces:
			by[nil] = append(by[nil], e)
		case p.Workload != nil || p.Kind == graph.WholeNamespace:
			if p.Namespace.Owned() {
				by[p.Namespace] = append(by[p.Namespace], e)
			}
		}
	}
	h.edges[d-1] = by
	if d == graph.Egress {
		h.dns = map[*graph.Namespace][]*graph.DNSRule{}
		rules := h.graph.DNSRules()
		for i := range rules {
			n := rules[i].Namespace
			h.dns[n] = append(h.dns[n], &rules[i])
		}
	}
}
