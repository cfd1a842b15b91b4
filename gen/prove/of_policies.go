package prove

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// ofPolicies returns the normal form of policies.
func ofPolicies(policies []rule.Policy, f *numbering) *normal {
	rules, peers := 0, 0
	for i := range policies {
		rules += len(policies[i].Rules)
		for j := range policies[i].Rules {
			peers += max(1, len(policies[i].Rules[j].Peers))
		}
	}
	w := &policiesMeaning{normal: newNormal(f, 2*len(policies)+rules, peers), forms: map[*metav1.LabelSelector]textNumber{}}
	for i := range policies {
		w.policy(&policies[i])
	}
	w.finish()
	return w.normal
}

// policiesMeaning makes the normal form of policies. It remembers the selectors that policies share.
type policiesMeaning struct {
	*normal
	forms map[*metav1.LabelSelector]textNumber
	// found is room for what peersOf returns.
	found []int32
}

func (w *policiesMeaning) policy(p *rule.Policy) {
	s := subject{namespace: w.text(p.Namespace), selector: w.numbering.selector(p.Subject)}
	for _, d := range graph.AllDirections() {
		if !p.Isolates.Has(d) {
			continue
		}
		s.direction = d
		number := w.subjects.number(s)
		w.isolate(number, w.source(nil, origin{p}))
		rules := p.In(d)
		for i := range rules {
			w.rule(number, p, &rules[i])
		}
	}
}

// rule opens a subject to the peers of a rule.
func (w *policiesMeaning) rule(subject int32, p *rule.Policy, r *rule.Rule) {
	if len(r.Ports) > 0 {
		source := w.source(r.Ports, origin{p})
		for _, peer := range w.peersOf(p, r) {
			w.opens(subject, peer, source)
		}
		for _, peer := range r.Peers {
			if peer.Block != nil {
				w.opensBlock(subject, peer.Block.Addresses, source, noText)
			}
		}
	}
	for _, named := range r.Named {
		name, source := w.names.number(named), w.source(sets.ProtocolPorts(named.Protocol), origin{p})
		for _, peer := range slices.Concat(w.peersOf(p, r), w.ranged(r.Addresses())) {
			form := w.peers.values[peer]
			form.named = name
			w.opens(subject, w.peers.number(form), source)
		}
	}
}

// peersOf returns the peers of a rule that are no blocks, until it is called again.
func (w *policiesMeaning) peersOf(p *rule.Policy, r *rule.Rule) []int32 {
	w.found = w.found[:0]
	if r.Everyone() {
		w.found = append(w.found, w.peers.number(peerForm{everyone: true}))
	}
	for _, peer := range r.Peers {
		if peer.Block != nil {
			continue // see rule
		}
		form := peerForm{namespaces: w.namespaceByName(p.Namespace)}
		if peer.Namespaces != nil {
			form.namespaces = w.selector(peer.Namespaces)
		}
		if peer.Pods != nil {
			form.pods = w.selector(peer.Pods)
		}
		w.found = append(w.found, w.peers.number(form))
	}
	return w.found
}

func (w *policiesMeaning) selector(s *metav1.LabelSelector) textNumber {
	f, known := w.forms[s]
	if !known {
		f = w.numbering.selector(s)
		w.forms[s] = f
	}
	return f
}
