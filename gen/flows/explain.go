package flows

import (
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Target is one end of a question: a pod, or addresses outside of the cluster.
type Target struct {
	Name      string
	Pod       *world.Pod
	Addresses sets.Addresses
	// As is what a package calls the pod, where it has a name of its own.
	As string
	// IsHypothetical is set for a pod by labels that nothing declares.
	IsHypothetical bool
	// service is the Service by which the question named the pod.
	service *inventory.Service
}

// Addresses returns the target of an edge's address ranges.
func Addresses(name string, blocks []graph.Block) Target {
	return Target{Name: name, Addresses: graph.BlockAddresses(blocks)}
}

// Answer is what policies say of one flow.
type Answer struct {
	From, To Target
	// Asked is the ports of the question, Open those of them that both halves allow.
	Asked, Open     sets.Ports
	Egress, Ingress Side
}

// Side is one half of a flow: what policies say of the egress of its source, or of the ingress of its destination.
type Side struct {
	Direction graph.Directions
	// Subject is the end that policies of the direction select, Other the end that their rules name.
	Subject, Other Target
	// Isolating names the policies that isolate the subject, each by its first rule; with none everything is open.
	Isolating []RuleRef
	// Open is the ports that were asked for and are open.
	Open sets.Ports
	// Opening is the rules that open some of them, Near the rules that would, but for their peers or their ports.
	Opening, Near []RuleMatch
	// Decisions is the rules that do more than open and speak of the flow, in the order in which they are asked; Denied is
	// what they deny, Undefined of what policies of one priority say different things.
	Decisions         []Decision
	Denied, Undefined sets.Ports
}

// RuleMatch is a rule, and how it meets a question.
type RuleMatch struct {
	RuleRef
	// Ports is the ports that the rule opens: those asked for in Opening, all of it in Near.
	Ports sets.Ports
	// Peer reports whether the rule speaks of the other end.
	Peer bool
}

// target returns an end as what a question is about.
func (e End) target() Target {
	if e.Pod != nil {
		return Target{Pod: e.Pod}
	}
	return Target{Addresses: sets.Address(e.Addr)}
}

// Governed reports whether policies can speak for the subject at all: not for addresses, and not for pods on the host
// network.
func (s Side) Governed() bool { return s.Subject.Pod != nil && !s.Subject.Pod.HostNetwork }

// Closed returns the ports that were asked for and that the side does not open.
func (a Answer) Closed(s Side) sets.Ports { return a.Asked.Minus(s.Open) }

// Verdict is the answer to a question in short.
type Verdict string

// The verdicts. A flow of which only some ports are open is partly allowed. Undecided is a flow with a pod on the host
// network, of which the API does not say what policies do (Network Policies, What you can't do with network policies).
const (
	Denied    Verdict = "denied"
	Undecided Verdict = "undecided"
	Partly    Verdict = "partly allowed"
	Allowed   Verdict = "allowed"
)

// Verdict returns the answer in short.
func (a Answer) Verdict() Verdict {
	for _, t := range []Target{a.From, a.To} {
		if t.Pod != nil && t.Pod.HostNetwork {
			return Undecided
		}
	}
	switch {
	case a.Open.Equal(a.Asked):
		return Allowed
	case len(a.Open) == 0:
		return Denied
	}
	return Partly
}

// Explain answers whether a flow is allowed and why. Where an end is addresses of which policies say different things,
// there is an answer for each part. At most one end is addresses.
func (e *Evaluator) Explain(from, to Target, asked sets.Ports) []Answer {
	if from.Pod == nil {
		return e.explainParts(e.parts(to.Pod, from, graph.Ingress), func(part Target) Answer { return e.answer(part, to, asked) })
	}
	if to.Pod == nil {
		return e.explainParts(e.parts(from.Pod, to, graph.Egress), func(part Target) Answer { return e.answer(from, part, asked) })
	}
	return []Answer{e.answer(from, to, asked)}
}

func (e *Evaluator) explainParts(parts []Target, answer func(Target) Answer) []Answer {
	var out []Answer
	for _, part := range parts {
		out = append(out, answer(part))
	}
	return out
}

func (e *Evaluator) answer(from, to Target, asked sets.Ports) Answer {
	out := Answer{From: from, To: to, Asked: asked}
	out.Egress = e.side(from, to, to, asked, graph.Egress)
	out.Ingress = e.side(to, from, to, asked, graph.Ingress)
	out.Open = out.Egress.Open.Intersect(out.Ingress.Open)
	return out
}

// end returns one end of the flows to or from a target; of addresses the first, as all are alike.
func (t Target) end() End {
	if t.Pod != nil {
		return End{Pod: t.Pod}
	}
	return End{Addr: t.Addresses.Example()}
}

func (e *Evaluator) side(subject, other, destination Target, asked sets.Ports, d graph.Directions) Side {
	out := Side{Direction: d, Subject: subject, Other: other}
	if !out.Governed() {
		out.Open = asked
		return out
	}
	a := &asking{e, &out, destination.end(), asked}
	if len(e.others) > 0 {
		a.tier(rule.Admin)
		a.main()
	}
	for _, p := range e.selecting(subject.Pod) {
		rules, isolates := p.sides[d]
		if !isolates {
			continue
		}
		out.Isolating = append(out.Isolating, p.rule(d, 0))
		for i, r := range rules {
			out.meet(RuleMatch{p.rule(d, i), r.portsAt(destination.end()), e.ruleMatches(r, other.end())}, a.left)
		}
	}
	if len(out.Isolating) == 0 {
		a.left = a.left.Minus(out.Open)
		if len(e.others) > 0 {
			a.tier(rule.Baseline)
		}
		out.Open = out.Open.Union(a.left)
	}
	return out
}

// meet takes a rule into account.
func (s *Side) meet(r RuleMatch, asked sets.Ports) {
	opens := r.Ports.Intersect(asked)
	switch {
	case r.Peer && len(opens) > 0:
		s.Open = s.Open.Union(opens)
		s.Opening = append(s.Opening, RuleMatch{r.RuleRef, opens, true})
	case r.Peer || len(opens) > 0:
		s.Near = append(s.Near, r)
	}
}

// parts divides addresses so that no rule of a pod's policies speaks of some of a part only.
func (e *Evaluator) parts(pod *world.Pod, t Target, d graph.Directions) []Target {
	all := []sets.Addresses{t.Addresses}
	for _, p := range e.selecting(pod) {
		for _, r := range p.sides[d] {
			all = divided(all, r.blocks)
		}
	}
	all = e.otherParts(pod, all, d)
	if len(all) == 1 {
		return []Target{t}
	}
	var out []Target
	for _, s := range all {
		out = append(out, Target{Name: addressName(s, e.cluster.Ranges), Addresses: s})
	}
	return out
}

// Naming returns the rules of a side whose selectors would name the other end, were it not on the host network.
func (e *Evaluator) Naming(s Side) []RuleRef {
	if s.Other.Pod == nil {
		return nil
	}
	pod := *s.Other.Pod
	pod.HostNetwork = false
	var out []RuleRef
	for _, p := range e.selecting(s.Subject.Pod) {
		for i, r := range p.sides[s.Direction] {
			if !r.Everyone() && e.ruleMatches(r, End{Pod: &pod}) {
				out = append(out, p.rule(s.Direction, i))
			}
		}
	}
	return out
}

// Select returns the names of the declared pods that a policy selects, sorted; where no pods are declared, of those that
// policies speak of.
func (e *Evaluator) Select(index int) []string { return e.named(e.selected(e.compiled[index])) }

// Peers returns the names of the declared pods that a rule speaks of, sorted; everyone is none of them. Where no pods are
// declared, they are those that policies speak of.
func (e *Evaluator) Peers(r RuleRef) []string {
	x := e.compiled[r.Index].sides[r.Direction][r.Rule]
	if x.Everyone() {
		return nil
	}
	var out []*world.Pod
	for _, p := range x.peers {
		for _, pod := range e.index().among(p.namespace, p.label) {
			if e.matches(p, pod) {
				out = append(out, pod)
			}
		}
	}
	return e.named(out)
}

// Rules returns the rules of a policy that count, ingress first, and the directions that it isolates.
func (e *Evaluator) Rules(index int) ([]RuleRef, graph.Directions) {
	policy := e.compiled[index]
	var out []RuleRef
	var isolates graph.Directions
	for _, d := range graph.AllDirections() {
		rules, isolated := policy.sides[d]
		if isolated {
			isolates |= d
		}
		for i := range rules {
			out = append(out, policy.rule(d, i))
		}
	}
	return out, isolates
}
