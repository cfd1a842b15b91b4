package reach

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/graph"
)

// subject is what policies of one direction select: pods of a namespace by a selector in normal form.
type subject struct {
	namespace, selector form
	direction           graph.Directions
}

// normal is the normal form of policies, or of what a graph declares.
type normal struct {
	*forms
	// traced says that flows keep what they come from, which only a report of differences needs.
	traced   bool
	isolated map[subject]origins
	// pods holds, by the peer in normal form, the ports that are open; everyone is a peer of its own.
	pods map[subject]map[peerForm]flow
	// blocks holds what is open to addresses.
	blocks map[subject][]blockFlow
}

type flow struct {
	ports Ports
	from  origins
}

type blockFlow struct {
	addresses *netipx.IPSet
	flow
}

// origin is where something comes from: a policy or declaration by its name, or an edge. It becomes text only where a
// proof fails.
type origin struct {
	name string
	edge *graph.Edge
}

func (o origin) String() string {
	if o.edge != nil {
		return o.edge.Decl.Pos.String() + " `" + o.edge.Decl.Text + "`"
	}
	return o.name
}

type origins []origin

func (o origins) String() string {
	texts := make([]string, len(o))
	for i := range o {
		texts[i] = o[i].String()
	}
	slices.Sort(texts)
	sorted := slices.Compact(texts)
	const most = 3
	if len(sorted) > most {
		sorted = append(sorted[:most:most], "...")
	}
	return strings.Join(sorted, ", ")
}

func newNormal(f *forms, traced bool) *normal {
	return &normal{forms: f, traced: traced, isolated: map[subject]origins{}, pods: map[subject]map[peerForm]flow{}, blocks: map[subject][]blockFlow{}}
}

func (n *normal) isolate(s subject, from origin) {
	n.isolated[s] = n.with(n.isolated[s], from)
}

func (n *normal) with(o origins, from origin) origins {
	if !n.traced {
		return nil
	}
	return append(o, from)
}

func (n *normal) open(s subject, peer peerForm, ports Ports, from origin) {
	n.openIn(n.flowsOf(s), peer, ports, from)
}

func (n *normal) flowsOf(s subject) map[peerForm]flow {
	flows := n.pods[s]
	if flows == nil {
		flows = map[peerForm]flow{}
		n.pods[s] = flows
	}
	return flows
}

func (n *normal) openIn(flows map[peerForm]flow, peer peerForm, ports Ports, from origin) {
	f := flows[peer]
	flows[peer] = flow{f.ports.Union(ports), n.with(f.from, from)}
}

func (n *normal) openBlock(s subject, addresses *netipx.IPSet, ports Ports, from origin) {
	if len(addresses.Ranges()) > 0 {
		n.blocks[s] = append(n.blocks[s], blockFlow{addresses, flow{ports, n.with(nil, from)}})
	}
}

// peerForm is the normal form of a peer: pods by two selectors, or what is none of that.
type peerForm struct {
	namespaces, pods form
	// named is a port that another number stands for at each destination; nothing that a graph declares.
	named form
	// everyone is the peer of a rule without from or to: every pod and every address.
	everyone bool
}

func (n *normal) peerText(p peerForm) string {
	switch {
	case p.everyone:
		return "any"
	case p.named != 0:
		return "the port named " + n.texts[p.named] + " of somebody"
	}
	return peerText(n.texts[p.namespaces], n.texts[p.pods])
}

// peerText describes pods by the normal forms of two selectors.
func peerText(namespaces, pods string) string { return "pods " + pods + " in namespaces " + namespaces }

// ofPolicies returns the normal form of policies as Read returns them.
func ofPolicies(policies []networkingv1.NetworkPolicy, f *forms, traced bool) *normal {
	n := newNormal(f, traced)
	for i := range policies {
		p := &policies[i]
		for _, d := range []graph.Directions{graph.Ingress, graph.Egress} {
			rules, isolates := rulesOf(p, d)
			if !isolates {
				continue
			}
			s := subject{n.text(p.Namespace), n.selector(p.Spec.PodSelector), d}
			n.isolate(s, origin{name: p.Name})
			own := n.namespaceByName(p.Namespace)
			for _, r := range rules {
				n.addRule(s, own, r, origin{name: p.Name})
			}
		}
	}
	return n
}

// addRule opens a subject to the peers of a rule; own is the normal form of its namespace.
func (n *normal) addRule(s subject, own form, r rule, from origin) {
	ports, names := rulePorts(r.ports)
	for _, named := range names {
		n.open(s, peerForm{named: n.text(named.Name + "/" + named.Protocol.String())}, nil, from)
	}
	if len(r.peers) == 0 {
		n.open(s, peerForm{everyone: true}, ports, from)
	}
	var flows map[peerForm]flow
	for _, peer := range r.peers {
		if peer.IPBlock != nil {
			n.openBlock(s, blockAddresses(peer.IPBlock), ports, from)
			continue
		}
		namespaces, pods := own, everyPod
		if peer.NamespaceSelector != nil {
			namespaces = n.selector(*peer.NamespaceSelector)
		}
		if peer.PodSelector != nil {
			pods = n.selector(*peer.PodSelector)
		}
		if flows == nil {
			flows = n.flowsOf(s)
		}
		n.openIn(flows, peerForm{namespaces: namespaces, pods: pods}, ports, from)
	}
}

