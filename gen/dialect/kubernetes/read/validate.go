package read

import (
	"errors"
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
)

// Validate refuses objects whose meaning the API does not define: what the API server would refuse of the spec.
func Validate(p *networkingv1.NetworkPolicy) error { return NewValidator().Policy(p) }

// Validator refuses what Validate does, of many policies. It remembers what it has found valid, as policies say the same things again and again: labels, and the peers
// that policies share.
type Validator struct {
	labels map[rule.Label]bool
	peers  map[networkingv1.NetworkPolicyPeer]bool
	errs   []error
}

// NewValidator returns a validator that has seen nothing.
func NewValidator() *Validator {
	return &Validator{labels: map[rule.Label]bool{}, peers: map[networkingv1.NetworkPolicyPeer]bool{}}
}

// Policy is Validate.
func (v *Validator) Policy(p *networkingv1.NetworkPolicy) error {
	v.errs = nil
	v.add(v.selector(&p.Spec.PodSelector))
	for _, t := range p.Spec.PolicyTypes {
		if t != networkingv1.PolicyTypeIngress && t != networkingv1.PolicyTypeEgress {
			v.add(fmt.Errorf("unknown policy type %q", t))
		}
	}
	for _, r := range p.Spec.Ingress {
		v.rule(r.From, r.Ports)
	}
	for _, r := range p.Spec.Egress {
		v.rule(r.To, r.Ports)
	}
	return errors.Join(v.errs...)
}

func (v *Validator) add(err error) {
	if err != nil {
		v.errs = append(v.errs, err)
	}
}

func (v *Validator) rule(peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) {
	for _, p := range peers {
		if v.peers[p] {
			continue
		}
		err := v.peer(p)
		v.peers[p] = err == nil
		v.add(err)
	}
	for _, p := range ports {
		v.add(validPort(p))
	}
}

func (v *Validator) peer(p networkingv1.NetworkPolicyPeer) error {
	if p.IPBlock == nil {
		if p.PodSelector == nil && p.NamespaceSelector == nil {
			return errors.New("a peer without podSelector, namespaceSelector and ipBlock")
		}
		return errors.Join(v.selector(p.PodSelector), v.selector(p.NamespaceSelector))
	}
	if p.PodSelector != nil || p.NamespaceSelector != nil {
		return errors.New("a peer with both ipBlock and a selector")
	}
	cidr, err := netip.ParsePrefix(p.IPBlock.CIDR)
	if err != nil {
		return err
	}
	for _, e := range p.IPBlock.Except {
		except, err := netip.ParsePrefix(e)
		switch {
		case err != nil:
			return err
		case except.Addr().Is4In6() || except.Bits() <= cidr.Bits() || !cidr.Contains(except.Addr()):
			return fmt.Errorf("the exception %s is not a strict subset of %s", e, cidr)
		}
	}
	return nil
}

// selector checks a selector, where there is one. One of labels alone is valid where each label is.
func (v *Validator) selector(s *metav1.LabelSelector) error {
	if s == nil {
		return nil
	}
	all := len(s.MatchExpressions) == 0
	for key, value := range s.MatchLabels {
		all = all && v.labels[rule.Label{Key: key, Value: value}]
	}
	if all {
		return nil
	}
	_, err := metav1.LabelSelectorAsSelector(s)
	if err == nil {
		for key, value := range s.MatchLabels {
			v.labels[rule.Label{Key: key, Value: value}] = true
		}
	}
	return err
}

func validPort(p networkingv1.NetworkPolicyPort) error {
	switch {
	case p.Protocol != nil && protocolOf(*p.Protocol) < 0:
		return fmt.Errorf("unknown protocol %q", *p.Protocol)
	case p.Port == nil && p.EndPort != nil:
		return errors.New("endPort without port")
	case p.Port == nil:
		return nil
	case p.Port.Type == intstr.String && p.EndPort != nil:
		return errors.New("endPort with a named port")
	case p.Port.Type == intstr.String:
		return graph.CheckPortName(p.Port.StrVal)
	case p.Port.IntVal < 1 || p.Port.IntVal > 65535:
		return fmt.Errorf("the port %d is not between 1 and 65535", p.Port.IntVal)
	case p.EndPort != nil && (*p.EndPort < p.Port.IntVal || *p.EndPort > 65535):
		return fmt.Errorf("endPort %d is not between the port %d and 65535", *p.EndPort, p.Port.IntVal)
	}
	return nil
}

// protocolOf returns a protocol, or -1 where it is none that policies have.
func protocolOf(p corev1.Protocol) graph.Protocol {
	switch p {
	case corev1.ProtocolTCP:
		return graph.TCP
	case corev1.ProtocolUDP:
		return graph.UDP
	case corev1.ProtocolSCTP:
		return graph.SCTP
	}
	return -1
}
