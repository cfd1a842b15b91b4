// Package draft makes a policy package of what is there already.
//
// In: what runs (Starter); or policies that anyone wrote, valid and with their defaults, and the pods of manifests beside
// them (Import). Out: a package in CUE, with guesses or one that stands for the policies; and which policies of a build take
// the place of which. It refuses policies that the language cannot say, each with the reason. It proves nothing: whoever asks
// for a package proves that it means the same.
package draft

import (
	"iter"
	"slices"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Draft is a package that stands for policies.
type Draft struct {
	// Source is the package as formatted CUE.
	Source []byte
	// Policies is the policies that the package stands for: those that were not refused, ports by name as numbers.
	Policies []rule.Policy
	// Refused is those that it does not stand for.
	Refused []Refused
	// Numbered is ports by name, as the numbers that stand for them.
	Numbered []Numbered
}

// Refused is a policy that the language cannot say.
type Refused struct {
	Policy *rule.Policy
	Why    string
}

// Numbered is a port by name in a policy.
type Numbered struct {
	Policy *rule.Policy
	rule.PortName
	Number int
}

// Import returns a package for policies. Pods are those of manifests: workloads are named after them, and ports by name
// have their numbers.
func Import(policies []rule.Policy, pods []world.Pod) *Draft {
	m := newImporter(pods)
	for i := range policies {
		m.add(&policies[i])
	}
	m.groupValues()
	m.isolate()
	m.pair()
	m.dns()
	m.splitPorts()
	m.use()
	m.name()
	m.sort()
	m.draft.Source = m.write()
	return &m.draft
}

// importer makes a package of policies.
type importer struct {
	*sets.Space
	draft Draft
	pods  []world.Pod
	// spaces is the namespaces that policies are in or speak of, nodes what edges are between; in the order in which they
	// were found.
	spaces     []*space
	nodes      []*node
	spaceByKey map[string]*space
	nodeByKey  map[string]*node
	halves     []*half
	halfByKey  map[halfKey]*half
	// open is what the policies open, by direction and kind of flows.
	open  [2][]*sets.Union
	edges []*edge
	// profile is the DNS profile, auto whether it gives DNS to all that have an edge.
	profile profile
	auto    bool
	groups  []*group
}

func newImporter(pods []world.Pod) *importer {
	m := &importer{Space: sets.NewSpace(), pods: pods, spaceByKey: map[string]*space{}, nodeByKey: map[string]*node{}, halfByKey: map[halfKey]*half{}}
	for i := range m.open {
		for range sets.Kinds() {
			m.open[i] = append(m.open[i], m.NewUnion())
		}
	}
	return m
}

// half is what one policy or more open to a subject in one direction, from or to one peer.
type half struct {
	halfKey
	ports sets.Ports
	// from is the first policy that has it.
	from *rule.Policy
}

type halfKey struct {
	direction     graph.Directions
	subject, peer *node
}

// other returns the other direction.
func (k halfKey) other() graph.Directions { return graph.Both &^ k.direction }

// ends returns source and destination of the flows of the half.
func (k halfKey) ends() (from, to *node) {
	if k.direction == graph.Egress {
		return k.subject, k.peer
	}
	return k.peer, k.subject
}

// add adds a policy, or refuses it.
func (m *importer) add(p *rule.Policy) {
	resolved, why := m.resolve(p)
	if why != "" {
		m.draft.Refused = append(m.draft.Refused, Refused{p, why})
		return
	}
	p = resolved
	m.draft.Policies = append(m.draft.Policies, *p)
	subject := m.node(m.Select(m.Namespace(p.Namespace), p.Subject))
	if subject == nil {
		return // a selector that contradicts itself: the policy means nothing
	}
	subject.space.owned = true
	subject.own |= p.Isolates
	for i := range p.Rules {
		m.rule(p, subject, &p.Rules[i])
	}
}

func (m *importer) rule(p *rule.Policy, subject *node, r *rule.Rule) {
	if r.Ports.IsEmpty() {
		return // names of ports that an address has not
	}
	var peers []*node
	if r.Everyone() {
		peers = append(peers, m.everyone())
	}
	for _, peer := range r.Peers {
		if peer.Block != nil {
			continue
		}
		for _, pods := range m.byName(m.selected(p, peer)) {
			if n := m.node(pods); n != nil {
				peers = append(peers, n)
			}
		}
	}
	for _, peer := range append(peers, m.blocks(r)...) {
		m.opens(halfKey{r.Direction, subject, peer}, r.Ports, p)
	}
}

// selected returns the pods of a peer of a policy, which is no block.
func (m *importer) selected(p *rule.Policy, peer rule.Peer) sets.Pods {
	in := m.Namespace(p.Namespace)
	if peer.Namespaces != nil {
		in = m.Namespaces(peer.Namespaces)
	}
	return m.Select(in, peer.Pods)
}

func (m *importer) opens(key halfKey, ports sets.Ports, p *rule.Policy) {
	h := m.halfByKey[key]
	if h == nil {
		h = &half{halfKey: key, from: p}
		m.halfByKey[key] = h
		m.halves = append(m.halves, h)
	}
	h.ports = h.ports.Union(ports)
	for kind, b := range m.flows(key, ports) {
		m.open[key.direction-1][kind].Add(b)
	}
}

// flows returns the flows of a half on some ports, with their kinds.
func (m *importer) flows(key halfKey, ports sets.Ports) iter.Seq2[sets.Kind, *sets.Box] {
	from, to := key.ends()
	return func(yield func(sets.Kind, *sets.Box) bool) {
		for _, kind := range sets.Kinds() {
			for _, b := range m.Between(kind, from.ends(), to.ends(), ports) {
				if !yield(kind, b) {
					return
				}
			}
		}
	}
}

// resolve returns a policy with numbers in the place of its ports by name, or why there are none.
func (m *importer) resolve(p *rule.Policy) (_ *rule.Policy, why string) {
	out := *p
	out.Rules = slices.Clone(p.Rules)
	for i := range out.Rules {
		r := &out.Rules[i]
		for _, n := range r.Named {
			ports, why := m.numbers(p, r, n)
			if why != "" {
				return nil, why
			}
			r.Ports = r.Ports.Union(ports)
		}
		r.Named = nil
	}
	return &out, ""
}
