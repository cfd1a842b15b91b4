package prove

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// subject is what policies of one direction select: pods of a namespace by a selector in normal form.
type subject struct {
	namespace, selector textNumber
	direction           graph.Directions
}

// peerForm is the normal form of a peer: pods by two selectors, addresses, or everyone.
type peerForm struct {
	namespaces, pods textNumber
	// named is the number of a port by name, which has another number at each destination; no graph declares such a port.
	named int32
	// block is the number of a range of addresses.
	block int32
	// everyone says that the peer is every pod and every address: a rule without from or to has it.
	everyone bool
	// opaque is the text of what no set knows: an entity or a host.
	opaque textNumber
	// requests is the text of the requests that may pass, where not all may.
	requests textNumber
}

// noText is the number of no text.
const noText textNumber = 0

// isOpaque reports whether the peer is more, or what passes is less, than sets can say.
func (p peerForm) isOpaque() bool { return p.opaque != noText || p.requests != noText }

// normal is the normal form of policies, or of what a graph declares: entries, which add up.
type normal struct {
	*numbering
	// ports and origins are what sources open and where they stand, by the number of the source.
	ports   []sets.Ports
	origins origins
	// isolated holds the subjects that are isolated.
	isolated []entry
	// open holds the peers to which subjects are open. Each subject of them is isolated.
	open []entry
	// blocks holds the addresses to which subjects are open, until they are entries of open.
	blocks map[int32][]block
	// dns holds the sources that let questions of DNS through and nothing else, or as declared those that may.
	dns map[int32]bool
}

// block says that a source opens a subject to addresses, for some requests.
type block struct {
	addresses sets.Addresses
	source    int32
	requests  textNumber
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
	return &normal{numbering: f, ports: make([]sets.Ports, 0, sources), origins: make(origins, 0, sources), open: make([]entry, 0, entries), blocks: map[int32][]block{}, dns: map[int32]bool{}}
}

// source returns the number of a new source.
func (n *normal) source(ports sets.Ports, from origin) int32 {
	n.ports, n.origins = append(n.ports, ports), append(n.origins, from)
	return int32(len(n.ports) - 1)
}

func (n *normal) isolate(subject, source int32) {
	n.isolated = append(n.isolated, entry{subject: subject, source: source})
}

func (n *normal) opens(subject, peer, source int32) {
	n.open = append(n.open, entry{subject, peer, source})
}

func (n *normal) opensBlock(subject int32, addresses sets.Addresses, source int32, requests textNumber) {
	n.blocks[subject] = append(n.blocks[subject], block{addresses, source, requests})
}

// finish makes entries of the addresses, those of a subject that are open on the same ports together, and sorts.
func (n *normal) finish() {
	for _, subject := range slices.Sorted(maps.Keys(n.blocks)) {
		for rest := n.blocks[subject]; len(rest) > 0; {
			rest = n.openFirst(subject, rest)
		}
	}
	n.blocks = nil
	slices.SortFunc(n.isolated, compareEntries)
	slices.SortFunc(n.open, compareEntries)
}

// openFirst opens a subject to the addresses of the first block, and of those that are open on the same ports. It
// returns the others.
func (n *normal) openFirst(subject int32, blocks []block) (rest []block) {
	addresses, source := blocks[0].addresses, blocks[0].source
	ports, from := n.ports[source], origins{n.origins[source]}
	for _, b := range blocks[1:] {
		if !n.ports[b.source].Equal(ports) || b.requests != blocks[0].requests || n.dns[b.source] != n.dns[source] {
			rest = append(rest, b)
			continue
		}
		addresses = addresses.Union(b.addresses)
		if b.source != blocks[0].source {
			from = append(from, n.origins[b.source])
		}
	}
	if len(from) > 1 {
		isDNS := n.dns[source]
		if source = n.source(ports, origin{from}); isDNS {
			n.dns[source] = true
		}
	}
	for _, peer := range n.ranged(addresses) {
		n.opens(subject, n.withRequests(peer, blocks[0].requests), source)
	}
	return rest
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

// isolatesAll reports whether all pods of the namespace of a subject are isolated, which is seen without sets.
func (n *normal) isolatesAll(subject int32) bool {
	all := n.subjects.values[subject]
	all.selector = everyPod
	number, known := n.subjects.known[all]
	if !known {
		return false
	}
	_, found := slices.BinarySearchFunc(n.isolated, entry{subject: number}, compareEntries)
	return found
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
