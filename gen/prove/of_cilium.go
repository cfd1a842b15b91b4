package prove

import (
	"fmt"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/dialect/cilium/read"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// ciliumDifferences compares CiliumNetworkPolicies with the meaning of a graph. An error is a stream that holds something
// else, and what npgen never writes: a field of which the policy alone does not say what it means, a deny, a cluster's
// policy.
func ciliumDifferences(stream []byte, g *graph.Graph) (int, []string, error) {
	policies, err := read.Policies(stream)
	if err != nil {
		return 0, nil, err
	}
	err = putBack(g, len(policies), func(i int) (string, *string) { return policies[i].Name, &policies[i].Namespace })
	if err != nil {
		return 0, nil, err
	}
	f := newNumbering()
	w := ciliumMeaning{newNormal(f, 2*len(policies), 4*len(policies))}
	for i := range policies {
		if err := w.policy(&policies[i]); err != nil {
			return 0, nil, fmt.Errorf("%s %s/%s: %w", policies[i].Kind, policies[i].Namespace, policies[i].Name, err)
		}
	}
	w.finish()
	declared := ofGraph(g, f)
	return len(policies), append(compare(w.normal, declared), dnsDifferences(w.normal, declared)...), nil
}

// ciliumMeaning makes the normal form of policies.
type ciliumMeaning struct{ *normal }

func (w ciliumMeaning) policy(p *read.Policy) error {
	meanings, err := read.Meanings(p)
	if err != nil {
		return err
	}
	for i := range meanings {
		m := &meanings[i]
		switch {
		case m.Kind != read.Namespaced || m.Namespace == "":
			return fmt.Errorf("it is not of a namespace")
		case len(m.NotUnderstood) > 0:
			return fmt.Errorf("the proof does not know what it means: %s", strings.Join(m.NotUnderstood, ", "))
		case len(m.Denies) > 0:
			return fmt.Errorf("it denies, and all that is declared is what is allowed")
		}
		for _, d := range graph.AllDirections() {
			if m.Isolates.Has(d) {
				w.isolate(w.subject(m, d), w.source(nil, origin{m}))
			}
		}
		for j := range m.Allows {
			if err := w.opening(m, &m.Allows[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w ciliumMeaning) subject(m *read.Meaning, d graph.Directions) int32 {
	return w.subjects.number(subject{w.text(m.Namespace), w.selector(m.Subject.Pods), d})
}

func (w ciliumMeaning) opening(m *read.Meaning, o *read.Opening) error {
	switch {
	case !m.Isolates.Has(o.Direction):
		return fmt.Errorf("it opens a direction that it does not isolate")
	case len(o.Named) > 0:
		return fmt.Errorf("it names the port `%s`", o.Named[0].Name)
	}
	requests, err := requestsText(o.HTTP)
	if err != nil {
		return err
	}
	number := noText
	if requests != "" {
		number = w.text(requests)
	}
	subject, source := w.subject(m, o.Direction), w.source(o.Ports, origin{m})
	if o.DNS != nil {
		if !slices.Equal(o.DNS, []read.FQDN{{MatchPattern: "*"}}) {
			return fmt.Errorf("it lets some questions of DNS through and others not")
		}
		w.dns[source] = true
	}
	for _, p := range o.Peers {
		var form int32
		switch {
		case p.Block != nil:
			w.opensBlock(subject, p.Block.Addresses, source, number)
			continue
		case p.Everyone:
			form = w.peers.number(peerForm{everyone: true})
		case p.Entity != "":
			form = w.opaque("entity", p.Entity)
		case p.Host != nil && p.Host.MatchName != "":
			form = w.opaque("host", p.Host.MatchName)
		case p.Host != nil:
			form = w.opaque("host", p.Host.MatchPattern)
		default:
			form = w.peers.number(peerForm{namespaces: w.selector(p.Pods.Namespaces), pods: w.selector(p.Pods.Pods)})
		}
		w.opens(subject, w.withRequests(form, number), source)
	}
	return nil
}

// dnsDifferences returns where pods may call hosts by name and the answers of DNS are not read, without which no address
// of a host is ever open, and where questions of DNS stand in the place of all that is declared.
func dnsDifferences(written, declared *normal) []string {
	c := newComparison(written, declared)
	for w, d := range sideBySide(written.open, declared.open) {
		for _, e := range w {
			if !written.dns[e.source] {
				continue
			}
			ports := written.ports[e.source]
			if !slices.ContainsFunc(d, func(x entry) bool { return declared.dns[x.source] && ports.Within(declared.ports[x.source]) }) {
				c.add(difference{subject: e.subject, peer: c.peerText(c.peers.values[e.peer]), ports: ports, says: "let questions of DNS through and nothing else, by " + written.from([]entry{e}).String(), example: "as it is written"})
			}
		}
	}
	var calling []int32
	for _, e := range written.open {
		isHost := strings.HasPrefix(c.texts.values[c.peers.values[e.peer].opaque], "host ")
		if isHost && !slices.Contains(calling, e.subject) {
			calling = append(calling, e.subject)
		}
	}
	for _, subject := range calling {
		c.dnsOf(subject, written)
	}
	return c.lines()
}

// dnsOf looks for a rule that reads the DNS of a subject, and for one beside it that does not.
func (c *comparison) dnsOf(subject int32, written *normal) {
	var reading []entry
	for _, e := range written.open {
		if written.dns[e.source] && c.scope(e.subject) == c.scope(subject) && c.space.Within(c.pods(subject), c.pods(e.subject)) {
			e.subject = subject
			reading = append(reading, e)
		}
	}
	if len(reading) == 0 {
		c.add(difference{subject: subject, says: "may call hosts, and no rule reads its DNS", example: "as it is written"})
		return
	}
	for _, e := range written.open {
		if written.dns[e.source] || c.scope(e.subject) != c.scope(subject) {
			continue
		}
		for _, r := range reading {
			if c.meets(e, written.ports[e.source], r, written.ports[r.source]) {
				c.add(difference{subject: subject, says: "may call hosts, and its DNS passes unread by " + written.from([]entry{e}).String(), example: "as it is written"})
				break
			}
		}
	}
}

// meets reports whether two entries open some flow both. Of what no set knows, each text is another peer.
func (c *comparison) meets(a entry, aPorts sets.Ports, b entry, bPorts sets.Ports) bool {
	p, q := c.peers.values[a.peer], c.peers.values[b.peer]
	if !aPorts.Overlaps(bPorts) || !c.space.Meet(c.pods(a.subject), c.pods(b.subject)) {
		return false
	}
	if p.opaque != noText || q.opaque != noText {
		return p.opaque == q.opaque || p.everyone || q.everyone
	}
	x, y := c.opened(a, aPorts), c.opened(b, bPorts)
	for kind := range x {
		if x[kind] == nil || y[kind] == nil {
			continue
		}
		if _, meet := c.space.Intersect(x[kind], y[kind]); meet {
			return true
		}
	}
	return false
}
