package prove

import (
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// shapes makes sets of what numbers stand for.
type shapes struct {
	*numbering
	space     *sets.Space
	addresses sets.Addresses
	ports     sets.Ports
}

func newShapes(f *numbering) *shapes {
	return &shapes{f, sets.NewSpace(), sets.AllAddresses(), sets.AllPorts()}
}

// boxes is flows, a box of each kind; nil where there are none.
type boxes [sets.AddressToPod + 1]*sets.Box

// end returns the end of flows that a subject is.
func (f *shapes) end(subject int32) sets.Side {
	if f.subjects.values[subject].direction == graph.Egress {
		return sets.Source
	}
	return sets.Destination
}

func (f *shapes) pods(subject int32) sets.Pods {
	s := f.subjects.values[subject]
	return f.space.Select(f.space.Namespace(f.texts.values[s.namespace]), f.selectors[s.selector])
}

// flows returns the flows between a subject and others: pods, where there are any, and addresses.
func (f *shapes) flows(subject int32, others *sets.Pods, addresses sets.Addresses, ports sets.Ports) boxes {
	var out boxes
	pods, end := f.pods(subject), f.end(subject)
	toAddresses, from, to := sets.PodToAddress, &pods, others
	if end == sets.Destination {
		toAddresses, from, to = sets.AddressToPod, to, from
	}
	if others != nil {
		out[sets.PodToPod] = f.space.Flows(*from, *to, ports)
	}
	if !addresses.IsEmpty() {
		out[toAddresses] = f.space.FlowsWith(end, pods, addresses, ports)
	}
	return out
}

// everything returns all flows of a subject.
func (f *shapes) everything(subject int32) boxes {
	return f.flows(subject, &sets.Pods{}, f.addresses, f.ports)
}

// opened returns the flows that an entry opens on some ports.
func (f *shapes) opened(e entry, ports sets.Ports) boxes {
	p := f.peers.values[e.peer]
	var out boxes
	switch {
	case p.everyone:
		out = f.flows(e.subject, &sets.Pods{}, f.addresses, ports)
	case p.block != noRange:
		out = f.flows(e.subject, nil, sets.AddressesOf(f.ranges.values[p.block].Prefixes(), nil), ports)
	default:
		pods := f.space.Select(f.space.Namespaces(f.selectors[p.namespaces]), f.selectors[p.pods])
		out = f.flows(e.subject, &pods, sets.Addresses{}, ports)
	}
	if p.named == noName {
		return out
	}
	for kind, b := range out {
		if b != nil {
			out[kind] = f.space.Named(b, sets.Kind(kind), sets.Name(f.names.values[p.named]))
		}
	}
	return out
}

// half is what passes in one namespace and direction, for each kind of flows: no entry of another changes it.
type half [sets.AddressToPod + 1]*sets.Half

// scope is a namespace and a direction.
type scope struct {
	namespace textNumber
	direction graph.Directions
}

func (f *shapes) scope(subject int32) scope {
	s := f.subjects.values[subject]
	return scope{s.namespace, s.direction}
}

// halves makes the halves of one side, each when it is asked for.
type halves struct {
	*shapes
	of       *normal
	isolated map[scope][]entry
	open     map[scope][]entry
	made     map[scope]*half
}

func newHalves(f *shapes, of *normal) *halves {
	return &halves{shapes: f, of: of, made: map[scope]*half{}}
}

// half returns the half of the namespace and direction of a subject.
func (h *halves) half(subject int32) *half {
	at := h.scope(subject)
	if made := h.made[at]; made != nil {
		return made
	}
	if h.open == nil {
		h.isolated, h.open = h.byScope(h.of.isolated), h.byScope(h.of.open)
	}
	out := &half{}
	for kind := range out {
		out[kind] = h.space.NewHalf()
	}
	for _, e := range h.isolated[at] {
		for kind, b := range h.everything(e.subject) {
			if b != nil {
				out[kind].Isolated.Add(b)
			}
		}
	}
	for _, e := range h.open[at] {
		if h.peers.values[e.peer].isOpaque() {
			continue // compared as it is written
		}
		for kind, b := range h.opened(e, h.of.ports[e.source]) {
			if b != nil {
				out[kind].Rules.Add(b)
			}
		}
	}
	h.made[at] = out
	return out
}

func (h *halves) byScope(entries []entry) map[scope][]entry {
	out := map[scope][]entry{}
	for _, e := range entries {
		at := h.scope(e.subject)
		out[at] = append(out[at], e)
	}
	return out
}
