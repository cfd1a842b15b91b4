package reach

import (
	"net/netip"

	"go4.org/netipx"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
)

// ofGraph returns the normal form of what a graph declares, by docs/language.md, Meaning. It is derived from the
// declarations alone, and shares no step with what writes the policies.
func ofGraph(g *graph.Graph, f *forms, traced bool) *normal {
	m := &meaning{normal: newNormal(f, traced), g: g, egress: map[graph.Subject]bool{}, workloads: map[*graph.Workload]subject{}}
	m.isolations()
	for _, e := range g.Edges {
		m.edge(e)
	}
	m.dns()
	return m.normal
}

type meaning struct {
	*normal
	g *graph.Graph
	// egress is the subjects that have an egress edge.
	egress map[graph.Subject]bool
	// workloads holds the subjects of workloads' pods, but for the direction, once they are made.
	workloads map[*graph.Workload]subject
}

// pods returns the subject of a workload's pods.
func (m *meaning) pods(w *graph.Workload, d graph.Directions) subject {
	s, known := m.workloads[w]
	if !known {
		s = subject{namespace: m.text(w.Namespace.Name), selector: m.selector(w.Selector)}
		m.workloads[w] = s
	}
	s.direction = d
	return s
}

func (m *meaning) whole(n *graph.Namespace, d graph.Directions) subject {
	return subject{m.text(n.Name), everyPod, d}
}

func (m *meaning) isolations() {
	for _, n := range m.g.Namespaces {
		if n.Owner == nil {
			continue
		}
		for _, d := range []graph.Directions{graph.Ingress, graph.Egress} {
			if !n.PerWorkload && n.Isolate&d != 0 {
				m.isolate(m.whole(n, d), origin{name: "namespace " + n.Name})
			}
			for _, w := range n.Workloads {
				if w.Isolate&d != 0 && !w.HostNetwork {
					m.isolate(m.pods(w, d), origin{name: "workload " + w.Name})
				}
			}
		}
	}
}

// edge opens the halves that an edge emits: each for the subjects of its end that are isolated.
func (m *meaning) edge(e *graph.Edge) {
	ports := PortsOf(e.Ports)
	if e.Half != graph.Ingress {
		for _, s := range m.subjects(e.From, graph.Egress) {
			m.egress[s.of] = true
			m.openPeer(s.subject, e.To, ports, e)
		}
	}
	if e.Half != graph.Egress {
		for _, s := range m.subjects(e.To, graph.Ingress) {
			m.openPeer(s.subject, e.From, ports, e)
		}
	}
}

// governed is a subject and whose it is: workloads with the same selector are one subject, but each has its own `dns`.
type governed struct {
	subject
	of graph.Subject
}

// subjects returns the isolated subjects of a peer: a whole namespace where all of it is isolated, else workloads.
func (m *meaning) subjects(p *graph.Peer, d graph.Directions) []governed {
	if w := p.Workload; w != nil {
		s := m.pods(w, d)
		if _, isolated := m.isolated[s]; !isolated || w.HostNetwork || w.Namespace.Owner == nil {
			return nil
		}
		return []governed{{s, graph.Subject{Namespace: w.Namespace, Workload: w}}}
	}
	var out []governed
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
		if _, all := m.isolated[m.whole(n, d)]; all {
			out = append(out, governed{m.whole(n, d), graph.Subject{Namespace: n}})
			continue
		}
		for _, w := range n.Workloads {
			if _, isolated := m.isolated[m.pods(w, d)]; isolated && !w.HostNetwork {
				out = append(out, governed{m.pods(w, d), graph.Subject{Namespace: n, Workload: w}})
			}
		}
	}
	return out
}

// openPeer opens a subject to all that a peer denotes.
func (m *meaning) openPeer(s subject, p *graph.Peer, ports Ports, e *graph.Edge) {
	from := origin{edge: e}
	switch {
	case p.Workload != nil:
		m.open(s, peerForm{namespaces: m.namespaces(p.Namespace), pods: m.pods(p.Workload, 0).selector}, ports, from)
	case p.External != nil:
		m.openBlock(s, addressSet(prefixes(p.External.CIDRs), prefixes(p.External.Except)), ports, from)
	case p.Kind == graph.WholeNamespace:
		m.open(s, peerForm{namespaces: m.namespaces(p.Namespace)}, ports, from)
	case p.Kind == graph.AllNamespaces:
		m.open(s, peerForm{}, ports, from)
	case p.Kind == graph.Any:
		m.open(s, peerForm{everyone: true}, ports, from)
	case p.Kind == graph.DNS:
		m.openDNS(s, p.DNS, ports, from)
	case p.Kind == graph.CIDR:
		m.openBlock(s, addressSet([]netip.Prefix{p.Blocks[0].CIDR}, nil), ports, from)
	case p.Kind == graph.APIServer:
		m.openBlock(s, addressSet(prefixes(p.Package.APIServer.CIDRs), nil), ports, from)
	case p.Kind == graph.Internet:
		m.openBlock(s, internet(p.Package), ports, from)
	}
}

func internet(p *graph.Package) *netipx.IPSet {
	return addressSet(p.InternetCIDRs, append(prefixes(p.Internet), p.InternetExcept...))
}

func prefixes(in []graph.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range in {
		out = append(out, p.Prefix)
	}
	return out
}

// namespaces returns the normal form of the selector that picks a declared namespace.
func (m *meaning) namespaces(n *graph.Namespace) form {
	if n.Selector != nil {
		return m.forms.selector(*n.Selector)
	}
	return m.namespaceByName(n.Name)
}

func (m *meaning) openDNS(s subject, c *graph.DNSConfig, ports Ports, from origin) {
	if len(c.Labels) > 0 {
		labels := metav1.LabelSelector{MatchLabels: c.Labels}
		m.open(s, peerForm{namespaces: m.namespaceByName(c.Namespace), pods: m.selector(labels)}, ports, from)
	}
	if len(c.CIDRs) > 0 {
		m.openBlock(s, addressSet(c.CIDRs, nil), ports, from)
	}
}

// dns opens DNS egress as docs/language.md, DNS gives it: a workload's own `dns` decides for it alone, else `auto`
// gives it to every subject with an egress edge.
func (m *meaning) dns() {
	for _, n := range m.g.Namespaces {
		if n.Owner == nil {
			continue
		}
		c := &n.Owner.DNS
		var ports Ports
		for _, port := range c.Ports {
			ports = ports.Union(portRange(graph.UDP, port, port)).Union(portRange(graph.TCP, port, port))
		}
		if m.egress[graph.Subject{Namespace: n}] && c.Auto {
			m.openDNS(m.whole(n, graph.Egress), c, ports, origin{name: "dns: auto"})
		}
		for _, w := range n.Workloads {
			s := m.pods(w, graph.Egress)
			_, isolated := m.isolated[s]
			if wants := w.DNS.Is(true) || !w.DNS.Set && c.Auto && m.egress[graph.Subject{Namespace: n, Workload: w}]; wants && isolated && !w.HostNetwork {
				m.openDNS(s, c, ports, origin{name: "DNS of " + w.Name})
			}
		}
	}
}
