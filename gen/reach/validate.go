package reach

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/graph"
)

// Validate refuses objects whose meaning the API does not define: what the API server would refuse of the spec.
func Validate(p *networkingv1.NetworkPolicy) error { return validator{}.policy(p) }

// validator remembers the labels that it has found valid: a stream of policies says the same ones again and again.
type validator map[label]bool

func (v validator) policy(p *networkingv1.NetworkPolicy) error {
	errs := []error{v.selector(p.Spec.PodSelector)}
	for _, t := range p.Spec.PolicyTypes {
		if t != networkingv1.PolicyTypeIngress && t != networkingv1.PolicyTypeEgress {
			errs = append(errs, fmt.Errorf("unknown policy type %q", t))
		}
	}
	for _, r := range p.Spec.Ingress {
		errs = append(errs, v.rule(rule{r.From, r.Ports}))
	}
	for _, r := range p.Spec.Egress {
		errs = append(errs, v.rule(rule{r.To, r.Ports}))
	}
	return errors.Join(errs...)
}

func (v validator) rule(r rule) error {
	var errs []error
	for _, p := range r.peers {
		errs = append(errs, v.peer(p))
	}
	for _, p := range r.ports {
		errs = append(errs, validPort(p))
	}
	return errors.Join(errs...)
}

func (v validator) peer(p networkingv1.NetworkPolicyPeer) error {
	if p.IPBlock == nil {
		if p.PodSelector == nil && p.NamespaceSelector == nil {
			return errors.New("a peer without podSelector, namespaceSelector and ipBlock")
		}
		var errs []error
		for _, s := range []*metav1.LabelSelector{p.PodSelector, p.NamespaceSelector} {
			if s != nil {
				errs = append(errs, v.selector(*s))
			}
		}
		return errors.Join(errs...)
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

// selector checks a selector. One of labels alone is valid where each label is.
func (v validator) selector(s metav1.LabelSelector) error {
	all := len(s.MatchExpressions) == 0
	for key, value := range s.MatchLabels {
		all = all && v[label{key, value}]
	}
	if all {
		return nil
	}
	_, err := metav1.LabelSelectorAsSelector(&s)
	if err == nil {
		for key, value := range s.MatchLabels {
			v[label{key, value}] = true
		}
	}
	return err
}

func validPort(p networkingv1.NetworkPolicyPort) error {
	switch {
	case p.Protocol != nil && protocolIndex(*p.Protocol) < 0:
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

func protocolIndex(p corev1.Protocol) graph.Protocol {
	for _, known := range graph.Protocols() {
		if strings.EqualFold(known.String(), string(p)) && string(p) == strings.ToUpper(string(p)) {
			return known
		}
	}
	return -1
}
