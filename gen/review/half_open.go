package review

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// halfOpen finds peers for whom a rule opens nothing, since the policies of the other end close it: a flow needs the
// egress of its source and the ingress of its destination (Network Policies, The two sorts of pod isolation). It looks
// at peers by pod labels, at each value of a list by itself, and speaks where no pair of pods that can exist has a flow on
// any port of the rule.
func (r *reviewer) halfOpen(x *writtenRule) {
	if x.declared(anyEdge) {
		return
	}
	for i, peer := range x.Peers {
		if rule.SelectsAll(peer.PodSelector) {
			continue
		}
		var closed []*closedHalf
		parts := r.ByValue(r.peer(x.Namespace, peer))
		for _, part := range parts {
			if c := r.closedFor(x, part); c != nil {
				closed = append(closed, c)
			}
		}
		if len(closed) > 0 {
			r.reportHalfOpen(x, i, closed, len(closed) == len(parts))
		}
	}
}

// closedHalf is what the policies of some pods say of the pods of a rule.
type closedHalf struct {
	pods sets.Pods
	// open is the ports that they open between the pods, and names those by name; none is one of the rule.
	open  sets.Ports
	names []string
	// pairs is of how many pairs of pods that is.
	pairs int
	// inPart says that only those of some of the pods open them.
	inPart bool
	// by is one of the policies, or nil.
	by *policy
	// example is a flow that is closed, "" where all pods are those of workloads.
	example string
}

func opposite(d graph.Directions) graph.Directions { return graph.Both &^ d }

// closedFor returns what the policies of peers say where they open no port of a rule to any pod of its policy.
func (r *reviewer) closedFor(x *writtenRule, peers sets.Pods) *closedHalf {
	if peers.IsEmpty() || x.selected.IsEmpty() || !r.allSure(peers) {
		return nil
	}
	half := r.In(opposite(x.Direction), sets.PodToPod)
	out := &closedHalf{pods: peers}
	for _, peer := range r.whole(peers) {
		if peer.onHost() || peer.workload == nil && r.Meet(peer.Pods, r.ungoverned) {
			return nil
		}
		for _, s := range r.whole(x.selected) {
			boxes := r.opened(x, s, peer)
			if s.onHost() || len(boxes) == 0 {
				return nil
			}
			for _, b := range boxes {
				if _, answer := r.About(b).Pass(half).Find(); answer != sets.No || len(r.byRange[opposite(x.Direction)].Meeting(b)) > 0 {
					return nil
				}
			}
			r.describe(out, x, s, peer, boxes[0])
		}
	}
	return out
}

// allSure reports whether everything was read that could say more of pods.
func (r *reviewer) allSure(p sets.Pods) bool {
	if name := r.Name(p); name != "" {
		return r.sure(name)
	}
	return !r.inv.Incomplete && len(r.unsure) == 0
}

// opened returns what a rule opens between pods of its policy and pods of a peer; none where the destination is a workload
// that has no port of the names.
func (r *reviewer) opened(x *writtenRule, s, peer *pods) []*sets.Box {
	from, to := s, peer
	if x.Direction == graph.Ingress {
		from, to = peer, s
	}
	opens := x.meaning()
	if to.workload != nil {
		opens.Ports, opens.Named = flows.RulePorts(opens, to.end()), nil
	}
	var out []*sets.Box
	if !opens.Ports.IsEmpty() {
		out = append(out, r.between(from, to, opens.Ports))
	}
	for _, n := range opens.Named {
		out = append(out, r.Named(r.between(from, to, sets.AllPorts()), sets.PodToPod, sets.Name{Name: n.Name, Protocol: n.Protocol}))
	}
	return out
}

// between returns the flows from pods to others. The names that a workload has for its ports are known, so that rules by
// name are read as numbers there.
func (r *reviewer) between(from, to *pods, ports sets.Ports) *sets.Box {
	b := r.Flows(from.Pods, to.Pods, ports)
	if to.workload != nil {
		return r.Unnamed(b)
	}
	return b
}

// describe adds what the policies of a peer open at all to the pods of a rule.
func (r *reviewer) describe(out *closedHalf, x *writtenRule, s, peer *pods, closed *sets.Box) {
	d := opposite(x.Direction)
	var here sets.Ports
	for _, b := range r.In(d, sets.PodToPod).Rules.Meeting(closed.AndPorts(sets.AllPorts())) {
		out.inPart = out.inPart || !r.Within(closed.Pods(sets.Source), b.Pods(sets.Source)) || !r.Within(closed.Pods(sets.Destination), b.Pods(sets.Destination))
		if names := r.Names(b); len(names) == 0 {
			here = here.Union(b.Ports())
		} else if !slices.Contains(out.names, names[0].String()) {
			out.names = append(out.names, names[0].String())
		}
	}
	out.inPart = out.inPart || out.pairs > 0 && !here.Equal(out.open)
	out.open = out.open.Union(here)
	out.pairs++
	if out.by == nil {
		out.by = r.isolating(peer, d)
	}
	if out.example == "" && (s.workload == nil || peer.workload == nil) {
		out.example = r.denied(closed, d, sets.PodToPod)
	}
}

