package random

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/internal/oracle/clusterpolicy"
)

// Tiered makes a cluster with ClusterNetworkPolicies beside its NetworkPolicies.
func Tiered(seed uint64) *Cluster { return newGenerator(seed, 14).tiered() }

// TieredPairs makes such a cluster and an edited copy.
func TieredPairs(seed uint64) Pair {
	g := newGenerator(seed, 15)
	out := Pair{Before: g.tiered()}
	out.After = out.Before.clone()
	list := []edit{pick(g, slices.Concat(tierChanges(), tierChanges(), changes())...)}
	if g.chance(30) {
		list = append(list, pick(g, append(tierChanges(), rewrites()...)...))
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

func (g *generator) tiered() *Cluster {
	c := g.cluster()
	c.Policies = c.Policies[:g.IntN(min(3, len(c.Policies))+1)]
	for i := range 1 + g.IntN(4) {
		c.Tiers = append(c.Tiers, g.clusterPolicy(i))
	}
	return c
}

func (g *generator) clusterPolicy(i int) clusterpolicy.Policy {
	p := clusterpolicy.Policy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy.networking.k8s.io/v1alpha2", Kind: "ClusterNetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("c%d", i)},
		Spec:       clusterpolicy.Spec{Tier: pick(g, "Admin", "Baseline"), Priority: pick(g, 0, 10, 20, 20, 30, 1000), Subject: g.clusterPods()},
	}
	if g.chance(70) {
		for range 1 + g.IntN(3) {
			p.Spec.Ingress = append(p.Spec.Ingress, g.clusterRule(false))
		}
	}
	if g.chance(60) {
		for range 1 + g.IntN(2) {
			p.Spec.Egress = append(p.Spec.Egress, g.clusterRule(true))
		}
	}
	return p
}

// clusterPods returns pods of either form.
func (g *generator) clusterPods() clusterpolicy.Peer {
	s := g.spaces()
	if g.chance(40) {
		return clusterpolicy.Peer{Namespaces: &s}
	}
	if g.chance(30) {
		s = metav1.LabelSelector{}
	}
	return clusterpolicy.Peer{Pods: &clusterpolicy.Pods{NamespaceSelector: s, PodSelector: g.selector(g.podKeys)}}
}

func (g *generator) clusterRule(egress bool) clusterpolicy.Rule {
	r := clusterpolicy.Rule{Action: pick(g, "Accept", "Deny", "Deny", "Pass")}
	networks := false
	for range 1 + g.IntN(2) {
		peer := g.clusterPods()
		if egress && g.chance(25) {
			peer, networks = clusterpolicy.Peer{Networks: pick(g, []string{"0.0.0.0/0", "::/0"}, []string{"192.0.2.0/24"}, []string{"198.51.100.0/24", "192.0.2.128/25"})}, true
		}
		if egress {
			r.To = append(r.To, peer)
		} else {
			r.From = append(r.From, peer)
		}
	}
	if g.chance(55) {
		for range 1 + g.IntN(2) {
			r.Protocols = append(r.Protocols, g.clusterProtocol(!networks))
		}
	}
	return r
}

func (g *generator) clusterProtocol(named bool) clusterpolicy.Protocol {
	if named && g.chance(25) {
		return clusterpolicy.Protocol{Named: pick(g, "http", "http", "metrics")}
	}
	port := &clusterpolicy.Port{DestinationPort: clusterpolicy.Numbers{Number: pick(g, 53, 80, 81, 8080)}}
	if g.chance(25) {
		port = &clusterpolicy.Port{DestinationPort: clusterpolicy.Numbers{Range: &clusterpolicy.Range{Start: pick(g, 1, 80), End: pick(g, 90, 8080, 65535)}}}
	}
	switch g.IntN(4) {
	case 0:
		return clusterpolicy.Protocol{UDP: port}
	case 1:
		return clusterpolicy.Protocol{SCTP: port}
	}
	return clusterpolicy.Protocol{TCP: port}
}

