package flows

import (
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// halves is the policies of a cluster as sets: what they let pass in each direction, for each kind of flow.
type halves struct {
	*universe
	// by direction; see half.
	pods, addresses [2]*half
}

// half is one direction of policies for flows of one kind.
type half struct {
	direction graph.Directions
	kind      sets.Kind
	passing   *sets.Half
	// items is what rules open, one for each subject, peer and name of a port.
	items []item
	byKey map[string]int
	// isolated is the subjects that policies isolate, each once.
	isolated []sets.Pods
	known    map[string]bool
	// layers is what rules say that do more than open, in the order in which they are asked.
	layers []layer
}

// item is what rules open between a subject and a peer, on ports by number or on a port by its name.
type item struct {
	key           string
	subject, peer sets.Pods
	addresses     sets.Addresses
	name          *sets.Name
	// box is the flows; its Mark is the place of the item.
	box *sets.Box
}

// newHalves returns the policies of a cluster as sets.
func (u *universe) newHalves(c world.Cluster) *halves {
	h := &halves{universe: u}
	for _, d := range graph.AllDirections() {
		h.pods[d-1] = u.newHalf(d, sets.PodToPod)
		h.addresses[d-1] = u.newHalf(d, map[graph.Directions]sets.Kind{graph.Egress: sets.PodToAddress, graph.Ingress: sets.AddressToPod}[d])
	}
	for i := range c.Policies {
		h.add(&c.Policies[i], c)
	}
	h.addOthers(c)
	h.numberNames(c)
	for _, half := range []*half{h.pods[0], h.pods[1], h.addresses[0], h.addresses[1]} {
		half.giveLayers(u)
	}
	return h
}

func (u *universe) newHalf(d graph.Directions, kind sets.Kind) *half {
	return &half{direction: d, kind: kind, passing: u.NewHalf(), byKey: map[string]int{}, known: map[string]bool{}}
}

// of returns the half of a direction for flows of a kind; nil where policies do not speak of it, so that all passes.
func (h *halves) of(d graph.Directions, kind sets.Kind) *half {
	switch {
	case kind == sets.PodToPod:
		return h.pods[d-1]
	case h.addresses[d-1].kind == kind:
		return h.addresses[d-1]
	}
	return nil
}

// passes returns the half as a question asks for it.
func (h *half) passes() *sets.Half {
	if h == nil {
		return nil
	}
	return h.passing
}

// side is the end that policies of the half select.
func (h *half) side() sets.Side {
	if h.direction == graph.Egress {
		return sets.Source
	}
	return sets.Destination
}

func (h *halves) add(p *rule.Policy, c world.Cluster) {
	subject := h.selected(selection{namespace: p.Namespace, pods: p.Subject})
	if subject.IsEmpty() {
		return
	}
	for _, d := range graph.AllDirections() {
		if !p.Isolates.Has(d) {
			continue
		}
		for _, half := range []*half{h.pods[d-1], h.addresses[d-1]} {
			half.isolate(h.universe, subject)
		}
		for _, r := range p.In(d) {
			h.rule(p, subject, &r, c)
		}
	}
}

func (h *half) isolate(u *universe, subject sets.Pods) {
	key := subject.Key()
	if h.known[key] {
		return
	}
	h.known[key] = true
	b := u.between(h, subject, sets.Pods{}, sets.AllAddresses(), sets.AllPorts())
	b.Mark = int32(len(h.isolated))
	h.isolated = append(h.isolated, subject)
	h.passing.Isolated.Add(b)
}

// between returns the flows of a half between a subject and a peer: pods, or addresses.
func (u *universe) between(h *half, subject, peer sets.Pods, addresses sets.Addresses, ports sets.Ports) *sets.Box {
	switch {
	case h.kind != sets.PodToPod:
		return u.FlowsWith(h.side(), subject, addresses, ports)
	case h.direction == graph.Egress:
		return u.Flows(subject, peer, ports)
	}
	return u.Flows(peer, subject, ports)
}

func (h *halves) rule(p *rule.Policy, subject sets.Pods, r *rule.Rule, c world.Cluster) {
	pods, addresses := h.pods[r.Direction-1], h.addresses[r.Direction-1]
	h.eachPeer(p, r, c, func(peer sets.Pods) { pods.open(h.universe, subject, peer, sets.Addresses{}, r) },
		func(peer sets.Addresses) { addresses.open(h.universe, subject, sets.Pods{}, peer, r) })
}

// inDiffering returns the pods of a selection. Of namespaces of which the clusters say different labels it knows whether
// this cluster's are selected: they are sets of their own.
func (h *halves) inDiffering(s selection, c world.Cluster) []sets.Pods {
	if s.namespaces == nil || len(h.differing) == 0 {
		return []sets.Pods{h.selected(s)}
	}
	others := h.selected(s)
	selector := rule.Compile(s.namespaces)
	var out []sets.Pods
	for _, name := range h.differing {
		if selector.Matches(namespaceLabels(c, name)) {
			out = append(out, h.Select(h.Namespace(name), s.pods))
		}
	}
	return append(out, h.Select(h.And(others, h.NotNamed(h.differing)), s.pods))
}

// open adds what a rule opens between a subject and a peer.
func (h *half) open(u *universe, subject, peer sets.Pods, addresses sets.Addresses, r *rule.Rule) {
	if peer.IsEmpty() {
		return
	}
	if !r.Ports.IsEmpty() {
		h.openPorts(u, subject, peer, addresses, r.Ports, nil)
	}
	if !h.kind.HasPods(sets.Destination) {
		return // an address has no names for ports
	}
	for _, n := range r.Named {
		h.openPorts(u, subject, peer, addresses, sets.AllPorts(), &sets.Name{Name: n.Name, Protocol: n.Protocol})
	}
}

func (h *half) openPorts(u *universe, subject, peer sets.Pods, addresses sets.Addresses, ports sets.Ports, name *sets.Name) {
	key := subject.Key() + "|" + peer.Key() + "|" + addresses.Text() + "|"
	if name != nil {
		key += name.String()
	}
	at, known := h.byKey[key]
	if !known {
		at = len(h.items)
		h.byKey[key] = at
		h.items = append(h.items, item{key: key, subject: subject, peer: peer, addresses: addresses, name: name})
	} else if name != nil {
		return
	}
	x := &h.items[at]
	if x.box != nil {
		ports = x.box.Ports().Union(ports)
	}
	x.box = u.between(h, subject, peer, addresses, ports)
	if name != nil {
		x.box = u.Named(x.box, h.kind, *name)
	}
	x.box.Mark = int32(at)
}

// numberNames adds the numbers that declared pods of a cluster have for the ports that rules name, and then gives the
// items to the questions.
func (h *halves) numberNames(c world.Cluster) {
	calling := h.calling(c)
	for _, half := range []*half{h.pods[0], h.pods[1]} {
		for _, x := range half.items[:len(half.items):len(half.items)] {
			if x.name != nil && calling[*x.name] != nil {
				h.numberName(half, x, calling[*x.name])
			}
		}
	}
	for _, half := range []*half{h.pods[0], h.pods[1], h.addresses[0], h.addresses[1]} {
		for _, x := range half.items {
			half.passing.Rules.Add(x.box)
		}
	}
}

// callers is the declared pods that call a port by a name; Mark is the place of the port's number.
type callers struct {
	pods  *sets.Union
	ports []sets.Ports
}

// calling returns the declared pods of a cluster by the names that they have for ports.
func (h *halves) calling(c world.Cluster) map[sets.Name]*callers {
	out := map[sets.Name]*callers{}
	for i := range c.Pods {
		p := &c.Pods[i]
		if p.HostNetwork || p.Selector != nil {
			continue
		}
		for _, port := range p.Ports {
			name := sets.Name{Name: port.Name, Protocol: port.Protocol}
			x := out[name]
			if x == nil {
				x = &callers{pods: h.NewUnion()}
				out[name] = x
			}
			b := h.With(sets.Destination, h.Labels(h.Namespace(p.Namespace), p.Labels))
			b.Mark = int32(len(x.ports))
			x.pods.Add(b)
			x.ports = append(x.ports, sets.PortRange(port.Protocol, port.Port, port.Port))
		}
	}
	return out
}

func (h *halves) numberName(half *half, x item, calling *callers) {
	target := x.peer
	if half.side() == sets.Destination {
		target = x.subject
	}
	for _, b := range calling.pods.Meeting(h.With(sets.Destination, target)) {
		pod, ports := h.And(b.Pods(sets.Destination), target), calling.ports[b.Mark]
		if half.side() == sets.Destination {
			half.openPorts(h.universe, pod, x.peer, x.addresses, ports, nil)
		} else {
			half.openPorts(h.universe, x.subject, pod, x.addresses, ports, nil)
		}
	}
}
