package reach

import (
	"net/netip"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// ofPolicies returns the normal form of policies as Read returns them.
func ofPolicies(policies []networkingv1.NetworkPolicy, f *forms) *normal {
	rules, peers := 0, 0
	for i := range policies {
		s := &policies[i].Spec
		rules += len(s.Ingress) + len(s.Egress)
		for _, r := range s.Ingress {
			peers += max(1, len(r.From))
		}
		for _, r := range s.Egress {
			peers += max(1, len(r.To))
		}
	}
	w := &written{
		normal:    newNormal(f, 2*len(policies)+rules, peers),
		selectors: map[*metav1.LabelSelector]form{},
		addresses: map[*networkingv1.IPBlock]sets.Addresses{},
	}
	for i := range policies {
		w.policy(&policies[i])
	}
	w.sort()
	return w.normal
}

// written makes the normal form of policies. It remembers the selectors and addresses that policies share.
type written struct {
	*normal
	selectors map[*metav1.LabelSelector]form
	addresses map[*networkingv1.IPBlock]sets.Addresses
}

func (w *written) policy(p *networkingv1.NetworkPolicy) {
	s := subject{namespace: w.text(p.Namespace), selector: w.forms.selector(p.Spec.PodSelector)}
	for _, d := range []graph.Directions{graph.Ingress, graph.Egress} {
		rules, isolating := rulesOf(p, d)
		if !isolating {
			continue
		}
		s.direction = d
		number := w.subjects.number(s)
		w.isolate(number, w.source(nil, origin{p}))
		for _, r := range rules {
			w.rule(number, p, r)
		}
	}
}

// rule opens a subject to the peers of a rule.
func (w *written) rule(subject int32, p *networkingv1.NetworkPolicy, r rule) {
	ports, names := rulePorts(r.ports)
	for _, named := range names {
		port := w.text(named.Name + "/" + named.Protocol.String())
		w.open(subject, w.peers.number(peerForm{named: port}), w.source(nil, origin{p}))
	}
	source := w.source(ports, origin{p})
	if len(r.peers) == 0 {
		w.open(subject, w.peers.number(peerForm{everyone: true}), source)
	}
	for _, peer := range r.peers {
		if peer.IPBlock != nil {
			w.openBlock(subject, w.block(peer.IPBlock), source)
			continue
		}
		namespaces, pods := w.namespaceByName(p.Namespace), everyPod
		if peer.NamespaceSelector != nil {
			namespaces = w.selector(peer.NamespaceSelector)
		}
		if peer.PodSelector != nil {
			pods = w.selector(peer.PodSelector)
		}
		w.open(subject, w.peers.number(peerForm{namespaces: namespaces, pods: pods}), source)
	}
}

func (w *written) selector(s *metav1.LabelSelector) form {
	f, known := w.selectors[s]
	if !known {
		f = w.forms.selector(*s)
		w.selectors[s] = f
	}
	return f
}

func (w *written) block(b *networkingv1.IPBlock) sets.Addresses {
	set, known := w.addresses[b]
	if !known {
		set = blockAddresses(b)
		w.addresses[b] = set
	}
	return set
}

// rulePorts returns the ports of a rule by number, and apart those by name, which mean another number for each
// destination.
func rulePorts(in []networkingv1.NetworkPolicyPort) (sets.Ports, []NamedPort) {
	if len(in) == 0 {
		return sets.AllPorts(), nil
	}
	out := make([]sets.Ports, 0, len(in))
	var names []NamedPort
	for _, p := range in {
		protocol := protocolIndex(*p.Protocol)
		switch {
		case p.Port == nil:
			out = append(out, sets.ProtocolPorts(protocol))
		case p.Port.StrVal != "":
			names = append(names, NamedPort{Name: p.Port.StrVal, Protocol: protocol})
		default:
			hi := int(p.Port.IntVal)
			if p.EndPort != nil {
				hi = int(*p.EndPort)
			}
			out = append(out, sets.PortRange(protocol, int(p.Port.IntVal), hi))
		}
	}
	if len(out) == 1 {
		return out[0], names
	}
	return sets.UnionPorts(out...), names
}

func blockAddresses(b *networkingv1.IPBlock) sets.Addresses {
	except := make([]netip.Prefix, len(b.Except))
	for i, e := range b.Except {
		except[i] = netip.MustParsePrefix(e)
	}
	return sets.AddressesOf([]netip.Prefix{netip.MustParsePrefix(b.CIDR)}, except)
}
