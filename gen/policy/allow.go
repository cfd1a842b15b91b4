package policy

import (
	"cmp"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// builder makes the objects of a graph.
type builder struct {
	*shared
	graph *graph.Graph
	// names is set where the objects can say names of hosts and requests. Else hosts are all addresses, and edges open
	// their ports as a whole; where least is set, such edges are left out.
	names, least bool
	findings     diag.List
	// allow is the allow objects: byName those of packages that want one for each edge and side, bySubject all others, by
	// the numbers of their subjects for each direction.
	allow     []*object
	byName    map[nameKey]*object
	bySubject [graph.Both][]*object
	// room for the parts of one object
	halves []half
	flows  []flow
	rules  []rule
	peers  []networkingv1.NetworkPolicyPeer
	same   []half
	// lines of its annotations
	edgeLines, whyLines lines
}

// edge is an edge with what both of its halves need.
type edge struct {
	*graph.Edge
	ports *ports
	why   string
}

type nameKey struct {
	namespace *graph.Namespace
	name      string
}

func newBuilder(g *graph.Graph) *builder {
	return &builder{
		shared: newShared(), graph: g,
		byName: map[nameKey]*object{},
		bySubject: [...][]*object{
			graph.Ingress: make([]*object, g.Numbers()), graph.Egress: make([]*object, g.Numbers()),
		},
	}
}

// allowObjects returns the allow objects by namespace and name.
func (b *builder) allowObjects() []*object {
	edges := make([]edge, len(b.graph.Edges))
	for i := range edges {
		e := &edges[i]
		e.Edge = b.graph.Edges[i]
		e.ports, e.why = b.portsOf(e.Ports), e.Decl.Why
		for _, d := range graph.AllDirections() {
			if e.Emits(d) {
				b.addEdge(e, d)
			}
		}
	}
	rules := b.graph.DNSRules()
	for i := range rules {
		b.addDNS(&rules[i])
	}
	sortObjects(b.allow)
	return b.allow
}

// addEdge adds one half of an edge to the objects of its subjects.
func (b *builder) addEdge(e *edge, d graph.Directions) {
	subject, other := e.End(d)
	if d == graph.Egress && other.Kind == graph.DNS && b.dnsOf(other.DNS).only(e.Ports) {
		return // DNSRules holds it
	}
	if b.least && (len(other.Hosts()) > 0 || len(e.HTTP()) > 0) {
		return
	}
	for _, s := range b.graph.Subjects(subject, d) {
		var o *object
		if s.Namespace.Owner.Output.PerEdge {
			o = b.named(s, d, edgeName(s, subject, other, d))
		} else {
			o = b.grouped(s, d)
		}
		o.edges = append(o.edges, e)
	}
}

func (b *builder) addDNS(r *graph.DNSRule) {
	if r.Namespace.Owner.Output.PerEdge {
		b.named(r.Subject, graph.Egress, dnsName(r.Subject)).dns = r
	} else {
		b.grouped(r.Subject, graph.Egress).dns = r
	}
}

// named returns the object of a name.
func (b *builder) named(s graph.Subject, d graph.Directions, name string) *object {
	key := nameKey{s.Namespace, name}
	o := b.byName[key]
	if o == nil {
		o = &object{subject: s, direction: d, name: name}
		b.byName[key] = o
		b.allow = append(b.allow, o)
	}
	return o
}

// grouped returns the one object that holds a subject's edges of one direction.
func (b *builder) grouped(s graph.Subject, d graph.Directions) *object {
	o := b.bySubject[d][s.Number()]
	if o == nil {
		o = &object{subject: s, direction: d, name: workloadName(s, d), edges: make([]*edge, 0, 4)}
		b.bySubject[d][s.Number()] = o
		b.allow = append(b.allow, o)
	}
	return o
}

// half is the half of an edge that an object holds.
type half struct {
	edge *edge
	// peer is the end that the object does not select, name what edges of the object's namespace call it.
	peer *graph.Peer
	name string
	// requests is what may pass of HTTP, "" for everything.
	requests string
}

// flow is all that one object says of one peer, or of some requests to it: halves with equal peers and requests.
type flow struct {
	halves []half
	ports  *ports
	peers  []networkingv1.NetworkPolicyPeer
	// rule is the number of the rule that the peer is in.
	rule int
}

// flowsOf returns the flows of an object by the names of their peers. They are valid until the next call.
func (b *builder) flowsOf(o *object) []flow {
	b.halves = b.halves[:0]
	for _, e := range o.edges {
		_, peer := e.End(o.direction)
		h := half{edge: e, peer: peer, name: peer.NameIn(o.subject.Namespace)}
		if b.names {
			h.requests = graph.RequestsText(e.HTTP())
		}
		b.halves = append(b.halves, h)
	}
	// Edges with one peer stay in the order in which they were written.
	slices.SortStableFunc(b.halves, func(x, y half) int {
		if x.name != y.name {
			return cmp.Compare(x.name, y.name)
		}
		return cmp.Or(x.peer.Key().Compare(y.peer.Key()), cmp.Compare(x.requests, y.requests))
	})
	b.flows = b.flows[:0]
	for rest := b.halves; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].samePeer(rest[0]) && rest[n].requests == rest[0].requests {
			n++
		}
		b.flows = append(b.flows, flow{halves: rest[:n], ports: b.together(rest[:n])})
		rest = rest[n:]
	}
	return b.flows
}

// samePeer compares the names first, as they are cheaper: equal peers have equal names.
func (h half) samePeer(other half) bool {
	return h.name == other.name && h.peer.Key() == other.peer.Key()
}

// together returns the ports of halves.
func (b *builder) together(halves []half) *ports {
	if len(halves) == 1 {
		return halves[0].edge.ports
	}
	var set graph.PortSet
	for _, h := range halves {
		set.Union(h.edge.Ports)
	}
	return b.portsOf(set)
}

// allowPolicy writes an allow object.
func (b *builder) allowPolicy(p *networkingv1.NetworkPolicy, o *object) {
	flows := b.flowsOf(o)
	if o.subject.Namespace.Owner.Output.PerEdge {
		b.unambiguous(o, flows)
	}
	b.head(p, o)
	p.Annotations = b.annotations(o, flows)
	rules := b.rulesOf(o, flows)
	if o.direction == graph.Ingress {
		p.Spec.Ingress = make([]networkingv1.NetworkPolicyIngressRule, len(rules))
		for i, r := range rules {
			p.Spec.Ingress[i] = networkingv1.NetworkPolicyIngressRule{Ports: r.ports.policy, From: r.peers}
		}
		return
	}
	p.Spec.Egress = make([]networkingv1.NetworkPolicyEgressRule, len(rules))
	for i, r := range rules {
		p.Spec.Egress[i] = networkingv1.NetworkPolicyEgressRule{Ports: r.ports.policy, To: r.peers}
	}
}

// unambiguous refuses a second, different peer in an object that is named after its one peer.
func (b *builder) unambiguous(o *object, flows []flow) {
	if len(flows) == 0 {
		return
	}
	_, named := o.edges[0].End(o.direction)
	for _, f := range flows {
		first := f.halves[0]
		if first.edge == o.edges[0] || first.peer.Key() == named.Key() {
			continue
		}
		b.findings.Errorf(diag.ObjectNameClash, first.edge.Decl.Pos, "the object `%s` in namespace `%s` is already taken by another peer called `%s`", o.name, o.subject.Namespace.Name, first.name).
			WithHelp("rename one of the two, or use `output: grouping: \"workload\"`").WithRelated(o.edges[0].Decl.Pos, "the other edge")
	}
}
