package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// object is an allow object while edges are added to it.
type object struct {
	subject   graph.Subject
	direction graph.Directions
	name      string
	halves    []half
	// dns is the DNS egress that the object holds, if any.
	dns *graph.DNSRule
}

// half is the half of an edge that an object holds.
type half struct {
	edge *graph.Edge
	// peer is the end that the object does not select, name what edges of the object's namespace call it.
	peer *graph.Peer
	name string
}

// flow is all that one object says of one peer: halves with equal peers.
type flow struct {
	peer   *graph.Peer
	ports  graph.PortSet
	halves []half
}

// line is one edge in an annotation; edge is the first of those with its ends.
type line struct {
	edge  *graph.Edge
	ports graph.PortSet
	why   map[string]bool
}

type builder struct {
	*selectors
	objects map[objectKey]*object
	// grouped holds the objects of a subject that are named after it alone, once they are made.
	grouped  map[groupKey]*object
	findings *diag.List
	// flows is room for those of one object.
	flows []flow
}

type objectKey struct {
	namespace *graph.Namespace
	name      string
}

type groupKey struct {
	graph.Subject
	direction graph.Directions
}

// allowObjects returns the allow objects by namespace and name.
func allowObjects(g *graph.Graph, findings *diag.List) []networkingv1.NetworkPolicy {
	b := &builder{selectors: newSelectors(), objects: map[objectKey]*object{}, grouped: map[groupKey]*object{}, findings: findings}
	for _, e := range g.Edges {
		for _, d := range directions() {
			if e.Emits(d) {
				b.addEdge(g, e, d)
			}
		}
	}
	for _, r := range g.DNSRules() {
		b.addDNS(r)
	}
	out := make([]networkingv1.NetworkPolicy, 0, len(b.objects))
	for _, o := range slices.SortedFunc(maps.Values(b.objects), func(a, b *object) int {
		return cmp.Or(cmp.Compare(a.subject.Namespace.Name, b.subject.Namespace.Name), cmp.Compare(a.name, b.name))
	}) {
		out = append(out, b.policy(o))
	}
	return out
}

// addEdge adds one half of an edge to the objects of its subjects.
func (b *builder) addEdge(g *graph.Graph, e *graph.Edge, d graph.Directions) {
	subject, other := e.End(d)
	if d == graph.Egress && other.Kind == graph.DNS && other.DNS.PortSet().Contains(e.Ports) && e.Ports.Contains(other.DNS.PortSet()) {
		return // DNSRules holds it
	}
	for _, s := range g.Subjects(subject, d) {
		var o *object
		if s.Namespace.Owner.Output.PerEdge {
			o = b.object(s, d, edgeName(s, subject, other, d))
		} else {
			o = b.groupedObject(s, d)
		}
		b.unambiguous(o, other, e)
		o.halves = append(o.halves, half{edge: e, peer: other})
	}
}

// groupedObject returns the one object that holds a subject's edges of one direction.
func (b *builder) groupedObject(s graph.Subject, d graph.Directions) *object {
	key := groupKey{s, d}
	o := b.grouped[key]
	if o == nil {
		o = b.object(s, d, workloadName(s, d))
		b.grouped[key] = o
	}
	return o
}

func (b *builder) object(s graph.Subject, d graph.Directions, name string) *object {
	key := objectKey{s.Namespace, name}
	o := b.objects[key]
	if o == nil {
		o = &object{subject: s, direction: d, name: name}
		b.objects[key] = o
	}
	return o
}

// unambiguous refuses a second, different peer in an object that is named after its one peer.
func (b *builder) unambiguous(o *object, other *graph.Peer, e *graph.Edge) {
	if !o.subject.Namespace.Owner.Output.PerEdge || len(o.halves) == 0 {
		return
	}
	key := other.Key()
	if slices.ContainsFunc(o.halves, func(h half) bool { return h.peer.Key() == key }) {
		return
	}
	b.findings.Errorf(diag.ObjectNameClash, e.Decl.Pos, "the object `%s` in namespace `%s` is already taken by another peer called `%s`", o.name, o.subject.Namespace.Name, other.NameIn(o.subject.Namespace)).
		WithHelp("rename one of the two, or use `output: grouping: \"workload\"`").WithRelated(o.halves[0].edge.Decl.Pos, "the other edge")
}

func (b *builder) addDNS(r graph.DNSRule) {
	if r.Namespace.Owner.Output.PerEdge {
		b.object(r.Subject, graph.Egress, subjectPeerName(r.Subject).with("-allow-dns")).dns = &r
	} else {
		b.groupedObject(r.Subject, graph.Egress).dns = &r
	}
}

