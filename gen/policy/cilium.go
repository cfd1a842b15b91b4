package policy

import (
	"slices"
	"strconv"

	"github.com/npgen/npgen/gen/diag"
	cilium "github.com/npgen/npgen/gen/dialect/cilium/write"
	"github.com/npgen/npgen/gen/graph"
)

// CompileCilium returns the policies of a graph as CiliumNetworkPolicies, by the names and in the order of Compile
// (docs/targets.md). What Cilium cannot say has been refused before. They are to be read only.
func CompileCilium(g *graph.Graph) ([]cilium.Policy, diag.List) {
	b := newBuilder(g)
	b.names = true
	allow, deny := b.allowObjects(), denyObjects(g)
	out := make([]cilium.Policy, 0, len(allow)+len(deny))
	for _, o := range allow {
		p := b.ciliumAllow(o)
		b.ciliumApplied(&p, o)
		out = append(out, p)
	}
	for _, o := range deny {
		p := b.ciliumHead(o, b.packageOf(o).annotations[denyWave])
		// One empty rule opens nothing and closes the direction; no rule at all would leave it open.
		if o.direction == graph.Ingress {
			p.Spec.Ingress = []cilium.Ingress{{}}
		} else {
			p.Spec.Egress = []cilium.Egress{{}}
		}
		out = append(out, p)
	}
	return out, b.findings
}

func (b *builder) ciliumHead(o *object, annotations map[string]string) cilium.Policy {
	p := cilium.Policy{Metadata: cilium.Metadata{Name: o.name, Namespace: o.subject.Namespace.Name, Labels: b.packageOf(o).labels, Annotations: annotations}}
	p.APIVersion, p.Kind = cilium.APIVersion, cilium.Kind
	if w := o.subject.Workload; w != nil {
		p.Spec.EndpointSelector = *b.canonical(&w.Selector)
	}
	return p
}

func (b *builder) ciliumAllow(o *object) cilium.Policy {
	flows := b.flowsOf(o)
	if o.subject.Namespace.Owner.Output.PerEdge {
		b.unambiguous(o, flows)
	}
	p := b.ciliumHead(o, b.annotations(o, flows))
	for _, r := range b.ciliumRules(o, flows) {
		if o.direction == graph.Ingress {
			p.Spec.Ingress = append(p.Spec.Ingress, cilium.Ingress{FromEndpoints: r.endpoints, FromCIDRSet: r.cidrs, FromEntities: r.entities, ToPorts: r.ports})
		} else {
			p.Spec.Egress = append(p.Spec.Egress, cilium.Egress{ToEndpoints: r.endpoints, ToCIDRSet: r.cidrs, ToEntities: r.entities, ToFQDNs: r.hosts, ToPorts: r.ports})
		}
	}
	return p
}

// ciliumRule is a rule while it is put together. Its peers are of one kind, as Cilium refuses others.
type ciliumRule struct {
	ciliumPeers
	ports []cilium.Ports
	// set and requests are what ports were made of.
	set      *ports
	requests string
}

// ciliumRules returns one rule for each set of ports, requests and kind of peers, by the order of the flows, DNS last.
func (b *builder) ciliumRules(o *object, flows []flow) []ciliumRule {
	var out []ciliumRule
	for i := range flows {
		f := &flows[i]
		first := f.halves[0]
		rules := ciliumHTTP(first.edge.HTTP())
		for _, peers := range ciliumPeersOf(first.peer, o.subject.Namespace) {
			at := slices.IndexFunc(out, func(r ciliumRule) bool {
				return r.set == f.ports && r.requests == first.requests && r.kind() == peers.kind()
			})
			if at < 0 {
				at = len(out)
				out = append(out, ciliumRule{set: f.ports, requests: first.requests, ports: ciliumPorts(b.setOf(f), rules)})
			}
			out[at].add(peers)
		}
	}
	if o.dns != nil {
		var rules *cilium.Rules
		if o.dns.Read {
			rules = &cilium.Rules{DNS: []cilium.FQDN{{MatchPattern: "*"}}}
		}
		for _, peers := range ciliumDNS(o.dns.Config) {
			r := ciliumRule{ciliumPeers: peers}
			for _, port := range o.dns.Config.Ports { // each by itself: a range cannot be read
				single := graph.DNSConfig{Ports: []int{port}}
				r.ports = append(r.ports, ciliumPorts(single.PortSet(), rules)...)
			}
			out = append(out, r)
		}
	}
	return out
}

// setOf returns the ports of a flow as a set.
func (b *builder) setOf(f *flow) graph.PortSet {
	var set graph.PortSet
	for _, h := range f.halves {
		set.Union(h.edge.Ports)
	}
	return set
}

// ciliumPorts returns ports as entries of toPorts, none for all ports and protocols.
func ciliumPorts(set graph.PortSet, rules *cilium.Rules) []cilium.Ports {
	if set.All {
		return nil
	}
	var all []cilium.Port
	for _, p := range graph.Protocols() {
		name := string(*policyProtocol(p))
		if set.AllOf(p) {
			all = append(all, cilium.Port{Port: "0", Protocol: name})
		}
		for _, r := range set.Ranges(p) {
			port := cilium.Port{Port: strconv.Itoa(r.Lo), Protocol: name}
			if r.Hi > r.Lo {
				port.EndPort = r.Hi
			}
			all = append(all, port)
		}
	}
	var out []cilium.Ports
	for ports := range slices.Chunk(all, cilium.MostPorts) {
		out = append(out, cilium.Ports{Ports: ports, Rules: rules})
	}
	return out
}
