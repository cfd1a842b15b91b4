package prove

import (
	"cmp"
	"iter"
	"slices"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// subject is what policies of one direction select: pods of a namespace by a selector in normal form.
type subject struct {
	namespace, selector textNumber
	direction           graph.Directions
}

// wide is the subject of all pods of the namespace.
func (s subject) wide() subject {
	s.selector = everyPod
	return s
}

// peerForm is the normal form of a peer: pods by two selectors, a port by its name, or everyone.
type peerForm struct {
	namespaces, pods textNumber
	// named is the name of a port, which has another number at each destination; no graph declares such a port.
	named textNumber
	// everyone says that the peer is every pod and every address: a rule without from or to has it.
	everyone bool
}

// normal is the normal form of policies, or of what a graph declares: entries, which add up.
type normal struct {
	*numbering
	// ports and origins are what sources open and where they stand, by the number of the source.
	ports   []sets.Ports
	origins origins
	// isolated holds the subjects that are isolated.
	isolated []entry
	// pods holds the peers to which subjects are open; everyone is a peer of its own.
	pods []entry
	// blocks holds what is open to addresses, by the number of the subject.
	blocks map[int32][]blockFlow
}

// entry says that a source isolates a subject, or opens it to a peer. They are numbers.
type entry struct{ subject, peer, source int32 }

func compareEntries(a, b entry) int {
	if a.subject != b.subject {
		return cmp.Compare(a.subject, b.subject)
	}
	return cmp.Compare(a.peer, b.peer)
}

func newNormal(f *numbering, sources, entries int) *normal {
	return &normal{numbering: f, ports: make([]sets.Ports, 0, sources), origins: make(origins, 0, sources), pods: make([]entry, 0, entries), blocks: map[int32][]blockFlow{}}
}

// source returns the number of a new source.
func (n *normal) source(ports sets.Ports, from origin) int32 {
	n.ports, n.origins = append(n.ports, ports), append(n.origins, from)
	return int32(len(n.ports) - 1)
}

func (n *normal) isolate(subject, source int32) {
	n.isolated = append(n.isolated, entry{subject: subject, source: source})
}

func (n *normal) open(subject, peer, source int32) {
	n.pods = append(n.pods, entry{subject, peer, source})
}

func (n *normal) openBlock(subject int32, addresses sets.Addresses, source int32) {
	if !addresses.IsEmpty() {
		from := n.origins[source : source+1 : source+1]
		n.blocks[subject] = append(n.blocks[subject], blockFlow{addresses, n.ports[source], from})
	}
}

func (n *normal) sort() {
	slices.SortFunc(n.isolated, compareEntries)
	slices.SortFunc(n.pods, compareEntries)
}

// sideBySide goes through two sorted lists, and yields the entries of one subject and peer at a time. Where one list has
// no such entries, it yields none for that list.
func sideBySide(a, b []entry) iter.Seq2[[]entry, []entry] {
	return func(yield func(a, b []entry) bool) {
		for len(a) > 0 || len(b) > 0 {
			x, y := firstEntries(a), firstEntries(b)
			if len(x) > 0 && len(y) > 0 {
				switch c := compareEntries(x[0], y[0]); {
				case c < 0:
					y = nil
				case c > 0:
					x = nil
				}
			}
			if !yield(x, y) {
				return
			}
			a, b = a[len(x):], b[len(y):]
		}
	}
}

// firstEntries returns the entries of the first subject and peer of a sorted list.
func firstEntries(entries []entry) []entry {
	n := 0
	for n < len(entries) && compareEntries(entries[n], entries[0]) == 0 {
		n++
	}
	return entries[:n]
}

// entriesOf returns the entries of one subject and peer of a sorted list.
func entriesOf(entries []entry, subject, peer int32) []entry {
	start, found := slices.BinarySearchFunc(entries, entry{subject: subject, peer: peer}, compareEntries)
	if !found {
		return nil
	}
	return firstEntries(entries[start:])
}

// portsOf returns the ports that entries open.
func (n *normal) portsOf(entries []entry) sets.Ports {
	var out sets.Ports
	for _, e := range entries {
		out = out.Union(n.ports[e.source])
	}
	return out
}

// from returns where entries come from.
func (n *normal) from(entries []entry) origins {
	out := make(origins, len(entries))
	for i, e := range entries {
		out[i] = n.origins[e.source]
	}
	return out
}
