package random

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Pair is a cluster and an edited copy.
type Pair struct {
	Before, After *Cluster
	// Edits names what was done, in order.
	Edits []string
	// Rewritten says that the copy means the same.
	Rewritten bool
}

// edit is one thing that people do to policies. It reports whether it found a place for it.
type edit struct {
	name string
	do   func(*generator, *Cluster) bool
}

// Pairs makes a cluster and an edited copy. A quarter of the copies are only written otherwise.
func Pairs(seed uint64) Pair {
	g := newGenerator(seed, 12)
	c := g.cluster()
	out := Pair{Before: c, After: c.clone()}
	var list []edit
	if !g.chance(25) {
		list = append(list, pick(g, changes()...))
		if g.chance(25) {
			list = append(list, pick(g, changes()...))
		}
	}
	for range g.IntN(3) {
		list = append(list, pick(g, rewrites()...))
	}
	out.Rewritten = true
	for _, e := range list {
		out.Rewritten = out.Rewritten && slices.ContainsFunc(rewrites(), func(r edit) bool { return r.name == e.name })
	}
	if len(list) == 0 {
		list = append(list, pick(g, rewrites()...))
	}
	for _, e := range list {
		for range 5 {
			if e.do(g, out.After) {
				out.Edits = append(out.Edits, e.name)
				break
			}
		}
	}
	return out
}

// changes are edits that may change what is allowed.
func changes() []edit {
	return []edit{
		{"a requirement of a selector dropped", func(g *generator, c *Cluster) bool { return g.drop(g.anySelector(c)) }},
		{"a requirement of a peer dropped", func(g *generator, c *Cluster) bool { return g.drop(g.peerSelector(c)) }},
		{"a selector narrowed", func(g *generator, c *Cluster) bool { return g.narrow(g.anySelector(c)) }},
		{"a value added to In", func(g *generator, c *Cluster) bool { return g.addValue(g.anySelector(c)) }},
		{"a namespaceSelector set to {}", func(g *generator, c *Cluster) bool {
			p := g.anyPeer(c)
			if p == nil || p.IPBlock != nil {
				return false
			}
			p.NamespaceSelector = &metav1.LabelSelector{}
			return true
		}},
		{"another subject", func(g *generator, c *Cluster) bool {
			p := g.anyPolicy(c)
			if p == nil {
				return false
			}
			p.Spec.PodSelector = g.selector(g.podKeys)
			return true
		}},
		{"a subject widened to {}", func(g *generator, c *Cluster) bool {
			p := g.anyPolicy(c)
			if p == nil {
				return false
			}
			p.Spec.PodSelector = metav1.LabelSelector{}
			return true
		}},
		{"a peer widened to {}", func(g *generator, c *Cluster) bool {
			p := g.anyPeer(c)
			if p == nil || p.PodSelector == nil {
				return false
			}
			p.PodSelector = &metav1.LabelSelector{}
			return true
		}},
		{"a rule added", addRule},
		{"a rule removed", removeRule},
		{"other ports", func(g *generator, c *Cluster) bool {
			ports := g.anyPorts(c)
			if ports == nil {
				return false
			}
			*ports = pick(g, nil, []networkingv1.NetworkPolicyPort{g.port()}, append(slices.Clone(*ports), g.port()))
			return true
		}},
		{"another peer", func(g *generator, c *Cluster) bool {
			p := g.anyPeer(c)
			if p == nil {
				return false
			}
			*p = g.peer()
			return true
		}},
		{"another block", func(g *generator, c *Cluster) bool {
			p := g.anyPeer(c)
			if p == nil || p.IPBlock == nil {
				return false
			}
			p.IPBlock = g.ipBlock()
			return true
		}},
		{"other policyTypes", func(g *generator, c *Cluster) bool {
			p := g.anyPolicy(c)
			if p == nil {
				return false
			}
			p.Spec.PolicyTypes = g.policy(0).Spec.PolicyTypes
			return true
		}},
		{"a policy added", func(g *generator, c *Cluster) bool {
			c.Policies = append(c.Policies, g.policy(50+len(c.Policies)))
			return true
		}},
		{"a policy removed", func(g *generator, c *Cluster) bool {
			if len(c.Policies) < 2 {
				return false
			}
			i := g.IntN(len(c.Policies))
			c.Policies = slices.Delete(c.Policies, i, i+1)
			return true
		}},
	}
}

