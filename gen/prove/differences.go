package prove

import (
	"fmt"
	"slices"

	"github.com/npgen/npgen/gen/sets"
)

// comparison compares two normal forms. What both have in equal form is equal; of the rest, sets say whether it is.
type comparison struct {
	*shapes
	written, declared side
	out               []difference
}

// side is one of the two sides of a comparison.
type side struct {
	*normal
	*halves
	// isolates and opens say what it is that the side has and the other has not.
	isolates, opens string
}

// difference is pods or flows of an entry of which only one side has some.
type difference struct {
	subject int32
	// peer and ports are what the subject is open to. Where the peer is addresses, they stand in its place.
	peer      string
	addresses sets.Addresses
	ports     sets.Ports
	says      string
	example   string
}

// undecided stands in place of an example.
const undecided = "as far as could be found out: the question was too large"

func newComparison(written, declared *normal) *comparison {
	f := newShapes(written.numbering)
	return &comparison{
		shapes:   f,
		written:  side{written, newHalves(f, written), "isolated by %s, which nothing declares", "are open by %s, which nothing declares"},
		declared: side{declared, newHalves(f, declared), "not isolated by any policy, declared by %s", "are not open, declared by %s"},
	}
}

// openedBeside returns one line for each flow that is open as written and not as declared, sorted.
func (c *comparison) openedBeside(written, declared *normal) []string {
	c.written.normal, c.out = written, nil
	for w, d := range sideBySide(written.open, declared.open) {
		c.open(&c.written, &c.declared, w, written.portsOf(w).Minus(declared.portsOf(d)))
	}
	return c.lines()
}

// compare returns one line for each difference, sorted.
func compare(written, declared *normal) []string {
	c := newComparison(written, declared)
	for w, d := range sideBySide(written.isolated, declared.isolated) {
		switch {
		case len(d) == 0 && !declared.isolatesAll(w[0].subject):
			c.isolated(&c.written, &c.declared, w)
		case len(w) == 0 && !written.isolatesAll(d[0].subject):
			c.isolated(&c.declared, &c.written, d)
		}
	}
	for w, d := range sideBySide(written.open, declared.open) {
		if open, wanted := written.portsOf(w), declared.portsOf(d); !open.Equal(wanted) {
			c.open(&c.written, &c.declared, w, open.Minus(wanted))
			c.open(&c.declared, &c.written, d, wanted.Minus(open))
		}
	}
	return c.lines()
}

// isolated looks for a pod that one side isolates by entries, which are of one subject, and the other does not.
func (c *comparison) isolated(has, lacks *side, entries []entry) {
	subject := entries[0].subject
	all := c.everything(subject)[sets.PodToPod]
	found, answer := c.space.Ask(all).NotIn(lacks.half(subject)[sets.PodToPod].Isolated).Find()
	if answer == sets.No {
		return
	}
	d := difference{subject: subject, says: fmt.Sprintf(has.isolates, has.from(entries)), example: undecided}
	if answer == sets.Yes {
		w := c.space.Witness(found, sets.PodToPod)
		d.example = "e.g. " + endText([]sets.End{w.From, w.To}[c.end(subject)])
	}
	c.add(d)
}

// open looks for a flow that one side has open by entries, which are of one subject and peer, and that does not pass at
// the other.
func (c *comparison) open(has, lacks *side, entries []entry, ports sets.Ports) {
	if len(ports) == 0 {
		return
	}
	of := entries[0]
	if p := c.peers.values[of.peer]; p.isOpaque() {
		if ports = c.unopened(of, ports, lacks); len(ports) == 0 {
			return
		}
		c.add(difference{subject: of.subject, peer: c.peerText(p), ports: ports, says: fmt.Sprintf(has.opens, has.from(entries)), example: "as it is written"})
		return
	}
	for kind, box := range c.opened(of, ports) {
		if box == nil {
			continue
		}
		other := lacks.half(of.subject)[kind]
		box = left(c.space, box, other.Rules)
		found, answer := c.space.Ask(box).Stopped(other).Find()
		if answer == sets.No {
			continue
		}
		p := c.peers.values[of.peer]
		d := difference{subject: of.subject, peer: c.peerText(p), ports: box.Ports(), says: fmt.Sprintf(has.opens, has.from(entries)), example: undecided}
		if p.block != noRange && p.named == noName {
			d.addresses = box.Addresses()
		}
		if answer == sets.Yes {
			d.example = "e.g. " + flowText(c.space.Witness(found, sets.Kind(kind)))
		}
		c.add(d)
		return // one example is enough
	}
}

// unopened returns the ports of an entry that a side does not open to the same peer, for the same pods or for more.
func (c *comparison) unopened(of entry, ports sets.Ports, lacks *side) sets.Ports {
	for _, e := range lacks.normal.open {
		if e.peer == of.peer && c.scope(e.subject) == c.scope(of.subject) && c.space.Within(c.pods(of.subject), c.pods(e.subject)) {
			ports = ports.Minus(lacks.normal.ports[e.source])
		}
	}
	return ports
}

// left returns a box without the ports and the addresses of it that a single box of a union has.
func left(s *sets.Space, box *sets.Box, u *sets.Union) *sets.Box {
	for _, b := range u.Meeting(box) {
		switch {
		case s.BoxWithin(box.WithPorts(b.Ports()), b):
			box = box.WithPorts(box.Ports().Minus(b.Ports()))
		case s.BoxWithin(box.WithAddresses(b.Addresses()), b):
			box = box.WithAddresses(box.Addresses().Minus(b.Addresses()))
		}
	}
	return box
}

// add adds a difference, ranges of addresses to those before of which the same is to be said.
func (c *comparison) add(d difference) {
	if i := len(c.out) - 1; i >= 0 && !d.addresses.IsEmpty() {
		if e := &c.out[i]; !e.addresses.IsEmpty() && e.subject == d.subject && e.says == d.says && e.ports.Equal(d.ports) {
			e.addresses = e.addresses.Union(d.addresses)
			return
		}
	}
	c.out = append(c.out, d)
}

func (c *comparison) lines() []string {
	out := make([]string, len(c.out))
	for i, d := range c.out {
		s := c.subjects.values[d.subject]
		what := ""
		switch {
		case !d.addresses.IsEmpty():
			what = fmt.Sprintf("addresses %sports %s ", d.addresses.Text(), d.ports)
		case len(d.ports) > 0:
			what = fmt.Sprintf("%s: ports %s ", d.peer, d.ports)
		}
		out[i] = fmt.Sprintf("namespace %s, %s, %s: %s%s, %s", c.texts.values[s.namespace], c.orEvery("", s.selector, "pod"), s.direction, what, d.says, d.example)
	}
	slices.Sort(out)
	return out
}

func (c *comparison) peerText(p peerForm) string {
	text := c.orEvery("pods ", p.pods, "pod") + " in " + c.orEvery("namespaces ", p.namespaces, "namespace")
	switch {
	case p.block != noRange:
		text = c.ranges.values[p.block].String()
	case p.everyone:
		text = "any"
	case p.opaque != noText:
		text = c.texts.values[p.opaque]
	}
	if p.requests != noText {
		text += c.texts.values[p.requests]
	}
	if p.named != noName {
		text += " on the port named " + sets.Name(c.names.values[p.named]).String()
	}
	return text
}

// orEvery returns the normal form of a selector behind a word, and "every" with another where it asks for nothing.
func (c *comparison) orEvery(word string, selector textNumber, what string) string {
	if selector == everyPod {
		return "every " + what
	}
	return word + c.texts.values[selector]
}
