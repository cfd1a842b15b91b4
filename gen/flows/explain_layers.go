package flows

import (
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Decision is a rule that does more than open, and what it does with ports that were asked for.
type Decision struct {
	RuleMatch
	Tier   rule.Tier
	Action rule.Action
}

// Decided returns the ports that rules which do more than open decide.
func (s Side) Decided() sets.Ports {
	var out sets.Ports
	for _, d := range s.Decisions {
		if d.Action != rule.Pass {
			out = out.Union(d.Ports)
		}
	}
	return out
}

// compiledOther is a policy of another dialect with its selectors ready.
type compiledOther struct {
	source *rule.Policy
	// index is its place in the cluster's Others.
	index int
	pods  podPeer
	rules []compiledRule
}

// compileOthers returns the policies of other dialects in the order in which they are asked.
func compileOthers(c world.Cluster) []*compiledOther {
	var out []*compiledOther
	for _, i := range asked(c) {
		p := &c.Others[i].Policy
		x := &compiledOther{source: p, index: i, pods: compilePeer(p.Namespace, rule.Peer{Namespaces: p.Namespaces, Pods: p.Subject})}
		for j := range p.Rules {
			x.rules = append(x.rules, compileRule(p.Namespace, &p.Rules[j]))
		}
		out = append(out, x)
	}
	return out
}

func (x *compiledOther) ref(i int) RuleRef {
	return RuleRef{Namespace: x.source.Namespace, Policy: x.source.Name, Index: x.index, Other: true, Direction: x.source.Rules[i].Direction, Rule: i}
}

// selectingOthers returns the policies of a tier that select a pod.
func (e *Evaluator) selectingOthers(p *world.Pod, tier rule.Tier) []*compiledOther {
	var out []*compiledOther
	for _, x := range e.others {
		if x.source.Tier == tier && e.matches(x.pods, p) {
			out = append(out, x)
		}
	}
	return out
}

// asking is a side of which some ports are not decided yet.
type asking struct {
	*Evaluator
	*Side
	destination End
	left        sets.Ports
}

// tier asks the policies of a tier; what they do not decide, or pass, is left.
func (a *asking) tier(tier rule.Tier) {
	var passed sets.Ports
	policies := a.selectingOthers(a.Subject.Pod, tier)
	for start := 0; start < len(policies); {
		end := start + 1
		for end < len(policies) && policies[end].source.Priority == policies[start].source.Priority {
			end++
		}
		a.clash(policies[start:end])
		for _, x := range policies[start:end] {
			for i := range x.rules {
				passed = passed.Union(a.decide(x, i))
			}
		}
		start = end
	}
	a.left = a.left.Union(passed)
}

// hits returns the ports among some of which a rule speaks.
func (a *asking) hits(r *compiledRule, among sets.Ports) sets.Ports {
	if r.Direction != a.Direction || r.Nobody && len(r.Peers) == 0 || !a.ruleMatches(*r, a.Other.end()) {
		return nil
	}
	return r.portsAt(a.destination).Intersect(among)
}

// decide takes what a rule decides from what is left, and returns what it passes.
func (a *asking) decide(x *compiledOther, i int) sets.Ports {
	r := &x.rules[i]
	ports := a.hits(r, a.left)
	if ports.IsEmpty() {
		return nil
	}
	a.left = a.left.Minus(ports)
	a.Decisions = append(a.Decisions, Decision{RuleMatch{x.ref(i), ports, true}, x.source.Tier, r.Action})
	switch r.Action {
	case rule.Accept:
		a.Open = a.Open.Union(ports)
	case rule.Deny:
		a.Denied = a.Denied.Union(ports)
	case rule.Pass:
		return ports
	}
	return nil
}

// clash notes the ports of which policies of one priority say different things.
func (a *asking) clash(policies []*compiledOther) {
	if len(policies) < 2 {
		return
	}
	said := map[rule.Action]sets.Ports{} // of one policy no two rules decide the same
	for _, x := range policies {
		left := a.left
		for i := range x.rules {
			ports, action := a.hits(&x.rules[i], left), x.rules[i].Action
			left, said[action] = left.Minus(ports), said[action].Union(ports)
		}
	}
	for _, two := range [][2]rule.Action{{rule.Accept, rule.Deny}, {rule.Accept, rule.Pass}, {rule.Deny, rule.Pass}} {
		a.Undefined = a.Undefined.Union(said[two[0]].Intersect(said[two[1]]))
	}
}

// main asks the policies of other dialects that are asked together with NetworkPolicies: what they deny stays closed.
func (a *asking) main() {
	for _, x := range a.selectingOthers(a.Subject.Pod, rule.Main) {
		if x.source.Isolates.Has(a.Direction) {
			a.Isolating = append(a.Isolating, RuleRef{Namespace: x.source.Namespace, Policy: x.source.Name, Index: x.index, Other: true, Direction: a.Direction})
		}
		for i := range x.rules {
			if r := &x.rules[i]; r.Action == rule.Deny {
				a.decide(x, i)
			}
		}
	}
	for _, x := range a.selectingOthers(a.Subject.Pod, rule.Main) {
		for i := range x.rules {
			if r := &x.rules[i]; r.Action == rule.Accept && r.Direction == a.Direction {
				a.meet(RuleMatch{x.ref(i), r.portsAt(a.destination), !(r.Nobody && len(r.Peers) == 0) && a.ruleMatches(*r, a.Other.end())}, a.left)
			}
		}
	}
}

// otherParts divides addresses by the rules of policies of other dialects that select a pod.
func (e *Evaluator) otherParts(pod *world.Pod, all []sets.Addresses, d graph.Directions) []sets.Addresses {
	for _, x := range e.others {
		if !e.matches(x.pods, pod) {
			continue
		}
		for _, r := range x.rules {
			if r.Direction == d {
				all = divided(all, r.blocks)
			}
		}
	}
	return all
}

// divided divides each of some sets of addresses into those that are in another and those that are not.
func divided(all []sets.Addresses, by sets.Addresses) []sets.Addresses {
	var out []sets.Addresses
	for _, s := range all {
		for _, part := range []sets.Addresses{s.Intersect(by), s.Minus(by)} {
			if !part.IsEmpty() {
				out = append(out, part)
			}
		}
	}
	return out
}

// SelectOther returns the names of the declared pods that a policy of another dialect selects, as Select does.
func (e *Evaluator) SelectOther(index int) []string {
	p := &e.cluster.Others[index].Policy
	peer := compilePeer(p.Namespace, rule.Peer{Namespaces: p.Namespaces, Pods: p.Subject})
	var out []*world.Pod
	for _, pod := range e.index().among(peer.namespace, peer.label) {
		if e.matches(peer, pod) {
			out = append(out, pod)
		}
	}
	return e.named(out)
}
