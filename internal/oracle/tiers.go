package oracle

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/internal/oracle/clusterpolicy"
)

// The tiers.
const (
	admin    = "Admin"
	baseline = "Baseline"
)

// collectCluster notes every selector, block and port of a policy.
func (w *World) collectCluster(p *clusterpolicy.Policy) error {
	if _, err := w.selection(podsOf(&p.Spec.Subject)); err != nil {
		return err
	}
	for _, r := range append(slices.Clone(p.Spec.Ingress), p.Spec.Egress...) {
		for _, peer := range r.Peers() {
			if peer.Networks == nil {
				if _, err := w.selection(podsOf(&peer)); err != nil {
					return err
				}
			}
			for _, n := range peer.Networks {
				if _, err := w.block(networkingv1.IPBlock{CIDR: n}); err != nil {
					return err
				}
			}
		}
		for _, x := range r.Protocols {
			for protocol, port := range x.ByProtocol() {
				lo, hi := port.Bounds()
				w.ports.cut(protocol, lo, hi)
			}
			if x.Named != "" {
				for _, protocol := range protocols {
					w.ports.name(protocol, x.Named)
				}
			}
		}
	}
	return nil
}

// tierRule is a rule ready to be asked.
type tierRule struct {
	action string
	peers  []allowance
	ports  Ports
}

// tierPolicy is the rules of a policy, by direction.
type tierPolicy struct {
	subject int
	rules   [2][]tierRule
}

// level is the policies of one priority, by their names.
type level []tierPolicy

// compileTier returns the policies of a tier by priority.
func (w *World) compileTier(policies []clusterpolicy.Policy, tier string) ([]level, error) {
	list := slices.DeleteFunc(slices.Clone(policies), func(p clusterpolicy.Policy) bool { return p.Spec.Tier != tier })
	slices.SortFunc(list, func(a, b clusterpolicy.Policy) int {
		return cmp.Or(cmp.Compare(a.Spec.Priority, b.Spec.Priority), cmp.Compare(a.Name, b.Name))
	})
	var out []level
	for i := range list {
		subject, err := w.selection(podsOf(&list[i].Spec.Subject))
		if err != nil {
			return nil, err
		}
		p := tierPolicy{subject: subject}
		for d := range p.rules {
			for _, r := range list[i].Rules(d == Egress) {
				rule, err := w.tierRule(&r)
				if err != nil {
					return nil, err
				}
				p.rules[d] = append(p.rules[d], rule)
			}
		}
		if i == 0 || list[i].Spec.Priority != list[i-1].Spec.Priority {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], p)
	}
	return out, nil
}

func (w *World) tierRule(r *clusterpolicy.Rule) (tierRule, error) {
	out := tierRule{action: r.Action, ports: w.ports.all()}
	if len(r.Protocols) > 0 {
		out.ports = Ports{}
		for _, x := range r.Protocols {
			out.ports = out.ports.Or(w.ports.where(func(k *portKind) bool {
				if port := x.ByProtocol()[k.protocol]; port != nil {
					lo, hi := port.Bounds()
					return lo <= k.lo && k.hi <= hi
				}
				return x.Named != "" && slices.Contains(k.called, x.Named)
			}))
		}
	}
	for _, peer := range r.Peers() {
		if peer.IsEverything() {
			out.peers = append(out.peers, allowance{everyone: true})
			continue
		}
		for _, n := range peer.Networks {
			block, err := w.block(networkingv1.IPBlock{CIDR: n})
			if err != nil {
				return out, err
			}
			out.peers = append(out.peers, allowance{isBlock: true, peer: block})
		}
		if peer.Networks == nil {
			pods, err := w.selection(podsOf(&peer))
			if err != nil {
				return out, err
			}
			out.peers = append(out.peers, allowance{peer: pods})
		}
	}
	return out, nil
}

// tierVerdict is what a tier says of the ports of a flow: those that it does not speak of are passed.
type tierVerdict struct{ accepted, denied, undefined Ports }

