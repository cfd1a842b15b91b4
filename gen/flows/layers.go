package flows

// How policies that say more than NetworkPolicies are evaluated.
//
// Each direction of a cluster is a list of steps, of which the first that speaks of a flow decides: the rules of tier Admin
// by their priority, what rules of the main tier deny, what they accept, what they isolate, the rules of tier Baseline. A
// cluster of NetworkPolicies alone has the middle of it, and is asked as if there were no others. No difference between
// steps is written out: a flow passes where some step lets it and none before it stops it, so that each question is a
// choice between a few, of which each asks for a flow in some unions of boxes and in none of others (sets.Half). Only a
// listing takes boxes away from others, as its rows must be exact, and it counts them.
//
// Where policies of one priority have different actions for a flow, the API leaves open which decides (ClusterNetworkPolicy,
// spec.priority). They are asked by their names then, and who asks is told (Conflicts).

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// layer is what one rule says between a subject and a peer, where it does more than open it.
type layer struct {
	item
	tier   rule.Tier
	action rule.Action
	// policy is the place of its policy in the order in which they are asked, rule its own in the policy.
	policy, rule int
}

// asked returns the places of the policies of other dialects in the order in which they are asked.
func asked(c world.Cluster) []int {
	out := make([]int, len(c.Others))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(i, j int) int {
		a, b := &c.Others[i].Policy, &c.Others[j].Policy
		return cmp.Or(cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// addOthers adds the policies of other dialects.
func (h *halves) addOthers(c world.Cluster) {
	if len(c.Others) == 0 {
		return
	}
	for number, i := range asked(c) {
		p := &c.Others[i].Policy
		for _, subject := range h.subjects(p, c) {
			h.addOther(p, subject, number, c)
		}
	}
}

// subjects returns the pods that a policy selects.
func (h *halves) subjects(p *rule.Policy, c world.Cluster) []sets.Pods {
	out := h.inDiffering(selection{namespace: p.Namespace, namespaces: p.Namespaces, pods: p.Subject}, c)
	return slices.DeleteFunc(out, sets.Pods.IsEmpty)
}

func (h *halves) addOther(p *rule.Policy, subject sets.Pods, number int, c world.Cluster) {
	for _, d := range graph.AllDirections() {
		if p.Isolates.Has(d) {
			for _, half := range []*half{h.pods[d-1], h.addresses[d-1]} {
				half.isolate(h.universe, subject)
			}
		}
		for i := range p.Rules {
			switch r := &p.Rules[i]; {
			case r.Direction != d || r.Nobody && len(r.Peers) == 0:
			case p.Tier == rule.Main && r.Action == rule.Accept:
				h.rule(p, subject, r, c)
			default:
				h.layer(p, subject, i, number, c)
			}
		}
	}
}

// layer adds what a rule says of a subject.
func (h *halves) layer(p *rule.Policy, subject sets.Pods, index, number int, c world.Cluster) {
	r := &p.Rules[index]
	pods, addresses := h.pods[r.Direction-1], h.addresses[r.Direction-1]
	l := layer{tier: p.Tier, action: r.Action, policy: number, rule: index}
	l.key = fmt.Sprintf("%d %d %s %d %s ", p.Tier, p.Priority, p, index, r.Action)
	if p.Tier == rule.Main {
		l.key = r.Action.String() + " "
	}
	h.eachPeer(p, r, c, func(peer sets.Pods) { pods.addLayer(h.universe, l, subject, peer, sets.Addresses{}, r) },
		func(peer sets.Addresses) { addresses.addLayer(h.universe, l, subject, sets.Pods{}, peer, r) })
}

// eachPeer calls one function with the pods of each peer of a rule, and another with the addresses of all.
func (h *halves) eachPeer(p *rule.Policy, r *rule.Rule, c world.Cluster, pods func(sets.Pods), addresses func(sets.Addresses)) {
	if r.Everyone() {
		pods(sets.Pods{})
		addresses(sets.AllAddresses())
		return
	}
	for _, peer := range r.Peers {
		if peer.Block == nil {
			selected := selection{namespace: p.Namespace, namespaces: peer.Namespaces, pods: peer.Pods}
			for _, s := range h.inDiffering(selected, c) {
				pods(s)
			}
		}
	}
	if blocks := r.Addresses(); !blocks.IsEmpty() {
		addresses(blocks)
	}
}

// addLayer adds what a rule says between a subject and a peer, on its ports by number and by each name. What declared pods
// call a port stays open: the same pods may call others so.
func (h *half) addLayer(u *universe, l layer, subject, peer sets.Pods, addresses sets.Addresses, r *rule.Rule) {
	if peer.IsEmpty() {
		return
	}
	l.subject, l.peer, l.addresses = subject, peer, addresses
	key := l.key + subject.Key() + "|" + peer.Key() + "|" + addresses.Text() + "|"
	add := func(b *sets.Box, text string) {
		x := l
		x.box, x.key = b, key+text
		h.layers = append(h.layers, x)
	}
	if !r.Ports.IsEmpty() {
		add(u.between(h, subject, peer, addresses, r.Ports), r.Ports.String())
	}
	if !h.kind.HasPods(sets.Destination) {
		return
	}
	for _, n := range r.Named {
		name := sets.Name{Name: n.Name, Protocol: n.Protocol}
		l.name = &name
		add(u.Named(u.between(h, subject, peer, addresses, sets.AllPorts()), h.kind, name), "called "+name.String())
	}
}

// giveLayers gives the layers to the questions.
func (h *half) giveLayers(u *universe) {
	step := func(steps []sets.Step, l *layer) []sets.Step {
		v := map[rule.Action]sets.Verdict{rule.Accept: sets.Let, rule.Deny: sets.Stop, rule.Pass: sets.Passed}[l.action]
		if len(steps) == 0 || steps[len(steps)-1].Verdict != v {
			steps = append(steps, sets.Step{Verdict: v, Flows: u.NewUnion()})
		}
		steps[len(steps)-1].Flows.Add(l.box)
		return steps
	}
	for i := range h.layers {
		switch l := &h.layers[i]; l.tier {
		case rule.Admin:
			h.passing.Before = step(h.passing.Before, l)
		case rule.Baseline:
			h.passing.After = step(h.passing.After, l)
		default:
			if h.passing.Denied == nil {
				h.passing.Denied = u.NewUnion()
			}
			h.passing.Denied.Add(l.box)
		}
	}
}

// isLayered reports whether policies do more than open.
func (h *half) isLayered() bool { return h != nil && len(h.layers) > 0 }

// isLayered reports whether policies do more than open for some flows of a kind.
func (h *halves) isLayered(kind sets.Kind) bool {
	return h.of(graph.Egress, kind).isLayered() || h.of(graph.Ingress, kind).isLayered()
}
