package flows

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// concern is the pods of which a comparison of two clusters asks what policies let pass, by direction.
//
// What policies let a pod send depends on those alone that select it and isolate it for egress; for ingress likewise. So
// where policies differ, it is the direction of their subjects that may, and a flow changes only where it does. Of the
// other end the opposite direction counts: that of the peers of the rules that differ, or of everybody where a rule has
// no peers or the isolation of the subject may be another one.
type concern struct {
	*universe
	pods     [2]*sets.Union
	everyone [2]bool
}

// concerned returns the policies of two clusters that a comparison has to look at. What is left out is left out of both:
// policies that are equal, and whose subjects are of no concern.
func (u *universe) concerned(before, after world.Cluster) (was, is []rule.Policy) {
	sides := [2][]rule.Policy{before.Policies, after.Policies}
	if len(u.differing)+len(before.Others)+len(after.Others) > 0 || !slices.EqualFunc(before.Pods, after.Pods, equalPods) {
		return sides[0], sides[1] // policies that are equal may mean something else
	}
	differ, count := differing(sides)
	if count*2 > len(sides[0])+len(sides[1]) {
		return sides[0], sides[1] // too few would be left out
	}
	c := &concern{universe: u, pods: [2]*sets.Union{u.NewUnion(), u.NewUnion()}}
	isolated := [2]map[string]bool{{}, {}}
	each := func(do func(side int, p *rule.Policy, d graph.Directions, subject sets.Pods)) {
		for side, policies := range sides {
			for i := range policies {
				if !differ[side][i] {
					continue
				}
				p := &policies[i]
				for _, d := range graph.AllDirections() {
					if p.Isolates.Has(d) {
						do(side, p, d, c.subject(p))
					}
				}
			}
		}
	}
	each(func(side int, _ *rule.Policy, d graph.Directions, subject sets.Pods) {
		isolated[side][d.String()+subject.Key()] = true
	})
	each(func(side int, p *rule.Policy, d graph.Directions, subject sets.Pods) {
		c.add(d, subject)
		if !isolated[1-side][d.String()+subject.Key()] {
			c.everyone[opposite(d)-1] = true
			return
		}
		c.peers(p, d)
	})
	var out [2][]rule.Policy
	for side, policies := range sides {
		for i := range policies {
			if differ[side][i] || c.has(&policies[i]) {
				out[side] = append(out[side], policies[i])
			}
		}
	}
	return out[0], out[1]
}

func (c *concern) subject(p *rule.Policy) sets.Pods {
	return c.selected(selection{namespace: p.Namespace, pods: p.Subject})
}

func (c *concern) add(d graph.Directions, p sets.Pods) { c.pods[d-1].Add(c.With(sets.Source, p)) }

// peers adds the peers of the rules of a policy in a direction: what they may do in the opposite one counts.
func (c *concern) peers(p *rule.Policy, d graph.Directions) {
	for _, r := range p.In(d) {
		if r.Everyone() {
			c.everyone[opposite(d)-1] = true
		}
		for _, peer := range r.Peers {
			if peer.Block == nil {
				c.add(opposite(d), c.selected(selection{namespace: p.Namespace, namespaces: peer.Namespaces, pods: peer.Pods}))
			}
		}
	}
}

// has reports whether what a policy says of its subject is of concern.
func (c *concern) has(p *rule.Policy) bool {
	for _, d := range graph.AllDirections() {
		if p.Isolates.Has(d) && (c.everyone[d-1] || len(c.pods[d-1].Meeting(c.With(sets.Source, c.subject(p)))) > 0) {
			return true
		}
	}
	return false
}

// differing marks the policies of each side that the other side does not have by their name and in an equal form, and
// counts them.
func differing(sides [2][]rule.Policy) (differ [2][]bool, count int) {
	type name struct{ namespace, name string }
	at := map[name]int{}
	differ[1] = slices.Repeat([]bool{true}, len(sides[1]))
	for i := range sides[1] {
		p := &sides[1][i]
		at[name{p.Namespace, p.Name}] = i
	}
	for i := range sides[0] {
		p := &sides[0][i]
		other, known := at[name{p.Namespace, p.Name}]
		same := known && differ[1][other] && equalPolicies(p, &sides[1][other])
		if same {
			differ[1][other] = false
		}
		differ[0] = append(differ[0], !same)
	}
	for _, side := range differ {
		for _, d := range side {
			if d {
				count++
			}
		}
	}
	return differ, count
}

// equalPolicies reports whether two policies are written alike, so that they mean the same.
func equalPolicies(p, q *rule.Policy) bool {
	return p.Isolates == q.Isolates && equalSelectors(p.Subject, q.Subject) && slices.EqualFunc(p.Rules, q.Rules, equalRules)
}

func equalRules(r, s rule.Rule) bool {
	return r.Direction == s.Direction && r.Ports.Equal(s.Ports) && slices.Equal(r.Named, s.Named) && slices.EqualFunc(r.Peers, s.Peers, equalPeers)
}

func equalPeers(p, q rule.Peer) bool {
	if (p.Block == nil) != (q.Block == nil) {
		return false
	}
	return (p.Block == nil || p.Block.Addresses.Equal(q.Block.Addresses)) && equalSelectors(p.Namespaces, q.Namespaces) && equalSelectors(p.Pods, q.Pods)
}

func equalSelectors(s, t *metav1.LabelSelector) bool {
	if s == nil || t == nil {
		return s == t
	}
	return maps.Equal(s.MatchLabels, t.MatchLabels) && slices.EqualFunc(s.MatchExpressions, t.MatchExpressions, func(a, b metav1.LabelSelectorRequirement) bool {
		return a.Key == b.Key && a.Operator == b.Operator && slices.Equal(a.Values, b.Values)
	})
}

func equalPods(p, q world.Pod) bool {
	return p.Namespace == q.Namespace && p.Name == q.Name && p.HostNetwork == q.HostNetwork && maps.Equal(p.Labels, q.Labels) &&
		slices.Equal(p.Ports, q.Ports) && equalSelectors(p.Selector, q.Selector) && equalSelectors(p.In, q.In) &&
		(p.Known == nil) == (q.Known == nil) && maps.Equal(p.Known, q.Known)
}
