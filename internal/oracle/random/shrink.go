package random

import (
	"maps"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
)

// Shrink returns a smaller pair of which something still holds: with fewer policies, rules, peers, ports, requirements,
// namespaces and pods.
func Shrink(before, after *Cluster, holds func(before, after *Cluster) bool) (*Cluster, *Cluster) {
	for {
		smaller := false
		for side := range 2 {
			for i := 0; ; i++ {
				pair := [2]*Cluster{before.clone(), after.clone()}
				if !pair[side].without(i) {
					break
				}
				pair[1-side].Namespaces, pair[1-side].Pods = pair[side].Namespaces, pair[side].Pods
				if holds(pair[0], pair[1]) {
					before, after, smaller = pair[0], pair[1], true
					i--
				}
			}
		}
		if !smaller {
			return before, after
		}
	}
}

// without takes the i-th thing away that can be, and reports whether there is one.
func (c *Cluster) without(i int) bool {
	at := func() bool { i--; return i == -1 }
	for _, key := range slices.Sorted(maps.Keys(c.Pods)) {
		if at() {
			c.Pods = maps.Clone(c.Pods)
			delete(c.Pods, key)
			return true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.Namespaces)) {
		if at() {
			c.Namespaces = maps.Clone(c.Namespaces)
			delete(c.Namespaces, key)
			return true
		}
	}
	if c.withoutTier(at) {
		return true
	}
	for n := range c.Policies {
		if at() {
			c.Policies = slices.Delete(c.Policies, n, n+1)
			return true
		}
		if withoutPart(&c.Policies[n], at) {
			return true
		}
	}
	return false
}

func withoutPart(p *networkingv1.NetworkPolicy, at func() bool) bool {
	for n := range p.Spec.Ingress {
		r := &p.Spec.Ingress[n]
		if at() {
			p.Spec.Ingress = slices.Delete(p.Spec.Ingress, n, n+1)
			return true
		}
		if withoutOne(&r.From, at) || withoutOne(&r.Ports, at) {
			return true
		}
	}
	for n := range p.Spec.Egress {
		r := &p.Spec.Egress[n]
		if at() {
			p.Spec.Egress = slices.Delete(p.Spec.Egress, n, n+1)
			return true
		}
		if withoutOne(&r.To, at) || withoutOne(&r.Ports, at) {
			return true
		}
	}
	selectors := []place{{&p.Spec.PodSelector, nil}}
	for _, peer := range peersOf(p) {
		selectors = append(selectors, (&generator{}).places(peer)...)
	}
	for _, s := range selectors {
		for _, key := range slices.Sorted(maps.Keys(s.MatchLabels)) {
			if at() {
				s.MatchLabels = maps.Clone(s.MatchLabels)
				delete(s.MatchLabels, key)
				return true
			}
		}
		if withoutOne(&s.MatchExpressions, at) {
			return true
		}
	}
	return false
}

// withoutOne takes an element of a list away, and all of the list where it is the last.
func withoutOne[T any](list *[]T, at func() bool) bool {
	for i := range *list {
		if at() {
			*list = slices.Delete(*list, i, i+1)
			return true
		}
	}
	return false
}
