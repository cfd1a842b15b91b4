package reach

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
)

// subject is what policies of one direction select: pods of a namespace by a selector in normal form.
type subject struct {
	namespace, selector string
	direction           graph.Directions
}

// everyPod is the normal form of the empty selector.
const everyPod = ""

// normal is the normal form of policies, or of what a graph declares.
type normal struct {
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

func newNormal() *normal {
	return &normal{isolated: map[subject]origins{}, pods: map[subject]map[peerForm]flow{}, blocks: map[subject][]blockFlow{}}
}

func (n *normal) isolate(s subject, from origin) {
	n.isolated[s] = append(n.isolated[s], from)
}

func (n *normal) open(s subject, peer peerForm, ports Ports, from origin) {
	open(n.flowsOf(s), peer, ports, from)
}

func (n *normal) flowsOf(s subject) map[peerForm]flow {
	flows := n.pods[s]
	if flows == nil {
		flows = map[peerForm]flow{}
		n.pods[s] = flows
	}
	return flows
}

func open(flows map[peerForm]flow, peer peerForm, ports Ports, from origin) {
	f := flows[peer]
	flows[peer] = flow{f.ports.Union(ports), append(f.from, from)}
}

func (n *normal) openBlock(s subject, addresses *netipx.IPSet, ports Ports, from origin) {
	if len(addresses.Ranges()) > 0 {
		n.blocks[s] = append(n.blocks[s], blockFlow{addresses, flow{ports, origins{from}}})
	}
}

// peerForm is the normal form of a peer: pods by two selectors, or what is none of that, in words.
type peerForm struct{ namespaces, pods, words string }

func (p peerForm) String() string {
	if p.words != "" {
		return p.words
	}
	return "pods " + p.pods + " in namespaces " + p.namespaces
}

// everyone is the peer of a rule without from or to: every pod and every address.
func everyone() peerForm { return peerForm{words: "any"} }

// namedPort is a port that another number stands for at each destination; nothing that a graph declares.
func namedPort(p NamedPort) peerForm {
	return peerForm{words: "the port named " + p.Name + "/" + p.Protocol.String() + " of somebody"}
}

// podsPeer returns the normal form of pods by two selectors.
func podsPeer(namespaces, pods string) peerForm { return peerForm{namespaces: namespaces, pods: pods} }

// namespaceByName is the normal form of the selector that picks one namespace: Kubernetes sets the label on each
// namespace and lets nobody change it (Labels, Annotations and Taints, kubernetes.io/metadata.name), so that a peer
// without a namespaceSelector in namespace x means the same as one with it.
func namespaceByName(name string) string {
	return inText("kubernetes.io/metadata.name", name)
}

// selectorText returns the normal form of a selector: its requirements, sorted, each once. Selectors with equal normal
// forms match the same labels; the requirement `In` with one value is the same as a label.
func selectorText(s metav1.LabelSelector) string {
	if len(s.MatchLabels) == 1 && len(s.MatchExpressions) == 0 {
		for k, v := range s.MatchLabels {
			return inText(k, v)
		}
	}
	var parts []string
	for k, v := range s.MatchLabels {
		parts = append(parts, inText(k, v))
	}
	for _, r := range s.MatchExpressions {
		text := r.Key + " " + string(r.Operator)
		if len(r.Values) > 0 {
			values := slices.Compact(slices.Sorted(slices.Values(r.Values)))
			text += " (" + strings.Join(values, ",") + ")"
		}
		parts = append(parts, text)
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), " & ")
}

// inText returns the requirement that a label has a value.
func inText(key, value string) string { return key + " In (" + value + ")" }

// ofPolicies returns the normal form of policies as Read returns them.
func ofPolicies(policies []networkingv1.NetworkPolicy) *normal {
	n := newNormal()
	for i := range policies {
		p := &policies[i]
		for _, d := range []graph.Directions{graph.Ingress, graph.Egress} {
			rules, isolates := rulesOf(p, d)
			if !isolates {
				continue
			}
			s := subject{p.Namespace, selectorText(p.Spec.PodSelector), d}
			n.isolate(s, origin{name: p.Name})
			own := namespaceByName(p.Namespace)
			for _, r := range rules {
				n.addRule(s, own, r, origin{name: p.Name})
			}
		}
	}
	return n
}

// addRule opens a subject to the peers of a rule; own is the normal form of its namespace.
func (n *normal) addRule(s subject, own string, r rule, from origin) {
	ports, names := rulePorts(r.ports)
	for _, named := range names {
		n.open(s, namedPort(named), nil, from)
	}
	if len(r.peers) == 0 {
		n.open(s, everyone(), ports, from)
	}
	var flows map[peerForm]flow
	for _, peer := range r.peers {
		if peer.IPBlock != nil {
			n.openBlock(s, blockAddresses(peer.IPBlock), ports, from)
			continue
		}
		namespaces, pods := own, everyPod
		if peer.NamespaceSelector != nil {
			namespaces = selectorText(*peer.NamespaceSelector)
		}
		if peer.PodSelector != nil {
			pods = selectorText(*peer.PodSelector)
		}
		if flows == nil {
			flows = n.flowsOf(s)
		}
		open(flows, podsPeer(namespaces, pods), ports, from)
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
				if len(f.ports) == 0 && !strings.HasPrefix(peer.words, "the port named") {
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
		if len(from) == 0 {
			continue
		}
		addresses := mustSet(&b)
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
