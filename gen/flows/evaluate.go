package flows

import (
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// Half is what one direction of a flow allows: what the source may send, or what the destination may receive.
type Half struct {
	// Isolated is false where no policy selects the pod for the direction, so that all is open.
	Isolated bool
	Ports    sets.Ports
	// By names the policies and rules that open ports.
	By []RuleRef
}

// RuleRef names a rule of a policy.
type RuleRef struct {
	Namespace, Policy string
	// Index is the place of the policy in world.Cluster.Policies, or where Other is set in its Others.
	Index     int
	Other     bool
	Direction graph.Directions
	// Rule counts from 0 in the ingress or egress rules, of a policy in Others in all of its rules.
	Rule int
}

// Egress returns what a source may send to a destination. An address outside of the cluster may send anything.
func (e *Evaluator) Egress(from, to End) Half { return e.half(from, to, to, graph.Egress) }

// Ingress returns what a destination may receive from a source.
func (e *Evaluator) Ingress(from, to End) Half { return e.half(to, from, to, graph.Ingress) }

// Ports returns the ports on which a flow is allowed: those that both halves allow. Where both ends are the same world.Pod,
// the answer is for two of its replicas; a single pod is never cut off from itself.
func (e *Evaluator) Ports(from, to End) sets.Ports {
	egress := e.Egress(from, to)
	if len(egress.Ports) == 0 {
		return nil
	}
	return egress.Ports.Intersect(e.Ingress(from, to).Ports)
}

// half evaluates one direction: subject is the end that policies select, other the peer in their rules, destination
// the end whose named ports count.
func (e *Evaluator) half(subject, other, destination End, d graph.Directions) Half {
	if subject.Pod == nil {
		return Half{Ports: sets.AllPorts()}
	}
	if len(e.others) > 0 {
		s := e.side(subject.target(), other.target(), destination.target(), sets.AllPorts(), d)
		out := Half{Isolated: len(s.Isolating) > 0, Ports: s.Open}
		for _, r := range s.Opening {
			out.By = append(out.By, r.RuleRef)
		}
		return out
	}
	out := Half{}
	for _, p := range e.selecting(subject.Pod) {
		rules, isolates := p.sides[d]
		if !isolates {
			continue
		}
		out.Isolated = true
		for i, r := range rules {
			if !e.ruleMatches(r, other) {
				continue
			}
			if ports := r.portsAt(destination); len(ports) > 0 {
				out.Ports = out.Ports.Union(ports)
				out.By = append(out.By, p.rule(d, i))
			}
		}
	}
	if !out.Isolated {
		out.Ports = sets.AllPorts()
	}
	return out
}

func (e *Evaluator) ruleMatches(r compiledRule, other End) bool {
	if r.Everyone() {
		return true
	}
	if other.Pod == nil {
		return r.blocks.Contains(other.Addr)
	}
	for _, p := range r.peers {
		if e.matches(p, other.Pod) {
			return true
		}
	}
	return false
}

// portsAt returns the ports of a rule at a destination, where its named ports have numbers. A host-network pod is no
// more than its node's address to policies, and an address has no names.
func (r compiledRule) portsAt(destination End) sets.Ports {
	if len(r.Named) == 0 || destination.Pod == nil || destination.Pod.HostNetwork {
		return r.Ports
	}
	out := r.Ports
	for _, n := range r.Named {
		for _, p := range destination.Pod.Ports {
			if p.Name == n.Name && p.Protocol == n.Protocol {
				out = out.Union(sets.PortRange(p.Protocol, p.Port, p.Port))
			}
		}
	}
	return out
}

// rule names a rule of the policy.
func (c *compiled) rule(d graph.Directions, i int) RuleRef {
	return RuleRef{Namespace: c.source.Namespace, Policy: c.source.Name, Index: c.index, Direction: d, Rule: i}
}
