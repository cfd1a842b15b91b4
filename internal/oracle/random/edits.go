package random

import (
	"maps"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func (g *generator) anyPolicy(c *Cluster) *networkingv1.NetworkPolicy {
	if len(c.Policies) == 0 {
		return nil
	}
	return &c.Policies[g.IntN(len(c.Policies))]
}

// peersOf returns the peers of a policy's rules.
func peersOf(p *networkingv1.NetworkPolicy) []*networkingv1.NetworkPolicyPeer {
	var out []*networkingv1.NetworkPolicyPeer
	for i := range p.Spec.Ingress {
		for j := range p.Spec.Ingress[i].From {
			out = append(out, &p.Spec.Ingress[i].From[j])
		}
	}
	for i := range p.Spec.Egress {
		for j := range p.Spec.Egress[i].To {
			out = append(out, &p.Spec.Egress[i].To[j])
		}
	}
	return out
}

func (g *generator) anyPeer(c *Cluster) *networkingv1.NetworkPolicyPeer {
	var all []*networkingv1.NetworkPolicyPeer
	for i := range c.Policies {
		all = append(all, peersOf(&c.Policies[i])...)
	}
	if len(all) == 0 {
		return nil
	}
	return pick(g, all...)
}

// place is a selector in a policy, and what keys it may ask for.
type place struct {
	*metav1.LabelSelector
	keys []string
}

func (g *generator) places(p *networkingv1.NetworkPolicyPeer) []place {
	var out []place
	if p.PodSelector != nil {
		out = append(out, place{p.PodSelector, g.podKeys})
	}
	if p.NamespaceSelector != nil {
		out = append(out, place{p.NamespaceSelector, append(slices.Clone(g.spaceKeys), nameLabel)})
	}
	return out
}

// peerSelector returns a selector of a peer, or nil.
func (g *generator) peerSelector(c *Cluster) *place {
	p := g.anyPeer(c)
	if p == nil {
		return nil
	}
	all := g.places(p)
	if len(all) == 0 {
		return nil
	}
	s := pick(g, all...)
	return &s
}

// anySelector returns a selector of a subject or a peer, or nil.
func (g *generator) anySelector(c *Cluster) *place {
	if g.chance(60) {
		return g.peerSelector(c)
	}
	p := g.anyPolicy(c)
	if p == nil {
		return nil
	}
	return &place{&p.Spec.PodSelector, g.podKeys}
}

func (g *generator) drop(s *place) bool {
	switch {
	case s == nil || len(s.MatchLabels)+len(s.MatchExpressions) == 0:
		return false
	case len(s.MatchExpressions) == 0 || len(s.MatchLabels) > 0 && g.chance(50):
		key := pick(g, slices.Sorted(maps.Keys(s.MatchLabels))...)
		s.MatchLabels = maps.Clone(s.MatchLabels)
		delete(s.MatchLabels, key)
	default:
		i := g.IntN(len(s.MatchExpressions))
		s.MatchExpressions = slices.Delete(s.MatchExpressions, i, i+1)
	}
	return true
}

func (g *generator) narrow(s *place) bool {
	if s == nil {
		return false
	}
	s.MatchExpressions = append(s.MatchExpressions, g.requirement(pick(g, s.keys...)))
	return true
}

func (g *generator) addValue(s *place) bool {
	if s == nil {
		return false
	}
	for i := range s.MatchExpressions {
		if r := &s.MatchExpressions[i]; r.Operator == metav1.LabelSelectorOpIn {
			r.Values = append(r.Values, g.value(r.Key))
			return true
		}
	}
	if len(s.MatchLabels) == 0 {
		return false
	}
	key := pick(g, slices.Sorted(maps.Keys(s.MatchLabels))...)
	r := metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpIn, Values: []string{s.MatchLabels[key], g.value(key)}}
	s.MatchLabels = maps.Clone(s.MatchLabels)
	delete(s.MatchLabels, key)
	s.MatchExpressions = append(s.MatchExpressions, r)
	return true
}

func portsOf(c *Cluster) []*[]networkingv1.NetworkPolicyPort {
	var out []*[]networkingv1.NetworkPolicyPort
	for i := range c.Policies {
		s := &c.Policies[i].Spec
		for j := range s.Ingress {
			out = append(out, &s.Ingress[j].Ports)
		}
		for j := range s.Egress {
			out = append(out, &s.Egress[j].Ports)
		}
	}
	return out
}

func (g *generator) anyPorts(c *Cluster) *[]networkingv1.NetworkPolicyPort {
	all := portsOf(c)
	if len(all) == 0 {
		return nil
	}
	return pick(g, all...)
}

func addRule(g *generator, c *Cluster) bool {
	p := g.anyPolicy(c)
	if p == nil {
		return false
	}
	peers, ports := g.rule()
	if g.chance(50) {
		p.Spec.Ingress = append(p.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: peers, Ports: ports})
	} else {
		p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: peers, Ports: ports})
	}
	return true
}

func removeRule(g *generator, c *Cluster) bool {
	p := g.anyPolicy(c)
	switch {
	case p == nil:
		return false
	case len(p.Spec.Ingress) > 0 && g.chance(60):
		i := g.IntN(len(p.Spec.Ingress))
		p.Spec.Ingress = slices.Delete(p.Spec.Ingress, i, i+1)
	case len(p.Spec.Egress) > 0:
		i := g.IntN(len(p.Spec.Egress))
		p.Spec.Egress = slices.Delete(p.Spec.Egress, i, i+1)
	default:
		return false
	}
	return true
}

// splitPolicy writes the two directions of a policy as two policies.
func splitPolicy(g *generator, c *Cluster) bool {
	p := g.anyPolicy(c)
	if p == nil || len(p.Spec.PolicyTypes) < 2 {
		return false
	}
	other := *p.DeepCopy()
	other.Name += "-out"
	other.Spec.Ingress, other.Spec.PolicyTypes = nil, []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}
	p.Spec.Egress, p.Spec.PolicyTypes = nil, []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	c.Policies = append(c.Policies, other)
	return true
}
