package prove

import (
	"net/netip"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// ofGraph returns the normal form of what a graph declares, by docs/language.md, Meaning. It is derived from the
// declarations alone, and shares no step with what writes the policies.
func ofGraph(g *graph.Graph, f *numbering) *normal {
	m := &graphMeaning{
		cilium:     g.Target() == graph.Cilium,
		normal:     newNormal(f, len(g.Edges)+3*len(g.Workloads), 2*len(g.Edges)+len(g.Workloads)),
		g:          g,
		isolates:   map[int32]bool{},
		workloads:  make(map[*graph.Workload]*pods, len(g.Workloads)),
		namespaces: map[*graph.Namespace]*pods{},
		addresses:  map[*graph.Peer]sets.Addresses{},
	}
	m.isolations()
	for _, e := range g.Edges {
		m.edge(e)
	}
	m.dns()
	m.finish()
	return m.normal
}

type graphMeaning struct {
	*normal
	g *graph.Graph
	// cilium says that the target has entities, hosts and requests.
	cilium bool
	// isolates says which subjects are isolated.
	isolates map[int32]bool
	// workloads and namespaces hold the pods that are known already.
	workloads  map[*graph.Workload]*pods
	namespaces map[*graph.Namespace]*pods
	addresses  map[*graph.Peer]sets.Addresses
	// found is room for what governed returns.
	found []*pods
}

// pods is the pods of a workload or of a whole namespace, by their numbers. Workloads with the same selector are one
// subject, but each has its own `dns`.
type pods struct {
	ingress, egress, peer int32
	// sends says that they have an egress edge.
	sends bool
}

func (p *pods) subject(d graph.Directions) int32 {
	if d == graph.Egress {
		return p.egress
	}
	return p.ingress
}

func (m *graphMeaning) newPods(n *graph.Namespace, selector textNumber) *pods {
	namespace := m.text(n.Name)
	return &pods{
		ingress: m.subjects.number(subject{namespace, selector, graph.Ingress}),
		egress:  m.subjects.number(subject{namespace, selector, graph.Egress}),
		peer:    m.peers.number(peerForm{namespaces: m.namespace(n), pods: selector}),
	}
}

func (m *graphMeaning) podsOf(w *graph.Workload) *pods {
	p := m.workloads[w]
	if p == nil {
		p = m.newPods(w.Namespace, m.selector(&w.Selector))
		m.workloads[w] = p
	}
	return p
}

func (m *graphMeaning) whole(n *graph.Namespace) *pods {
	p := m.namespaces[n]
	if p == nil {
		p = m.newPods(n, everyPod)
		m.namespaces[n] = p
	}
	return p
}

func (m *graphMeaning) isolations() {
	for _, n := range m.g.Namespaces {
		if n.Owner == nil {
			continue
		}
		for _, d := range graph.AllDirections() {
			if !n.PerWorkload && n.Isolate&d != 0 {
				m.isolate(m.whole(n).subject(d), origin{n})
			}
			for _, w := range n.Workloads {
				if w.Isolate&d != 0 && !w.HostNetwork {
					m.isolate(m.podsOf(w).subject(d), origin{w})
				}
			}
		}
	}
}

func (m *graphMeaning) isolate(subject int32, from origin) {
	m.isolates[subject] = true
	m.normal.isolate(subject, m.source(nil, from))
}

// edge opens the halves that an edge emits: each for the subjects of its end that are isolated.
func (m *graphMeaning) edge(e *graph.Edge) {
	source := m.source(e.Ports.Set(), origin{e})
	requests := m.requestsOf(e)
	if e.To.Kind == graph.DNS {
		m.normal.dns[source] = true
	}
	if e.Half != graph.Ingress {
		for _, p := range m.governed(e.From, graph.Egress) {
			p.sends = true
			m.openPeer(p.egress, e.To, source, requests)
		}
	}
	if e.Half != graph.Egress {
		for _, p := range m.governed(e.To, graph.Ingress) {
			m.openPeer(p.ingress, e.From, source, requests)
		}
	}
}

// governed returns the pods of a peer that are isolated in a direction, until it is called again: a whole namespace
// where all of it is isolated, else workloads.
func (m *graphMeaning) governed(p *graph.Peer, d graph.Directions) []*pods {
	m.found = m.found[:0]
	if w := p.Workload; w != nil {
		if w.Namespace.Owner != nil {
			m.findWorkload(w, d)
		}
		return m.found
	}
	for _, n := range m.g.Namespaces {
		if n.Owner == nil {
			continue
		}
		switch {
		case p.Kind == graph.WholeNamespace && p.Namespace != n,
			p.Kind == graph.AllNamespaces && !p.Package.Owns(n.Name),
			p.Kind != graph.WholeNamespace && p.Kind != graph.AllNamespaces,
			p.External != nil, p.Test != nil:
			continue
		}
		if all := m.whole(n); m.isolates[all.subject(d)] {
			m.found = append(m.found, all)
			continue
		}
		for _, w := range n.Workloads {
			m.findWorkload(w, d)
		}
	}
	return m.found
}

func (m *graphMeaning) findWorkload(w *graph.Workload, d graph.Directions) {
	if p := m.podsOf(w); m.isolates[p.subject(d)] && !w.HostNetwork {
		m.found = append(m.found, p)
	}
}

// openPeer opens a subject to all that a peer denotes, for some requests.
func (m *graphMeaning) openPeer(subject int32, p *graph.Peer, source int32, requests textNumber) {
	opens := func(peer int32) { m.opens(subject, m.withRequests(peer, requests), source) }
	switch {
	case p.Workload != nil:
		opens(m.podsOf(p.Workload).peer)
	case p.Kind == graph.APIServer && m.cilium:
		opens(m.opaque("entity", "kube-apiserver"))
	case p.Kind == graph.Nodes && m.cilium:
		opens(m.opaque("entity", "host"))
		opens(m.opaque("entity", "remote-node"))
	case p.External != nil, p.Kind == graph.CIDR, p.Kind == graph.APIServer, p.Kind == graph.Nodes, p.Kind == graph.Internet:
		if addresses := m.addressesOf(p); !addresses.IsEmpty() {
			m.opensBlock(subject, addresses, source, requests)
		}
		for _, h := range p.Hosts() {
			opens(m.opaque("host", string(h)))
		}
	case p.Kind == graph.WholeNamespace:
		opens(m.whole(p.Namespace).peer)
	case p.Kind == graph.AllNamespaces:
		opens(m.peers.number(peerForm{}))
	case p.Kind == graph.Any:
		opens(m.peers.number(peerForm{everyone: true}))
	case p.Kind == graph.DNS:
		m.openDNS(subject, p.DNS, source)
	}
}

// requestsOf returns the requests that an edge allows, as one text.
func (m *graphMeaning) requestsOf(e *graph.Edge) textNumber {
	if len(e.Decl.HTTP) == 0 {
		return noText
	}
	return m.text(graph.RequestsText(e.Decl.HTTP))
}

// addressesOf returns the addresses of a peer that is addresses.
func (m *graphMeaning) addressesOf(p *graph.Peer) sets.Addresses {
	set, known := m.addresses[p]
	if known {
		return set
	}
	switch {
	case p.External != nil:
		set = sets.AddressesOf(prefixes(p.External.CIDRs), prefixes(p.External.Except))
	case p.Kind == graph.CIDR:
		set = sets.AddressesOf([]netip.Prefix{p.Blocks[0].CIDR}, nil)
	case p.Kind == graph.APIServer:
		set = sets.AddressesOf(prefixes(p.Package.APIServer.CIDRs), nil)
	case p.Kind == graph.Nodes:
		set = sets.AddressesOf(prefixes(m.g.Cluster.Nodes.Prefixes), nil)
	default:
		set = internet(p.Package)
	}
	m.addresses[p] = set
	return set
}

func internet(p *graph.Package) sets.Addresses {
	return sets.AddressesOf(p.InternetCIDRs, append(prefixes(p.Internet), p.InternetExcept...))
}

func prefixes(in []graph.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range in {
		out = append(out, p.Prefix)
	}
	return out
}

// namespace returns the normal form of the selector that picks a declared namespace.
func (m *graphMeaning) namespace(n *graph.Namespace) textNumber {
	if n.Selector != nil {
		return m.selector(n.Selector)
	}
	return m.namespaceByName(n.Name)
}

func (m *graphMeaning) openDNS(subject int32, c *graph.DNSConfig, source int32) {
	if len(c.Labels) > 0 {
		servers := peerForm{namespaces: m.namespaceByName(c.Namespace), pods: m.selector(&metav1.LabelSelector{MatchLabels: c.Labels})}
		m.opens(subject, m.peers.number(servers), source)
	}
	var outside []netip.Prefix
	for _, p := range c.CIDRs {
		// An address that only the node itself has: for Cilium the node is an entity, and no address.
		if m.cilium && (p.Addr().Is4() && nodeOnly4.Contains(p.Addr()) || nodeOnly6.Contains(p.Addr())) {
			m.opens(subject, m.opaque("entity", "host"), source)
			continue
		}
		outside = append(outside, p)
	}
	if len(outside) > 0 {
		m.opensBlock(subject, sets.AddressesOf(outside, nil), source, noText)
	}
}

// The addresses that are never routed (RFC 3927, RFC 4291): those of a resolver on the node.
var nodeOnly4, nodeOnly6 = netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fe80::/10")

// dns opens DNS egress as docs/language.md, DNS gives it: a workload's own `dns` decides for it alone, else `auto`
// gives it to every subject with an egress edge.
func (m *graphMeaning) dns() {
	for _, n := range m.g.Namespaces {
		if n.Owner == nil {
			continue
		}
		c := &n.Owner.DNS
		var ports sets.Ports
		for _, port := range c.Ports {
			ports = ports.Union(sets.PortRange(graph.UDP, port, port)).Union(sets.PortRange(graph.TCP, port, port))
		}
		if all := m.whole(n); all.sends && c.Auto {
			m.openDNS(all.egress, c, m.dnsSource(ports, dnsOf{}))
		}
		for _, w := range n.Workloads {
			p := m.podsOf(w)
			if wants := w.DNS.Is(true) || !w.DNS.Set && c.Auto && p.sends; wants && m.isolates[p.egress] && !w.HostNetwork {
				m.openDNS(p.egress, c, m.dnsSource(ports, dnsOf{w}))
			}
		}
	}
}

func (m *graphMeaning) dnsSource(ports sets.Ports, of dnsOf) int32 {
	source := m.source(ports, origin{of})
	m.normal.dns[source] = true
	return source
}
