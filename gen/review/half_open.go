package review

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
)

// halfOpen finds peers for whom a rule opens nothing, since the policies of the other end close it: a flow needs the
// egress of its source and the ingress of its destination (Network Policies, The two sorts of pod isolation). It looks
// at peers by pod labels, and speaks where no pair of pods has a flow on any port of the rule.
func (r *reviewer) halfOpen(x *writtenRule) {
	if x.declared(anyEdge) {
		return
	}
	for i, peer := range x.Peers {
		if rule.SelectsAll(peer.PodSelector) {
			continue
		}
		if half, by := r.closedFor(x, r.pods.peerPods(x.Namespace, peer)); half != nil {
			r.reportHalfOpen(x, i, half, by)
		}
	}
}

// closedFor returns what the policies of the peers say where they open no port of the rule to any pod of the policy,
// and one of those policies.
func (r *reviewer) closedFor(x *writtenRule, peers []*pod) (*flows.Half, *policy) {
	opposite := graph.Ingress
	if x.Direction == graph.Ingress {
		opposite = graph.Egress
	}
	var found *flows.Half
	var by *policy
	for _, peer := range peers {
		if !r.sure(peer.Namespace) {
			return nil, nil
		}
		for _, s := range x.subjects {
			from, to := flows.End{Pod: &s.Pod}, flows.End{Pod: &peer.Pod}
			if x.Direction == graph.Ingress {
				from, to = to, from
			}
			half := r.half(from, to, opposite)
			wanted := flows.RulePorts(x.Rule(), to)
			if len(wanted) == 0 || len(half.Ports.Intersect(wanted)) > 0 || r.mayOpen(peer, s, opposite, to, wanted) {
				return nil, nil
			}
			if found == nil || len(half.Ports) > 0 && len(found.Ports) == 0 {
				found, by = &half, r.isolating(peer, opposite)
			}
		}
	}
	return found, by
}

// isolating returns a policy that isolates a pod in a direction: one for the pod rather than for the whole namespace, the
// first by name.
func (r *reviewer) isolating(p *pod, d graph.Directions) *policy {
	policies := slices.DeleteFunc(r.selecting(p), func(q *policy) bool { return !q.isolates(d) })
	if len(policies) == 0 {
		return nil
	}
	return slices.MinFunc(policies, func(a, b *policy) int {
		if all := rule.SelectsAll(&a.Spec.PodSelector); all != rule.SelectsAll(&b.Spec.PodSelector) {
			if all {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.Name, b.Name)
	})
}

func (r *reviewer) reportHalfOpen(x *writtenRule, i int, half *flows.Half, by *policy) {
	peer := selectorText(x.Peers[i].PodSelector)
	only := "nothing"
	if len(half.Ports) > 0 {
		only = fmt.Sprintf("`%s` alone", half.Ports)
	}
	message := fmt.Sprintf("this opens nothing to the pods %s: their own policies let them receive %s from here", peer, only)
	help := "add an ingress rule to a policy of those pods, or remove this peer"
	if x.Direction == graph.Ingress {
		message = fmt.Sprintf("this opens nothing to the pods %s: their own policies let them send %s here", peer, only)
		help = "add an egress rule to a policy of those pods, or remove this peer"
	}
	finding := r.findings.Warnf(diag.HalfOpen, x.Value(x.peerPath(i)...), "%s", message).WithHelp("%s", help)
	if by != nil {
		finding.WithRelated(by.Key("metadata", "name"), "`%s` closes them", by.Name)
	}
}