// policy returns the object with one rule for each set of ports, by the order of its edges, DNS last.
func (b *builder) policy(o *object) networkingv1.NetworkPolicy {
	p := newObject(o.subject, o.name, o.direction, allowWave)
	b.flows = o.appendFlows(b.flows[:0])
	flows := b.flows
	for _, r := range b.rules(o, flows) {
		ports, peers := policyPorts(r.ports), r.peers
		if o.direction == graph.Ingress {
			p.Spec.Ingress = append(p.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{Ports: ports, From: peers})
		} else {
			p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{Ports: ports, To: peers})
		}
	}
	o.annotate(&p, flows)
	return p
}

type rule struct {
	ports graph.PortSet
	peers []networkingv1.NetworkPolicyPeer
}

func (b *builder) rules(o *object, flows []flow) []rule {
	var out []rule
	index := map[string]int{}
	for _, f := range flows {
		peers := b.policyPeers(f.peer, o.subject.Namespace)
		key := f.ports.String()
		i, known := index[key]
		if len(peers) == 0 || !known {
			if len(peers) > 0 {
				index[key] = len(out)
			}
			out = append(out, rule{f.ports, peers})
			continue
		}
		out[i].peers = append(out[i].peers, peers...)
	}
	if o.dns != nil {
		out = append(out, rule{o.dns.Config.PortSet(), b.dnsPeers(o.dns.Config)})
	}
	return out
}

// appendFlows appends the flows of an object by the names of their peers.
func (o *object) appendFlows(out []flow) []flow {
	for i := range o.halves {
		o.halves[i].name = o.halves[i].peer.NameIn(o.subject.Namespace)
	}
	// Edges with one peer stay in the order in which they were written.
	slices.SortStableFunc(o.halves, func(a, b half) int {
		if a.name != b.name {
			return cmp.Compare(a.name, b.name)
		}
		return a.peer.Key().Compare(b.peer.Key())
	})
	for i, h := range o.halves {
		if i == 0 || o.halves[i-1].peer.Key() != h.peer.Key() {
			out = append(out, flow{peer: h.peer, halves: o.halves[i:i]})
		}
		f := &out[len(out)-1]
		f.halves = f.halves[:len(f.halves)+1]
		f.ports.Union(h.edge.Ports)
	}
	return out
}

// lines appends the edges as they are written into the annotation, each pair of ends once. One end may be wider than
// the object's subject, so there are a few at the most.
func (f flow) lines(out []line) []line {
	for _, h := range f.halves {
		e := h.edge
		i := slices.IndexFunc(out, func(l line) bool {
			return l.edge.From.Key() == e.From.Key() && l.edge.To.Key() == e.To.Key()
		})
		if i < 0 {
			i = len(out)
			out = append(out, line{edge: e})
		}
		out[i].ports.Union(e.Ports)
		if e.Decl.Why != "" {
			if out[i].why == nil {
				out[i].why = map[string]bool{}
			}
			out[i].why[e.Decl.Why] = true
		}
	}
	return out
}

// annotate writes the object's edges, and the reasons that users gave for them.
func (o *object) annotate(p *networkingv1.NetworkPolicy, flows []flow) {
	edges, why := make([]string, 0, len(flows)+1), []string(nil)
	add := func(text string, reasons map[string]bool) {
		edges = append(edges, text)
		for reason := range reasons {
			if !o.subject.Namespace.Owner.Output.PerEdge {
				reason = text + ": " + reason
			}
			why = append(why, reason)
		}
	}
	var room [4]line
	for _, f := range flows {
		for _, l := range f.lines(room[:0]) {
			add(graph.EdgeText(l.edge.From, l.edge.To, l.ports, o.subject.Namespace), l.why)
		}
	}
	if o.dns != nil {
		add(o.dnsEdge())
	}
	if p.Annotations == nil {
		p.Annotations = map[string]string{}
	}
	p.Annotations[EdgesKey] = joinLines(edges)
	if len(why) > 0 {
		p.Annotations[WhyKey] = joinLines(why)
	}
}

func (o *object) dnsEdge() (string, map[string]bool) {
	from := &graph.Peer{Kind: graph.WholeNamespace, Namespace: o.subject.Namespace, Workload: o.subject.Workload}
	why := map[string]bool{}
	for _, e := range o.dns.Asked {
		if e.Decl.Why != "" {
			why[e.Decl.Why] = true
		}
	}
	return graph.EdgeText(from, &graph.Peer{Kind: graph.DNS}, o.dns.Config.PortSet(), o.subject.Namespace), why
}

// maxAnnotation keeps an object far below the 256 KiB that the API server takes for all its annotations together.
const maxAnnotation = 64 << 10

// joinLines writes sorted lines without doubles, as many as fit, and how many did not.
func joinLines(lines []string) string {
	slices.Sort(lines)
	lines = slices.Compact(lines)
	size := 0
	for i, l := range lines {
		if size += len(l) + 1; size > maxAnnotation {
			lines = append(lines[:i:i], fmt.Sprintf("(%d more)", len(lines)-i))
			break
		}
	}
	return strings.Join(lines, "\n")
}