// denied returns an example of the flows of a box that the policies of a direction deny, as `npgen explain` is asked.
func (r *reviewer) denied(b *sets.Box, d graph.Directions, kind sets.Kind) string {
	found, answer := r.About(b).Stopped(r.In(d, kind)).Find()
	if answer != sets.Yes {
		return ""
	}
	w := r.Witness(found, kind)
	text := "`" + w.From.Text() + " -> " + w.To.Text() + ":" + w.Port.String() + "`"
	for _, e := range []sets.End{w.From, w.To} {
		if _, known := r.labelled[e.Namespace]; !known && e.Where() != "" {
			return text + ", where " + e.Where() + ","
		}
	}
	return text
}

// isolating returns a policy that isolates pods in a direction: one for the pods rather than for the whole namespace, the
// first by name.
func (r *reviewer) isolating(p *pods, d graph.Directions) *policy {
	policies := slices.DeleteFunc(r.selecting(p.Pods), func(q *policy) bool { return !q.isolates(d) || !r.Within(p.Pods, q.selected) })
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

func (r *reviewer) reportHalfOpen(x *writtenRule, i int, closed []*closedHalf, all bool) {
	peer, only := selectorText(x.Peers[i].PodSelector), "nothing"
	if !all {
		var parts []sets.Pods
		for _, c := range closed {
			parts = append(parts, c.pods)
		}
		peer = r.partsText(parts)
	}
	c := closed[0]
	for _, other := range closed[1:] {
		c.example, c.inPart = cmp.Or(c.example, other.example), c.inPart || other.inPart || !c.open.Equal(other.open)
		c.open, c.names = c.open.Union(other.open), append(c.names, other.names...)
	}
	slices.Sort(c.names)
	if ports := slices.Compact(append([]string{c.open.String()}, c.names...)); len(ports) > 1 || ports[0] != "" {
		text := "`" + strings.TrimPrefix(strings.Join(ports, ","), ",") + "`"
		if only = text + " alone"; c.inPart {
			only = "at most " + text
		}
	}
	message := fmt.Sprintf("this opens nothing to the pods %s: their own policies let them receive %s from here", peer, only)
	help := "add an ingress rule to a policy of those pods, or remove this peer"
	if x.Direction == graph.Ingress {
		message = fmt.Sprintf("this opens nothing to the pods %s: their own policies let them send %s here", peer, only)
		help = "add an egress rule to a policy of those pods, or remove this peer"
	}
	finding := r.findings.Warnf(diag.HalfOpen, x.Value(x.peerPath(i)...), "%s", message+asExample(c.example)).WithHelp("%s", help)
	if c.by != nil {
		finding.WithRelated(c.by.Key("metadata", "name"), "`%s` closes them", c.by.Name)
	}
}

// asExample returns an example of a flow that is denied as the end of a message.
func asExample(flow string) string {
	if flow == "" {
		return ""
	}
	return "; " + flow + " is denied"
}

// indexRanges finds what rules open to ranges that may be those of pods, by their direction.
func (r *reviewer) indexRanges() {
	r.byRange = map[graph.Directions]*sets.Union{graph.Ingress: r.NewUnion(), graph.Egress: r.NewUnion()}
	for _, p := range r.policies {
		for _, x := range p.rules {
			if !slices.ContainsFunc(x.Peers, func(peer networkingv1.NetworkPolicyPeer) bool {
				return peer.IPBlock != nil && mayHoldPods(peer.IPBlock.CIDR)
			}) {
				continue
			}
			for _, b := range r.opened(x, &pods{Pods: p.selected}, &pods{}) {
				r.byRange[x.Direction].Add(b)
			}
		}
	}
}

// mayHoldPods reports whether a range may be that of pods, which ipBlock matches with some network plugins: one that
// holds private addresses, and more than one.
func mayHoldPods(text string) bool {
	cidr, err := netip.ParsePrefix(text)
	if err != nil || cidr.IsSingleIP() {
		return false
	}
	for _, private := range []string{"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"} {
		if cidr.Overlaps(netip.MustParsePrefix(private)) {
			return true
		}
	}
	return false
}
