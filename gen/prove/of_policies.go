package prove

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
)

// ofPolicies returns the normal form of policies.
func ofPolicies(policies []rule.Policy, f *forms) *normal {
	rules, peers := 0, 0
	for i := range policies {
		rules += len(policies[i].Rules)
		for j := range policies[i].Rules {
			peers += max(1, len(policies[i].Rules[j].Peers))
		}
	}
	w := &written{normal: newNormal(f, 2*len(policies)+rules, peers), selectors: map[*metav1.LabelSelector]form{}}
	for i := range policies {
		w.policy(&policies[i])
	}
	w.sort()
	return w.normal
}

// written makes the normal form of policies. It remembers the selectors that policies share.
type written struct {
	*normal
	selectors map[*metav1.LabelSelector]form
}

func (w *written) policy(p *rule.Policy) {
	s := subject{namespace: w.text(p.Namespace), selector: w.forms.selector(p.Subject)}
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
func (w *written) rule(subject int32, p *rule.Policy, r *rule.Rule) {
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

func (w *written) selector(s *metav1.LabelSelector) form {
	f, known := w.selectors[s]
	if !known {
		f = w.forms.selector(s)
		w.selectors[s] = f
	}
	return f
}
