package policy

import networkingv1 "k8s.io/api/networking/v1"

// rule is an ingress or egress rule, which differ in name only. One without peers is for everyone.
type rule struct {
	ports *ports
	// size is how many peers there will be.
	size  int
	peers []networkingv1.NetworkPolicyPeer
}

// rulesOf returns one rule for each set of ports, by the order of the flows, DNS last. They are valid until the next
// call; their peers stay.
func (b *builder) rulesOf(o *object, flows []flow) []rule {
	b.rules, b.peers = b.rules[:0], b.peers[:0]
	for i := range flows {
		f := &flows[i]
		start := len(b.peers)
		b.peers = b.appendPeers(b.peers, f.halves[0].peer, o.subject.Namespace)
		f.peers = b.peers[start:]
		f.rule = b.ruleFor(o, f.ports, len(f.peers))
	}
	// The peers of all rules are one piece of memory.
	room := make([]networkingv1.NetworkPolicyPeer, len(b.peers))
	for i := range b.rules {
		if r := &b.rules[i]; r.size > 0 {
			r.peers, room = room[:0:r.size], room[r.size:]
		}
	}
	for _, f := range flows {
		r := &b.rules[f.rule]
		r.peers = append(r.peers, f.peers...)
	}
	if o.dns != nil {
		dns := b.dnsOf(o.dns.Config)
		b.rules = append(b.rules, rule{ports: dns.ports, peers: dns.peers})
	}
	return b.rules
}

// ruleFor returns the number of the rule of an object for a set of ports, with place for a number of peers more. `any`
// is no peers: it has a rule of its own, as no peer can stand beside it.
func (b *builder) ruleFor(o *object, ports *ports, peers int) int {
	if peers > 0 && ports.object == o {
		b.rules[ports.rule].size += peers
		return ports.rule
	}
	b.rules = append(b.rules, rule{ports: ports, size: peers})
	if peers > 0 {
		ports.object, ports.rule = o, len(b.rules)-1
	}
	return len(b.rules) - 1
}