// rulePorts returns the ports of a rule by number, and apart those by name, which mean another number for each
// destination.
func rulePorts(in []networkingv1.NetworkPolicyPort) (Ports, []NamedPort) {
	if len(in) == 0 {
		return AllPorts(), nil
	}
	var out Ports
	var names []NamedPort
	for _, p := range in {
		protocol := protocolIndex(*p.Protocol)
		switch {
		case p.Port == nil:
			out = append(out, protocolPorts(protocol)...)
		case p.Port.StrVal != "":
			names = append(names, NamedPort{Name: p.Port.StrVal, Protocol: protocol})
		default:
			hi := int(p.Port.IntVal)
			if p.EndPort != nil {
				hi = int(*p.EndPort)
			}
			out = append(out, portRange(protocol, int(p.Port.IntVal), hi)...)
		}
	}
	return normalised(out), names
}

func blockAddresses(b *networkingv1.IPBlock) *netipx.IPSet {
	except := make([]netip.Prefix, len(b.Except))
	for i, e := range b.Except {
		except[i] = netip.MustParsePrefix(e)
	}
	return addressSet([]netip.Prefix{netip.MustParsePrefix(b.CIDR)}, except)
}

// addressSet returns the addresses of ranges without those of others.
func addressSet(cidrs, except []netip.Prefix) *netipx.IPSet {
	var b netipx.IPSetBuilder
	for _, c := range cidrs {
		b.AddPrefix(c)
	}
	for _, e := range except {
		b.RemovePrefix(e)
	}
	set, err := b.IPSet()
	if err != nil {
		panic(err) // the prefixes are valid
	}
	return set
}

// settle brings isolations and flows into the form in which they are compared: what the whole namespace has is taken
// from its workloads, and addresses are grouped so that each port has one set of them.
func (n *normal) settle() {
	for s := range n.isolated {
		if _, covered := n.isolated[s.wide()]; covered && s != s.wide() {
			delete(n.isolated, s)
		}
	}
	for s, flows := range n.pods {
		if wide := n.pods[s.wide()]; s != s.wide() {
			for peer, f := range flows {
				if w, both := wide[peer]; both {
					f.ports = f.ports.Minus(w.ports)
					flows[peer] = f
				}
				if len(f.ports) == 0 && peer.named == 0 {
					delete(flows, peer)
				}
			}
		}
		if len(flows) == 0 {
			delete(n.pods, s)
		}
	}
	for _, s := range slices.Collect(maps.Keys(n.blocks)) {
		if s != s.wide() {
			n.blocks[s] = withoutWide(n.blocks[s], n.blocks[s.wide()])
		}
	}
	for s, flows := range n.blocks {
		if flows = regroup(flows); len(flows) == 0 {
			delete(n.blocks, s)
		} else {
			n.blocks[s] = flows
		}
	}
}

func (s subject) wide() subject {
	s.selector = everyPod
	return s
}

// withoutWide takes from flows those that the whole namespace has.
func withoutWide(flows, wide []blockFlow) []blockFlow {
	for _, w := range wide {
		var left []blockFlow
		for _, f := range flows {
			if rest := f.ports.Minus(w.ports); len(rest) > 0 {
				left = append(left, blockFlow{f.addresses, flow{rest, f.from}})
			}
			if both := f.ports.Intersect(w.ports); len(both) > 0 {
				if addresses := minus(f.addresses, w.addresses); len(addresses.Ranges()) > 0 {
					left = append(left, blockFlow{addresses, flow{both, f.from}})
				}
			}
		}
		flows = left
	}
	return flows
}

func minus(a, b *netipx.IPSet) *netipx.IPSet {
	var builder netipx.IPSetBuilder
	builder.AddSet(a)
	builder.RemoveSet(b)
	return mustSet(&builder)
}

func mustSet(b *netipx.IPSetBuilder) *netipx.IPSet {
	set, err := b.IPSet()
	if err != nil {
		panic(err) // sets of valid addresses
	}
	return set
}

// regroup returns flows in which no port occurs twice, sorted by their first port: for each group of ports the
// addresses that are open on them. Equal flows give equal groups, however they were divided into rules.
func regroup(flows []blockFlow) []blockFlow {
	var cuts []uint32
	for _, f := range flows {
		for _, s := range f.ports {
			cuts = append(cuts, s.lo, s.hi+1)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	byAddresses := map[string]int{}
	var out []blockFlow
	for i := 0; i+1 < len(cuts); i++ {
		atom := Ports{{cuts[i], cuts[i+1] - 1}}
		var b netipx.IPSetBuilder
		var from origins
		for _, f := range flows {
			if len(f.ports.Intersect(atom)) > 0 {
				b.AddSet(f.addresses)
				from = append(from, f.from...)
			}
		}
		addresses := mustSet(&b)
		if len(addresses.Ranges()) == 0 {
			continue
		}
		key := addressText(addresses)
		at, known := byAddresses[key]
		if !known {
			byAddresses[key] = len(out)
			out = append(out, blockFlow{addresses, flow{atom, from}})
			continue
		}
		out[at].ports = out[at].ports.Union(atom)
		out[at].from = append(out[at].from, from...)
	}
	return out
}

func addressText(s *netipx.IPSet) string {
	var b strings.Builder
	for _, r := range s.Ranges() {
		b.WriteString(r.String())
		b.WriteByte(' ')
	}
	return b.String()
}
