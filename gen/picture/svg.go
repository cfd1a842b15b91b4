package picture

import (
	_ "embed"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
)

// drawingCSS is the style of drawings, in files of their own and in pages.
//
//go:embed drawing.css
var drawingCSS string

// svg writes a drawing that needs nothing but itself.
func (p *Picture) svg(w io.Writer) error {
	q := p.fold(mostFiled)
	_, err := io.WriteString(w, q.drawing(drawingCSS))
	return err
}

// drawing returns a drawing as SVG. It has its style inside, unless that is empty.
func (p *Picture) drawing(style string) string {
	l := newLayout(p, len(p.Nodes) <= mostDrawn)
	d := &drawing{layout: l}
	lines := p.lines()
	if style == "" {
		lines = nil // the page has them
	}
	for _, text := range lines {
		l.width = max(l.width, 2*margin+textWidth(text, 6.2))
	}
	height := l.height + 16*len(lines)
	d.line(`<svg xmlns="http://www.w3.org/2000/svg" class="drawing" width="%d" height="%d" viewBox="0 0 %d %d" role="img">`, l.width, height, l.width, height)
	d.line(`<title>%s</title>`, xmlText(p.Title+": "+p.Summary()))
	if style != "" {
		d.line("<style>\n%s</style>", style)
		d.line(`<rect class="paper" width="%d" height="%d"/>`, l.width, height)
	}
	d.markers()
	if boxes := p.boxes(); len(boxes) > 1 {
		for i, b := range boxes {
			x, y, w, h := l.box(i)
			d.line(`<g class="box"><rect x="%d" y="%d" width="%d" height="%d" rx="8"/><text x="%d" y="%d">%s</text></g>`, x, y, w, h, x+10, y+16, xmlText(b.words()))
		}
	}
	for i := range p.Edges {
		d.edge(i)
	}
	for i := range p.Nodes {
		d.node(i)
	}
	for i, text := range lines {
		d.line(`<text class="note" x="%d" y="%d">%s</text>`, margin, l.height+16*i+6, xmlText(text))
	}
	d.line("</svg>")
	return d.out.String()
}

type drawing struct {
	*layout
	out strings.Builder
}

func (d *drawing) line(format string, args ...any) { fmt.Fprintf(&d.out, format+"\n", args...) }

// xmlText escapes text for XML and HTML.
func xmlText(s string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if r == 0xFFFE || r == 0xFFFF { // which XML has not
			return 0xFFFD
		}
		return r
	}, oneLine(s)))
}

// titleOf returns a title of lines, which browsers show where the pointer is.
func titleOf(lines []string) string {
	out := make([]string, len(lines))
	for i, text := range lines {
		out[i] = xmlText(text)
	}
	return "<title>" + strings.Join(out, "\n") + "</title>"
}

func (d *drawing) markers() {
	d.line("<defs>")
	for _, s := range []State{Same, Opened, Widened, Closed, Changed} {
		d.line(`<marker id="arrow-%s" class="%s" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker>`, s, s)
	}
	d.line("</defs>")
}

// edge draws an edge: straight through its places, and bent between them.
func (d *drawing) edge(i int) {
	e, route := d.Edges[i], d.routes[i]
	class := string(e.State)
	marker := e.State
	if marker == HalfOpen {
		marker = Same
	}
	if e.Half != "" {
		class += " half"
	}
	d.line(`<g class="edge %s" data-edge="%d">%s`, class, i, titleOf(d.edgeLines(e)))
	path, label := d.path(i), ""
	for _, at := range route[1 : len(route)-1] {
		if x := d.items[at]; x.label != "" {
			label = fmt.Sprintf(`<text x="%d" y="%d">%s</text>`, d.x[x.layer]+d.widths[x.layer]/2, x.y-3, xmlText(x.label))
		}
	}
	if e.From == e.To {
		x, y := d.x[d.items[e.From].layer]+d.items[e.From].width, d.items[e.From].y
		path = fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x, y-6, x+26, y-16, x+26, y+16, x, y+6)
		if d.labels {
			label = fmt.Sprintf(`<text class="loop" x="%d" y="%d">%s</text>`, x+22, y-8, xmlText(shortPorts(e)))
		}
	}
	d.line(`<path class="hit" d="%s"/><path class="line" d="%s" marker-end="url(#arrow-%s)"/>%s</g>`, path, path, marker, label)
}

