package policy

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/graph"
)

// ports is a set of ports as objects write it.
type ports struct {
	// text is the set in an edge.
	text string
	// policy is the set in a rule; none for all ports and protocols. The protocol is always written, as the API server
	// would default it.
	policy []networkingv1.NetworkPolicyPort
	// rule is the number of the rule for the set in object, the last one that asked for one.
	object *object
	rule   int
}

// portsOf returns a set of ports, the same for each set that is written alike.
func (x *shared) portsOf(s graph.PortSet) *ports {
	x.key = appendKey(x.key[:0], s)
	p := x.ports[string(x.key)]
	if p == nil {
		p = &ports{text: s.String(), policy: policyPorts(s)}
		x.ports[string(x.key)] = p
	}
	return p
}

// appendKey appends what a set holds, in less time than its text takes.
func appendKey(key []byte, s graph.PortSet) []byte {
	if s.All {
		return append(key, '*')
	}
	for _, p := range graph.Protocols() {
		if s.AllOf(p) {
			key = append(key, byte(p), '*')
		}
		for _, r := range s.Ranges(p) {
			key = append(key, byte(p), byte(r.Lo>>8), byte(r.Lo), byte(r.Hi>>8), byte(r.Hi))
		}
	}
	return key
}

func policyPorts(s graph.PortSet) []networkingv1.NetworkPolicyPort {
	if s.All {
		return nil
	}
	var out []networkingv1.NetworkPolicyPort
	for _, p := range graph.Protocols() {
		if s.AllOf(p) {
			out = append(out, networkingv1.NetworkPolicyPort{Protocol: policyProtocol(p)})
		}
		for _, r := range s.Ranges(p) {
			port := intstr.FromInt32(int32(r.Lo))
			rule := networkingv1.NetworkPolicyPort{Protocol: policyProtocol(p), Port: &port}
			if r.Hi > r.Lo {
				end := int32(r.Hi)
				rule.EndPort = &end
			}
			out = append(out, rule)
		}
	}
	return out
}

func policyProtocol(p graph.Protocol) *corev1.Protocol {
	out := corev1.ProtocolTCP
	switch p {
	case graph.UDP:
		out = corev1.ProtocolUDP
	case graph.SCTP:
		out = corev1.ProtocolSCTP
	}
	return &out
}