// rewrites are edits that change nothing of what is allowed.
func rewrites() []edit {
	return []edit{
		{"a label written as In", func(g *generator, c *Cluster) bool {
			s := g.anySelector(c)
			if s == nil || len(s.MatchLabels) == 0 {
				return false
			}
			key := pick(g, slices.Sorted(maps.Keys(s.MatchLabels))...)
			value := s.MatchLabels[key]
			s.MatchLabels = maps.Clone(s.MatchLabels)
			delete(s.MatchLabels, key)
			r := metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpIn, Values: []string{value}}
			if g.chance(50) {
				r.Values = append(r.Values, value)
			}
			s.MatchExpressions = append(s.MatchExpressions, r)
			return true
		}},
		{"documents in another order", func(g *generator, c *Cluster) bool {
			g.Shuffle(len(c.Policies), func(i, j int) { c.Policies[i], c.Policies[j] = c.Policies[j], c.Policies[i] })
			return true
		}},
		{"policies renamed", func(g *generator, c *Cluster) bool {
			for i, at := range g.Perm(len(c.Policies)) {
				c.Policies[i].Name = fmt.Sprintf("r%d", at)
			}
			return true
		}},
		{"all ports of a protocol written as 1-65535", func(g *generator, c *Cluster) bool {
			for _, rule := range portsOf(c) {
				for i := range *rule {
					if p := &(*rule)[i]; p.Port == nil {
						low, end := intstr.FromInt32(1), int32(65535)
						p.Port, p.EndPort = &low, &end
						return true
					}
				}
			}
			return false
		}},
		{"a missing protocol written", func(_ *generator, c *Cluster) bool {
			tcp := corev1.ProtocolTCP
			for _, rule := range portsOf(c) {
				for i := range *rule {
					if p := &(*rule)[i]; p.Protocol == nil {
						p.Protocol = &tcp
						return true
					}
				}
			}
			return false
		}},
		{"a policy split", splitPolicy},
		{"a requirement written twice", func(g *generator, c *Cluster) bool {
			s := g.anySelector(c)
			if s == nil || len(s.MatchExpressions) == 0 {
				return false
			}
			s.MatchExpressions = append(s.MatchExpressions, pick(g, s.MatchExpressions...))
			return true
		}},
		{"a policy written twice", func(g *generator, c *Cluster) bool {
			p := g.anyPolicy(c)
			if p == nil {
				return false
			}
			twin := *p.DeepCopy()
			twin.Name += "-twin"
			c.Policies = append(c.Policies, twin)
			return true
		}},
		{"the own namespace written as a selector of its name", func(g *generator, c *Cluster) bool {
			policy := g.anyPolicy(c)
			if policy == nil {
				return false
			}
			peers := peersOf(policy)
			if len(peers) == 0 {
				return false
			}
			p := pick(g, peers...)
			if p.IPBlock != nil || p.NamespaceSelector != nil {
				return false
			}
			p.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{nameLabel: policy.Namespace}}
			return true
		}},
		{"policyTypes written", func(_ *generator, c *Cluster) bool {
			for i := range c.Policies {
				if s := &c.Policies[i].Spec; len(s.PolicyTypes) == 0 {
					s.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
					if len(s.Egress) > 0 {
						s.PolicyTypes = append(s.PolicyTypes, networkingv1.PolicyTypeEgress)
					}
					return true
				}
			}
			return false
		}},
	}
}
