package judges

import (
	"math/rand/v2"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// aim chooses probes at what a policy speaks of: its subjects, the peers of its rules and the edges of their ports. It
// only decides what is asked, nothing of the answer.
type aim struct {
	*rand.Rand
	world *world
}

func (a aim) probes(p *networkingv1.NetworkPolicy, n int) []Probe {
	var out []Probe
	subjects := a.pods(p.Namespace, &p.Spec.PodSelector, nil)
	for _, t := range p.Spec.PolicyTypes {
		rules := p.DeepCopy()
		if t == networkingv1.PolicyTypeIngress {
			rules.Spec.Egress = nil
		} else {
			rules.Spec.Ingress = nil
		}
		for range n {
			subject, other, port, protocol := a.oneOf(subjects), a.oneOf(nil), 1+a.IntN(65535), pick(a.Rand, protocols())
			if all := rulesOf(rules); len(all) > 0 && a.IntN(5) > 0 {
				r := pick(a.Rand, all)
				other = a.peer(p.Namespace, *r.peers)
				port, protocol = a.port(*r.ports)
			}
			probe := Probe{subject, other, protocol, port}
			if t == networkingv1.PolicyTypeIngress {
				probe.From, probe.To = other, subject
			}
			if subject.Pod >= 0 {
				out = append(out, probe)
			}
		}
	}
	return out
}

// oneOf picks one of the sides, or any where there are none and once in a while.
func (a aim) oneOf(sides []Side) Side {
	if len(sides) > 0 && a.IntN(6) > 0 {
		return pick(a.Rand, sides)
	}
	if i := a.IntN(len(a.world.pods) + len(a.world.outside)); i >= len(a.world.pods) {
		return Side{-1, a.world.outside[i-len(a.world.pods)]}
	} else {
		return Side{Pod: i}
	}
}

func (a aim) peer(namespace string, peers []networkingv1.NetworkPolicyPeer) Side {
	if len(peers) == 0 {
		return a.oneOf(nil)
	}
	p := pick(a.Rand, peers)
	if p.IPBlock == nil {
		return a.oneOf(a.pods(namespace, p.PodSelector, p.NamespaceSelector))
	}
	var inside []Side
	prefix := netip.MustParsePrefix(p.IPBlock.CIDR)
	for _, address := range a.world.outside {
		if prefix.Contains(address) {
			inside = append(inside, Side{-1, address})
		}
	}
	return a.oneOf(inside)
}

// pods returns the pods that selectors select; without a namespaceSelector those of one namespace.
func (a aim) pods(namespace string, pods, namespaces *metav1.LabelSelector) []Side {
	var out []Side
	for i, p := range a.world.pods {
		own := labels.Set(a.world.labelsOf(p.Namespace))
		if namespaces == nil && p.Namespace == namespace || namespaces != nil && selects(namespaces, own) {
			if pods == nil || selects(pods, p.Labels) {
				out = append(out, Side{Pod: i})
			}
		}
	}
	return out
}

func selects(s *metav1.LabelSelector, set labels.Set) bool {
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(set)
}

// port picks a port of a rule, or one just outside.
func (a aim) port(ports []networkingv1.NetworkPolicyPort) (int, corev1.Protocol) {
	if len(ports) == 0 {
		return pick(a.Rand, []int{53, 80, 443, 8080}), pick(a.Rand, protocols())
	}
	p := pick(a.Rand, ports)
	protocol := corev1.ProtocolTCP
	if p.Protocol != nil && a.IntN(6) > 0 {
		protocol = *p.Protocol
	}
	if p.Port == nil || p.Port.StrVal != "" {
		return 1 + a.IntN(65535), protocol
	}
	low, high := int(p.Port.IntVal), int(p.Port.IntVal)
	if p.EndPort != nil {
		high = int(*p.EndPort)
	}
	return min(max(pick(a.Rand, []int{low, low, high, low - 1, high + 1}), 1), 65535), protocol
}