func (d *drawing) path(i int) string {
	route := d.routes[i]
	var b strings.Builder
	first, last := &d.items[route[0]], &d.items[route[len(route)-1]]
	leftward := first.layer > last.layer
	// side returns where the edge leaves or enters a layer, or in it an item of some width.
	side := func(x *item, width int, leaves bool) int {
		left := d.x[x.layer] + (d.widths[x.layer]-width)/2
		if leaves == leftward {
			return left
		}
		return left + width
	}
	py := d.port(route[0], i, !leftward)
	fmt.Fprintf(&b, "M%d %d", side(first, first.width, true), py)
	for j := 1; j < len(route); j++ {
		before, x := &d.items[route[j-1]], &d.items[route[j]]
		qy := x.y
		if j == len(route)-1 {
			qy = d.port(route[j], i, leftward)
		}
		px, qx := side(before, d.widths[before.layer], true), side(x, d.widths[x.layer], false)
		mid := (px + qx) / 2
		fmt.Fprintf(&b, "H%dC%d %d %d %d %d %d", px, mid, py, mid, qy, qx, qy)
		py = qy
	}
	fmt.Fprintf(&b, "H%d", side(last, last.width, false))
	return b.String()
}

// port is the height at which an edge meets a node: those of one side are spread, in the order of where they lead.
func (d *drawing) port(node, edge int, right bool) int {
	type end struct{ edge, y int }
	var all []end
	for i, route := range d.routes {
		if d.Edges[i].From == d.Edges[i].To {
			continue
		}
		leftward := d.items[route[0]].layer > d.items[route[len(route)-1]].layer
		if route[0] == node && right != leftward {
			all = append(all, end{i, d.items[route[1]].y})
		}
		if route[len(route)-1] == node && right == leftward {
			all = append(all, end{i, d.items[route[len(route)-2]].y})
		}
	}
	slices.SortStableFunc(all, func(a, b end) int { return a.y - b.y })
	at := slices.IndexFunc(all, func(x end) bool { return x.edge == edge })
	x := &d.items[node]
	return x.y - x.height/2 + (at+1)*x.height/(len(all)+1)
}

// node draws a node. The left half of its border is what may enter, the right half where it may go.
func (d *drawing) node(i int) {
	n, x := &d.Nodes[i], &d.items[i]
	left, top := d.x[x.layer]+(d.widths[x.layer]-x.width)/2, x.y-x.height/2
	lines := d.nodeLines(n)
	class := string(n.Kind)
	title := append([]string{n.title()}, lines...)
	d.line(`<g class="node %s" data-node="%d" data-isolation="%s">%s`, class, i, n.Isolation, titleOf(title))
	radius := 6
	if n.Kind == Addresses || n.Kind == Outside {
		radius = x.height / 2
	}
	d.line(`<rect x="%d" y="%d" width="%d" height="%d" rx="%d"/>`, left, top, x.width, x.height, radius)
	if n.Kind != Addresses && n.Kind != Outside && n.Kind != Folded && n.Isolation != Others {
		d.line(`<path class="border %s" d="M%d %dH%da6 6 0 0 0 -6 6V%da6 6 0 0 0 6 6H%d"/>`, closedBy(n.Isolation, Ingress), left+x.width/2, top, left+6, top+x.height-6, left+x.width/2)
		d.line(`<path class="border %s" d="M%d %dH%da6 6 0 0 1 6 6V%da6 6 0 0 1 -6 6H%d"/>`, closedBy(n.Isolation, Egress), left+x.width/2, top, left+x.width-6, top+x.height-6, left+x.width/2)
	}
	d.line(`<text class="name" x="%d" y="%d">%s</text>`, left+x.width/2, top+17, xmlText(n.label()))
	for j, text := range lines {
		kind := "badge"
		if j < len(lines)-len(n.Badges) {
			kind = "fact"
		}
		d.line(`<text class="%s" x="%d" y="%d">%s</text>`, kind, left+x.width/2, top+31+14*j, xmlText(text))
	}
	d.line("</g>")
}

// closedBy returns how the half of a border is drawn.
func closedBy(i, direction Isolation) string {
	if i == Both || i == direction {
		return "closed"
	}
	return "open"
}
