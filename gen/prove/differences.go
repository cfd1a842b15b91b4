package prove

import (
	"fmt"
	"iter"
	"slices"
)

// comparison compares two normal forms. What the whole namespace has is taken from its workloads: they need not have it
// as well.
type comparison struct {
	*numbering
	written, declared *normal
	out               []string
}

// differences returns one line for each, sorted.
func (c *comparison) differences() []string {
	for w, d := range sideBySide(c.written.isolated, c.declared.isolated) {
		c.isolated(w, d)
	}
	for w, d := range sideBySide(c.written.pods, c.declared.pods) {
		c.pods(w, d)
	}
	for s := range keys(c.written.blocks, c.declared.blocks) {
		c.blocks(s)
	}
	slices.Sort(c.out)
	return c.out
}

func (c *comparison) report(number int32, format string, args ...any) {
	s := c.subjects.values[number]
	pods := c.texts.values[s.selector]
	if s.selector == everyPod {
		pods = "every pod"
	}
	c.out = append(c.out, fmt.Sprintf("namespace %s, %s, %s: ", c.texts.values[s.namespace], pods, s.direction)+fmt.Sprintf(format, args...))
}

// wide returns the number of the subject of all pods of the namespace, where that is another one.
func (c *comparison) wide(number int32) (wide int32, isOther bool) {
	wide, known := c.subjects.known[c.subjects.values[number].wide()]
	return wide, known && wide != number
}

// isolated compares the entries of a subject.
func (c *comparison) isolated(written, declared []entry) {
	switch {
	case len(written) == 0 && !c.covered(c.declared, declared[0].subject):
		c.report(declared[0].subject, "not isolated by any policy, declared by %s", c.declared.from(declared))
	case len(declared) == 0 && !c.covered(c.written, written[0].subject):
		c.report(written[0].subject, "isolated by %s, which nothing declares", c.written.from(written))
	}
}

// covered reports whether the whole namespace of a subject is isolated.
func (c *comparison) covered(n *normal, subject int32) bool {
	wide, isOther := c.wide(subject)
	return isOther && len(entriesOf(n.isolated, wide, 0)) > 0
}

// pods compares the entries of a subject and peer. A named port has no numbers to compare, and nothing declares one.
func (c *comparison) pods(written, declared []entry) {
	all := written
	if len(all) == 0 {
		all = declared
	}
	of := all[0]
	peer := c.peers.values[of.peer]
	open, wanted := c.written.portsOf(written), c.declared.portsOf(declared)
	if peer.named == 0 && open.Equal(wanted) {
		return
	}
	if wide, isOther := c.wide(of.subject); isOther {
		open = open.Minus(c.written.portsOf(entriesOf(c.written.pods, wide, of.peer)))
		wanted = wanted.Minus(c.declared.portsOf(entriesOf(c.declared.pods, wide, of.peer)))
	}
	if extra := open.Minus(wanted); len(extra) > 0 {
		c.report(of.subject, "%s: ports %s are open by %s, which nothing declares", c.peerText(peer), extra, c.written.from(written))
	}
	if lost := wanted.Minus(open); len(lost) > 0 {
		c.report(of.subject, "%s: ports %s are not open, declared by %s", c.peerText(peer), lost, c.declared.from(declared))
	}
	if peer.named != 0 {
		c.report(of.subject, "%s: is open by %s, which nothing declares", c.peerText(peer), c.written.from(written))
	}
}

func (c *comparison) peerText(p peerForm) string {
	switch {
	case p.everyone:
		return "any"
	case p.named != 0:
		return "the port named " + c.texts.values[p.named] + " of somebody"
	}
	return peerText(c.texts.values[p.namespaces], c.texts.values[p.pods])
}

// peerText describes pods by the normal forms of two selectors.
func peerText(namespaces, pods string) string { return "pods " + pods + " in namespaces " + namespaces }

// blocks compares what is open to addresses.
func (c *comparison) blocks(subject int32) {
	written, declared := regroup(c.written.blocks[subject]), regroup(c.declared.blocks[subject])
	if slices.EqualFunc(written, declared, blockFlow.equal) {
		return
	}
	if wide, isOther := c.wide(subject); isOther {
		written = regroup(withoutWide(written, c.written.blocks[wide]))
		declared = regroup(withoutWide(declared, c.declared.blocks[wide]))
	}
	for _, f := range withoutWide(written, declared) {
		c.report(subject, "addresses %sports %s are open by %s, which nothing declares", f.addresses.Text(), f.ports, f.from)
	}
	for _, f := range withoutWide(declared, written) {
		c.report(subject, "addresses %sports %s are not open, declared by %s", f.addresses.Text(), f.ports, f.from)
	}
}

// keys returns the keys that either map has.
func keys[K comparable, V any](a, b map[K]V) iter.Seq[K] {
	return func(yield func(K) bool) {
		for k := range a {
			if !yield(k) {
				return
			}
		}
		for k := range b {
			if _, known := a[k]; !known && !yield(k) {
				return
			}
		}
	}
}
