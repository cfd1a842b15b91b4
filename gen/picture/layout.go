package picture

import (
	"slices"

	"golang.org/x/text/width"
)

// layout is where nodes and edges of a drawing lie: in layers from the left to the right, so that most edges lead to the
// right. Nodes are in every second layer, and the ports of edges in those between. A namespace is a band from the left to
// the right, so that no two boxes meet. An edge has a place of its own in each layer that it passes, and changes its height
// only between layers: it never runs through a node.
//
// Graphviz would be better at it, but comes to Go as WebAssembly that is compiled before `main`, whatever the program is to do,
// and its machine code is kept in a folder with a known name among the temporary files, from where it is run.
type layout struct {
	*Picture
	labels bool
	items  []item
	// layers holds the items of each, from the top.
	layers [][]int
	// routes is the items of each edge, from its source to its target.
	routes [][]int
	// bands is the heights of namespaces: first and last of what they have.
	bands         []span
	x, widths     []int
	width, height int
}

type span struct{ from, to int }

// item is a node, or the place of an edge in a layer.
type item struct {
	// node is -1 for a place of an edge; label is what stands there.
	node          int
	label         string
	layer, band   int
	width, height int
	// y is the middle.
	y int
	// left and right are the items next to it on edges.
	left, right []int
}

// free is the band of what is in no namespace.
const free = -1

// The measures, in pixels.
const (
	gap, boxPad, boxHead = 14, 12, 22
	between              = 34
	margin               = 16
)

// newLayout lays a picture out; labels says whether ports stand at the edges.
func newLayout(p *Picture, labels bool) *layout {
	l := &layout{Picture: p, labels: labels}
	boxes := p.boxes()
	for i := range p.Nodes {
		n := &p.Nodes[i]
		band := free
		if n.column() == 1 {
			band = max(0, slices.Index(boxes, n.box()))
		}
		w := textWidth(n.label(), 7.4)
		lines := p.nodeLines(n)
		for _, t := range lines {
			w = max(w, textWidth(t, 6.2))
		}
		l.items = append(l.items, item{node: i, band: band, width: w + 24, height: 26 + 14*len(lines)})
	}
	l.layer()
	l.route()
	l.order()
	l.place(max(1, len(boxes)))
	return l
}

// textWidth estimates how wide a text is with characters of so many pixels.
func textWidth(s string, each float64) int {
	n := 0.0
	for _, r := range s {
		if n++; width.LookupRune(r).Kind() == width.EastAsianWide {
			n++
		}
	}
	return int(n*each + 0.5)
}

// layer puts the nodes into layers: sources at the left edge, targets at the right one, and the others in between, each
// behind all that reach it, but for edges that close a circle.
func (l *layout) layer() {
	out := make([][]int, len(l.Nodes))
	for i, e := range l.Edges {
		if l.Nodes[e.From].column() == 1 && l.Nodes[e.To].column() == 1 && e.From != e.To {
			out[e.From] = append(out[e.From], i)
		}
	}
	const fresh, open, done = 0, 1, 2
	state, back := make([]int, len(l.Nodes)), map[int]bool{}
	var order []int
	var visit func(int)
	visit = func(n int) {
		state[n] = open
		for _, e := range out[n] {
			switch to := l.Edges[e].To; state[to] {
			case fresh:
				visit(to)
			case open:
				back[e] = true
			}
		}
		state[n] = done
		order = append(order, n)
	}
	for i := range l.Nodes {
		if state[i] == fresh {
			visit(i)
		}
	}
	last := 2
	for i := range l.items {
		l.items[i].layer = 2
	}
	for _, n := range slices.Backward(order) {
		for _, e := range out[n] {
			if to := &l.items[l.Edges[e].To]; !back[e] {
				to.layer = max(to.layer, l.items[n].layer+2)
			}
		}
	}
	for e := range back { // behind its source, where nothing else holds it in front
		last = max(last, l.items[l.Edges[e].From].layer)
	}
	for _, x := range l.items {
		last = max(last, x.layer)
	}
	for i := range l.items {
		switch l.Nodes[i].column() {
		case 0:
			l.items[i].layer = 0
		case 2:
			l.items[i].layer = last + 2
		}
	}
	l.layers = make([][]int, last+3)
	for i, x := range l.items {
		l.layers[x.layer] = append(l.layers[x.layer], i)
	}
}

// route gives each edge its places between the layers of its ends. The ports stand in the middle one.
func (l *layout) route() {
	l.routes = make([][]int, len(l.Edges))
	for i, e := range l.Edges {
		left, right := e.From, e.To
		if l.items[left].layer > l.items[right].layer {
			left, right = right, left
		}
		route := []int{left}
		first, last := l.items[left].layer+1, l.items[right].layer-1
		middle := (first + last) / 2
		middle += 1 - middle%2 // nodes have the even layers
		for layer := first; layer <= last; layer++ {
			x := item{node: -1, layer: layer, band: l.bandOf(left, right), height: 4}
			if layer == min(middle, last) && l.labels {
				x.label = shortPorts(e)
				x.width, x.height = textWidth(x.label, 6.2)+10, 16
			}
			l.layers[layer] = append(l.layers[layer], len(l.items))
			route = append(route, len(l.items))
			l.items = append(l.items, x)
		}
		route = append(route, right)
		if e.From != e.To {
			for j := 1; j < len(route); j++ {
				l.items[route[j-1]].right = append(l.items[route[j-1]].right, route[j])
				l.items[route[j]].left = append(l.items[route[j]].left, route[j-1])
			}
		}
		if left != e.From {
			slices.Reverse(route)
		}
		l.routes[i] = route
	}
}

// bandOf is the band in which an edge runs.
func (l *layout) bandOf(left, right int) int {
	if l.items[right].band != free {
		return l.items[right].band
	}
	return max(0, l.items[left].band)
}

// shortPorts is what stands at an edge: all of it is in its title.
func shortPorts(e Edge) string {
	text := e.Ports
	if e.isChange() && e.Counts == nil {
		text = string(e.State) + ", " + text
	}
	if len(e.Notes) > 0 && e.Half == "" {
		text += "*"
	}
	const most = 36
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most-1]) + "…"
	}
	return text
}