// tierChanges are edits of ClusterNetworkPolicies.
func tierChanges() []edit {
	onPolicy := func(do func(*generator, *clusterpolicy.Policy) bool) func(*generator, *Cluster) bool {
		return func(g *generator, c *Cluster) bool {
			return len(c.Tiers) > 0 && do(g, &c.Tiers[g.IntN(len(c.Tiers))])
		}
	}
	onRule := func(do func(g *generator, r *clusterpolicy.Rule, egress bool)) func(*generator, *Cluster) bool {
		return onPolicy(func(g *generator, p *clusterpolicy.Policy) bool {
			n := len(p.Spec.Ingress) + len(p.Spec.Egress)
			if n == 0 {
				return false
			}
			i := g.IntN(n)
			if i < len(p.Spec.Ingress) {
				do(g, &p.Spec.Ingress[i], false)
			} else {
				do(g, &p.Spec.Egress[i-len(p.Spec.Ingress)], true)
			}
			return true
		})
	}
	return []edit{
		{"another priority", onPolicy(func(g *generator, p *clusterpolicy.Policy) bool {
			p.Spec.Priority = pick(g, 0, 5, 10, 15, 25, 1000)
			return true
		})},
		{"another tier", onPolicy(func(g *generator, p *clusterpolicy.Policy) bool {
			p.Spec.Tier = pick(g, "Admin", "Baseline")
			return true
		})},
		{"another subject of the cluster's policy", onPolicy(func(g *generator, p *clusterpolicy.Policy) bool {
			p.Spec.Subject = g.clusterPods()
			return true
		})},
		{"another action", onRule(func(g *generator, r *clusterpolicy.Rule, _ bool) { r.Action = pick(g, "Accept", "Deny", "Pass") })},
		{"another rule", onRule(func(g *generator, r *clusterpolicy.Rule, egress bool) { *r = g.clusterRule(egress) })},
		{"no protocols", onRule(func(_ *generator, r *clusterpolicy.Rule, _ bool) { r.Protocols = nil })},
		{"rules in another order", onPolicy(func(g *generator, p *clusterpolicy.Policy) bool {
			g.Shuffle(len(p.Spec.Ingress), func(i, j int) { p.Spec.Ingress[i], p.Spec.Ingress[j] = p.Spec.Ingress[j], p.Spec.Ingress[i] })
			g.Shuffle(len(p.Spec.Egress), func(i, j int) { p.Spec.Egress[i], p.Spec.Egress[j] = p.Spec.Egress[j], p.Spec.Egress[i] })
			return true
		})},
		{"a cluster's policy added", func(g *generator, c *Cluster) bool {
			c.Tiers = append(c.Tiers, g.clusterPolicy(50+len(c.Tiers)))
			return true
		}},
		{"a cluster's policy removed", func(g *generator, c *Cluster) bool {
			if len(c.Tiers) == 0 {
				return false
			}
			i := g.IntN(len(c.Tiers))
			c.Tiers = slices.Delete(c.Tiers, i, i+1)
			return true
		}},
	}
}

// withoutTier takes a part of the cluster's policies away.
func (c *Cluster) withoutTier(at func() bool) bool {
	for n := range c.Tiers {
		if at() {
			c.Tiers = slices.Delete(c.Tiers, n, n+1)
			return true
		}
		s := &c.Tiers[n].Spec
		for _, rules := range []*[]clusterpolicy.Rule{&s.Ingress, &s.Egress} {
			for i := range *rules {
				r := &(*rules)[i]
				if at() {
					*rules = slices.Delete(*rules, i, i+1)
					return true
				}
				for _, peers := range []*[]clusterpolicy.Peer{&r.From, &r.To} {
					if len(*peers) > 1 && at() {
						*peers = (*peers)[:1]
						return true
					}
				}
				if len(r.Protocols) > 0 && at() {
					r.Protocols = nil
					return true
				}
			}
		}
	}
	return false
}
