package read

import (
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// Item is one ingress or egress rule as it is written; the two differ in the names of fields only.
type Item struct {
	Direction graph.Directions
	// Index is the place of the rule among those of its direction, from 0.
	Index int
	Peers []networkingv1.NetworkPolicyPeer
	Ports []networkingv1.NetworkPolicyPort
}

// Items returns the rules of a direction as they are written, whether or not they count.
func Items(p *networkingv1.NetworkPolicy, d graph.Directions) []Item {
	var out []Item
	if d == graph.Egress {
		for i, r := range p.Spec.Egress {
			out = append(out, Item{d, i, r.To, r.Ports})
		}
		return out
	}
	for i, r := range p.Spec.Ingress {
		out = append(out, Item{d, i, r.From, r.Ports})
	}
	return out
}

// Isolates returns the directions in which a policy with its defaults isolates its subject. Kubernetes ignores the rules
// of others (NetworkPolicySpec.policyTypes).
func Isolates(p *networkingv1.NetworkPolicy) graph.Directions {
	var out graph.Directions
	for _, t := range p.Spec.PolicyTypes {
		switch t {
		case networkingv1.PolicyTypeIngress:
			out |= graph.Ingress
		case networkingv1.PolicyTypeEgress:
			out |= graph.Egress
		}
	}
	return out
}

// Rules returns what policies mean. They must be valid and have their defaults, as Stream returns them. What they share
// is shared.
func Rules(policies []networkingv1.NetworkPolicy) []rule.Policy {
	m := newMeaning()
	out := make([]rule.Policy, len(policies))
	for i := range policies {
		out[i] = m.policy(&policies[i])
	}
	return out
}

// Rule returns what one rule means. The policy must be valid and have its defaults.
func (x Item) Rule() rule.Rule { return newMeaning().rule(x) }

// meaning remembers what policies share: their blocks and their lists of ports.
type meaning struct {
	blocks map[*networkingv1.IPBlock]*rule.Block
	ports  map[portList]ports
	// room is for peers.
	room []rule.Peer
}

// portList is a list of ports by where it is kept.
type portList struct {
	first *networkingv1.NetworkPolicyPort
	size  int
}

// ports is what a list of ports means.
type ports struct {
	numbers sets.Ports
	names   []rule.PortName
}

func newMeaning() *meaning {
	return &meaning{blocks: map[*networkingv1.IPBlock]*rule.Block{}, ports: map[portList]ports{}}
}

func (m *meaning) policy(p *networkingv1.NetworkPolicy) rule.Policy {
	out := rule.Policy{Namespace: p.Namespace, Name: p.Name, Subject: &p.Spec.PodSelector, Isolates: Isolates(p)}
	n := len(p.Spec.Ingress) + len(p.Spec.Egress)
	if n == 0 {
		return out
	}
	out.Rules = make([]rule.Rule, 0, n)
	add := func(x Item) {
		if out.Isolates.Has(x.Direction) {
			out.Rules = append(out.Rules, m.rule(x))
		} else {
			out.Ignored = append(out.Ignored, m.rule(x))
		}
	}
	for i, r := range p.Spec.Ingress {
		add(Item{graph.Ingress, i, r.From, r.Ports})
	}
	for i, r := range p.Spec.Egress {
		add(Item{graph.Egress, i, r.To, r.Ports})
	}
	return out
}

func (m *meaning) rule(x Item) rule.Rule {
	ports := m.portsOf(x.Ports)
	return rule.Rule{Direction: x.Direction, Index: x.Index, Peers: m.peers(x.Peers), Ports: ports.numbers, Named: ports.names}
}

// peers returns the peers of a rule, in a part of the room.
func (m *meaning) peers(in []networkingv1.NetworkPolicyPeer) []rule.Peer {
	const atOnce = 1024
	if len(in) == 0 {
		return nil
	}
	if cap(m.room)-len(m.room) < len(in) {
		m.room = make([]rule.Peer, 0, max(len(in), min(atOnce, 2*cap(m.room))))
	}
	start := len(m.room)
	for _, p := range in {
		peer := rule.Peer{Namespaces: p.NamespaceSelector, Pods: p.PodSelector}
		if p.IPBlock != nil {
			peer.Block = m.block(p.IPBlock)
		}
		m.room = append(m.room, peer)
	}
	return slices.Clip(m.room[start:])
}

func (m *meaning) block(b *networkingv1.IPBlock) *rule.Block {
	out := m.blocks[b]
	if out == nil {
		except := make([]netip.Prefix, len(b.Except))
		for i, e := range b.Except {
			except[i] = netip.MustParsePrefix(e)
		}
		out = &rule.Block{CIDR: b.CIDR, Except: b.Except, Addresses: sets.AddressesOf([]netip.Prefix{netip.MustParsePrefix(b.CIDR)}, except)}
		m.blocks[b] = out
	}
	return out
}

func (m *meaning) portsOf(in []networkingv1.NetworkPolicyPort) ports {
	if len(in) == 0 {
		return ports{numbers: sets.AllPorts()}
	}
	key := portList{&in[0], len(in)}
	out, known := m.ports[key]
	if !known {
		out.numbers, out.names = portsOf(in)
		m.ports[key] = out
	}
	return out
}

// portsOf returns the ports of a list by number, and apart those by name.
func portsOf(in []networkingv1.NetworkPolicyPort) (sets.Ports, []rule.PortName) {
	numbers := make([]sets.Ports, 0, len(in))
	var names []rule.PortName
	for _, p := range in {
		protocol := protocolOf(*p.Protocol)
		switch {
		case p.Port == nil:
			numbers = append(numbers, sets.ProtocolPorts(protocol))
		case p.Port.StrVal != "":
			names = append(names, rule.PortName{Name: p.Port.StrVal, Protocol: protocol})
		default:
			hi := int(p.Port.IntVal)
			if p.EndPort != nil {
				hi = int(*p.EndPort)
			}
			numbers = append(numbers, sets.PortRange(protocol, int(p.Port.IntVal), hi))
		}
	}
	if len(numbers) == 1 {
		return numbers[0], names
	}
	return sets.UnionPorts(numbers...), names
}
