package rollout

import (
	"slices"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// atom is what a rule opens to one peer, on ports by number or on one port by its name.
type atom struct {
	// peer is nil where it is for everyone, in the cluster and outside.
	peer  *rule.Peer
	pods  sets.Pods
	ports sets.Ports
	name  *rule.PortName
}

// atoms returns what the rules of a policy open in a direction.
func (p *planner) atoms(policy *rule.Policy, d graph.Directions) []atom {
	var out []atom
	for _, r := range policy.In(d) {
		peers := []*rule.Peer{nil}
		if !r.Everyone() {
			peers = nil
			for i := range r.Peers {
				peers = append(peers, &r.Peers[i])
			}
		}
		for _, peer := range peers {
			a := atom{peer: peer}
			if peer != nil && peer.Block == nil {
				in := p.space.Namespace(policy.Namespace)
				if peer.Namespaces != nil {
					in = p.space.Namespaces(peer.Namespaces)
				}
				a.pods = p.space.Select(in, peer.Pods)
			}
			if !r.Ports.IsEmpty() {
				a.ports = r.Ports
				out = append(out, a)
			}
			for i := range r.Named {
				a.ports, a.name = nil, &r.Named[i]
				out = append(out, a)
			}
		}
	}
	return out
}

// boxes returns an atom as sets: of flows to pods, and of flows to addresses.
func (p *planner) boxes(a *atom) (pods, addresses *sets.Box) {
	ports := a.ports
	if a.name != nil {
		ports = sets.AllPorts()
	}
	if a.peer == nil || a.peer.Block == nil {
		pods = p.space.Flows(sets.Pods{}, a.pods, ports)
		if a.name != nil {
			pods = p.space.Named(pods, sets.PodToPod, sets.Name{Name: a.name.Name, Protocol: a.name.Protocol})
		}
	}
	// To an address no port has a name; from one it has that of the subject, so that a name is open from there too.
	switch {
	case a.peer != nil && a.peer.Block != nil:
		addresses = p.space.FlowsWith(sets.Source, sets.Pods{}, a.peer.Block.Addresses, ports)
	case a.peer == nil:
		addresses = p.space.FlowsWith(sets.Source, sets.Pods{}, sets.AllAddresses(), ports)
	}
	if addresses != nil && a.name != nil {
		addresses = p.space.Named(addresses, sets.AddressToPod, sets.Name{Name: a.name.Name, Protocol: a.name.Protocol})
	}
	return pods, addresses
}

// covered reports whether others open all that an atom opens.
func (p *planner) covered(a *atom, others []atom) bool {
	return len(p.uncovered([]atom{*a}, others)) == 0
}

// uncovered returns those atoms of which others do not open all.
func (p *planner) uncovered(all, others []atom) []atom {
	if len(all) == 0 {
		return nil
	}
	pods, addresses := p.space.NewUnion(), p.space.NewUnion()
	add := func(u *sets.Union, b *sets.Box) {
		if b != nil {
			u.Add(b)
		}
	}
	for i := range others {
		to, out := p.boxes(&others[i])
		add(pods, to)
		add(addresses, out)
	}
	isIn := func(u *sets.Union, b *sets.Box) bool {
		if b == nil {
			return true
		}
		_, answer := p.space.Ask(b).NotIn(u).Find()
		return answer == sets.No
	}
	var out []atom
	for i := range all {
		if to, addressed := p.boxes(&all[i]); !isIn(pods, to) || !isIn(addresses, addressed) {
			out = append(out, all[i])
		}
	}
	return out
}

// both returns what two lists of atoms open alike, each part as narrow as the first has it. A port by its name and one by
// its number have in common what only the pods know: it is left out.
func (p *planner) both(list, others []atom) []atom {
	var out []atom
	for i := range list {
		if p.covered(&list[i], others) {
			out = append(out, list[i])
			continue
		}
		for j := range others {
			if a, ok := p.intersect(&list[i], &others[j]); ok {
				out = p.with(out, a)
			}
		}
	}
	return out
}

// with appends what a list does not open yet.
func (p *planner) with(list []atom, more ...atom) []atom {
	for i := range more {
		if !p.covered(&more[i], list) {
			list = append(slices.Clip(list), more[i])
		}
	}
	return list
}

func (p *planner) intersect(a, b *atom) (atom, bool) {
	out := *a
	switch {
	case a.name == nil && b.name == nil:
		out.ports = a.ports.Intersect(b.ports)
	case a.name != nil && b.name != nil && *a.name != *b.name:
		return out, false
	case a.name == nil && sets.ProtocolPorts(b.name.Protocol).Within(a.ports):
		out.ports, out.name = nil, b.name
	case a.name == nil, b.name == nil && !sets.ProtocolPorts(a.name.Protocol).Within(b.ports):
		return out, false
	}
	if out.name == nil && out.ports.IsEmpty() {
		return out, false
	}
	switch {
	case b.peer == nil:
		return out, true
	case a.peer == nil:
		out.peer, out.pods = b.peer, b.pods
		return out, true
	case (a.peer.Block == nil) != (b.peer.Block == nil):
		return out, false
	case a.peer.Block != nil:
		shared := a.peer.Block.Addresses.Intersect(b.peer.Block.Addresses)
		if !shared.Equal(a.peer.Block.Addresses) {
			out.peer = &rule.Peer{Block: &rule.Block{Addresses: shared}}
		}
		return out, !shared.IsEmpty()
	}
	pods := p.space.And(a.pods, b.pods)
	switch {
	case pods.IsEmpty():
		return out, false
	case p.space.Within(a.pods, b.pods):
	case p.space.Within(b.pods, a.pods):
		out.peer, out.pods = b.peer, b.pods
	default:
		namespaces, labels := p.space.Selectors(pods)
		out.peer, out.pods = &rule.Peer{Namespaces: namespaces, Pods: labels}, pods
	}
	return out, true
}