// ask asks a tier about flows in a direction.
func (w *World) ask(tier []level, direction int, subject, peer *End) tierVerdict {
	var out tierVerdict
	left := w.ports.all()
	for _, policies := range tier {
		byAction := map[string]Ports{} // of the level, whichever policy
		decided := Ports{}
		for _, p := range policies {
			if !subject.in.has(p.subject) {
				continue
			}
			open := left
			for _, r := range p.rules[direction] {
				if !slices.ContainsFunc(r.peers, func(a allowance) bool { return a.speaksOf(peer) }) {
					continue
				}
				ports := open.And(r.ports)
				open = open.Minus(ports)
				byAction[r.action] = byAction[r.action].Or(ports)
				switch first := ports.Minus(decided); r.action {
				case "Accept":
					out.accepted = out.accepted.Or(first)
				case "Deny":
					out.denied = out.denied.Or(first)
				}
			}
			decided = decided.Or(left.Minus(open))
		}
		a, d, p := byAction["Accept"], byAction["Deny"], byAction["Pass"]
		out.undefined = out.undefined.Or(a.And(d)).Or(a.And(p)).Or(d.And(p))
		left = left.Minus(a).Minus(d).Minus(p)
	}
	return out
}

// half is what a direction of a flow has open, and on which ports the API does not say what decides.
func (w *World) tiered(side, direction, subject, peer int) (open, undefined Ports) {
	all, s := w.ports.all(), &w.sides[side]
	if !w.ends[subject].Pod {
		return all, Ports{}
	}
	first := w.ask(s.admin, direction, &w.ends[subject], &w.ends[peer])
	open, undefined = first.accepted, first.undefined
	left := all.Minus(first.accepted).Minus(first.denied)
	if w.IsIsolated(side, direction, subject) {
		return open.Or(w.Emitted(side, direction, subject, peer).And(left)), undefined
	}
	last := w.ask(s.baseline, direction, &w.ends[subject], &w.ends[peer])
	return open.Or(left.Minus(last.denied)), undefined.Or(last.undefined.And(left))
}

// Undefined returns a flow of which policies of a side that have one priority say different things, or nil.
func (w *World) Undefined(side int) *Flow {
	for from, to := range w.Pairs() {
		_, egress := w.tiered(side, Egress, from, to)
		_, ingress := w.tiered(side, Ingress, to, from)
		if ports := egress.Or(ingress).And(w.Kinds(to)); !ports.IsEmpty() {
			return &Flow{From: from, To: to, Ports: ports}
		}
	}
	return nil
}

// decides returns whether a tier opens a witness, and whether it decides that at all.
func (x Witness) decides(policies []clusterpolicy.Policy, tier string, subject, peer WitnessEnd, egress bool) (open, decided bool) {
	list := slices.DeleteFunc(slices.Clone(policies), func(p clusterpolicy.Policy) bool { return p.Spec.Tier != tier })
	slices.SortFunc(list, func(a, b clusterpolicy.Policy) int {
		return cmp.Or(cmp.Compare(a.Spec.Priority, b.Spec.Priority), cmp.Compare(a.Name, b.Name))
	})
	for i := range list {
		if !subject.isOf(&list[i].Spec.Subject) {
			continue
		}
		for _, r := range list[i].Rules(egress) {
			isPeer := slices.ContainsFunc(r.Peers(), func(p clusterpolicy.Peer) bool { return peer.isOf(&p) })
			isPort := len(r.Protocols) == 0 || slices.ContainsFunc(r.Protocols, x.goesToOf)
			if isPeer && isPort {
				return r.Action == "Accept", r.Action != "Pass"
			}
		}
	}
	return false, false
}

func (e WitnessEnd) isOf(p *clusterpolicy.Peer) bool {
	if p.Networks != nil {
		if p.IsEverything() {
			return true
		}
		a, err := netip.ParseAddr(e.Address)
		return err == nil && slices.ContainsFunc(p.Networks, func(n string) bool { return netip.MustParsePrefix(n).Contains(a) })
	}
	s := podsOf(p)
	return e.Address == "" && Matches(&s.NamespaceSelector, e.allNamespaceLabels()) && Matches(&s.PodSelector, e.Labels)
}

func (x Witness) goesToOf(p clusterpolicy.Protocol) bool {
	port, _ := x.port()
	if numbers := p.ByProtocol()[port.protocol]; numbers != nil {
		lo, hi := numbers.Bounds()
		return lo <= port.lo && port.lo <= hi
	}
	return p.Named != "" && x.To.Ports[fmt.Sprintf("%s/%s", p.Named, port.protocol)] == port.lo
}

// podsOf returns the pods of a peer that is no addresses.
func podsOf(p *clusterpolicy.Peer) Selection {
	if p.Namespaces != nil {
		return Selection{NamespaceSelector: *p.Namespaces}
	}
	return Selection{p.Pods.NamespaceSelector, p.Pods.PodSelector}
}
