package draft

import (
	"fmt"
	"slices"
	"strings"
)

// tile is edges that stand in one line: from each of some nodes to each of others.
type tile struct {
	from, to []*node
	*edge
	fromGroup, toGroup *group
}

// group is nodes that have one name, since several lines have them.
type group struct {
	name  string
	nodes []*node
}

// least is how many edges one line replaces at least.
const least = 3

// tiles returns the edges, those with the same ports and one end in common as one line.
func (m *importer) tiles() []*tile {
	type key struct {
		at       *node
		isSource bool
		rest     string
	}
	keys := func(e *edge) [2]key {
		rest := fmt.Sprintf("%d %s", e.half, e.ports)
		return [2]key{{e.to, false, rest}, {e.from, true, rest}}
	}
	sizes := map[key]int{}
	for _, e := range m.edges {
		for _, k := range keys(e) {
			sizes[k]++
		}
	}
	best := func(e *edge) key {
		k := keys(e)
		if sizes[k[1]] > sizes[k[0]] {
			return k[1]
		}
		return k[0]
	}
	members := map[key]int{}
	for _, e := range m.edges {
		members[best(e)]++
	}
	var out []*tile
	byKey := map[key]*tile{}
	for _, e := range m.edges {
		k := best(e)
		t := byKey[k]
		if t == nil || members[k] < least {
			t = &tile{from: []*node{e.from}, to: []*node{e.to}, edge: e}
			byKey[k] = t
			out = append(out, t)
			continue
		}
		if k.isSource {
			t.to = append(t.to, e.to)
		} else {
			t.from = append(t.from, e.from)
		}
	}
	return out
}

// nameGroups gives a name to nodes that several lines have.
func (m *importer) nameGroups(tiles []*tile, taken map[string]bool) {
	count := map[string]int{}
	key := func(nodes []*node) string {
		var names []string
		for _, n := range nodes {
			names = append(names, m.peer(n))
		}
		return strings.Join(names, " ")
	}
	for _, t := range tiles {
		count[key(t.from)]++
		count[key(t.to)]++
	}
	groups := map[string]*group{}
	named := func(nodes []*node, base string) *group {
		k := key(nodes)
		if len(nodes) < least || count[k] < 2 || slices.ContainsFunc(nodes, func(n *node) bool { return n.builtin != "" }) {
			return nil
		}
		g := groups[k]
		if g == nil {
			g = &group{name: unused(DNSLabel(base, ""), taken), nodes: nodes}
			groups[k] = g
			m.groups = append(m.groups, g)
		}
		return g
	}
	for _, t := range tiles {
		t.fromGroup = named(t.from, bareName(t.to[0])+"-clients")
		t.toGroup = named(t.to, bareName(t.from[0])+"-servers")
	}
}
