package prove

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
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
	w := &policiesMeaning{normal: newNormal(f, 2*len(policies)+rules, peers), selectors: map[*metav1.LabelSelector]textNumber{}}
	for i := range policies {
		w.policy(&policies[i])
	}
	w.sort()
	return w.normal
}

// policiesMeaning makes the normal form of policies. It remembers the selectors that policies share.
type policiesMeaning struct {
	*normal
	selectors map[*metav1.LabelSelector]textNumber
}

func (w *policiesMeaning) policy(p *rule.Policy) {
	s := subject{namespace: w.text(p.Namespace), selector: w.numbering.selector(p.Subject)}
	for _, d := range []graph.Directions{graph.Ingress, graph.Egress} {
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
	for _, named := range r.Named {
		port := w.text(named.Name + "/" + named.Protocol.String())
		w.open(subject, w.peers.number(peerForm{named: port}), w.source(nil, origin{p}))
	}
	source := w.source(r.Ports, origin{p})
	if r.Everyone() {
		w.open(subject, w.peers.number(peerForm{everyone: true}), source)
	}
	for _, peer := range r.Peers {
		if peer.Block != nil {
			w.openBlock(subject, peer.Block.Addresses, source)
			continue
		}
		namespaces, pods := w.namespaceByName(p.Namespace), everyPod
		if peer.Namespaces != nil {
			namespaces = w.selector(peer.Namespaces)
		}
		if peer.Pods != nil {
			pods = w.selector(peer.Pods)
		}
		w.open(subject, w.peers.number(peerForm{namespaces: namespaces, pods: pods}), source)
	}
}

func (w *policiesMeaning) selector(s *metav1.LabelSelector) textNumber {
	f, known := w.selectors[s]
	if !known {
		f = w.numbering.selector(s)
		w.selectors[s] = f
	}
	return f
}
