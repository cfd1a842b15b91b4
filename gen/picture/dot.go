package picture

import (
	"fmt"
	"io"
	"strings"
)

// dot writes a graph for Graphviz.
func (p *Picture) dot(w io.Writer) error {
	q := p.fold(mostFiled)
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	ids, boxes := q.ids(), q.boxes()
	line("digraph %s {", dotText(p.Title))
	line("  rankdir=LR; compound=true; fontname=\"Helvetica\"; tooltip=%s;", dotText(p.Summary()))
	line("  node [shape=box, style=\"rounded\", fontname=\"Helvetica-Bold\", fontsize=11];")
	line("  edge [fontname=\"Helvetica\", fontsize=10];")
	for i := range q.Nodes {
		if q.Nodes[i].Namespace == "" || len(boxes) == 1 {
			line("  %s%s;", ids[i], q.dotNode(i))
		}
	}
	for i, x := range boxes {
		if len(boxes) == 1 {
			break
		}
		line("  subgraph cluster_%d {", i)
		line("    label=%s; style=rounded; color=\"#8c959f\";", dotText(x.words()))
		for j := range q.Nodes {
			if n := &q.Nodes[j]; n.Namespace != "" && n.box() == x {
				line("    %s%s;", ids[j], q.dotNode(j))
			}
		}
		line("  }")
	}
	for _, e := range q.Edges {
		line("  %s -> %s [%s];", ids[e.From], ids[e.To], q.dotEdge(e))
	}
	if lines := q.lines(); len(lines) > 0 {
		line("  notes [shape=plaintext, fontname=\"Helvetica\", label=%s];", dotText(strings.Join(lines, "\n")))
	}
	line("}")
	_, err := io.WriteString(w, b.String())
	return err
}

func (p *Picture) dotNode(i int) string {
	n := &p.Nodes[i]
	text := dotText(strings.Join(append([]string{n.label()}, p.nodeLines(n)...), "\n"))
	style := map[Isolation]string{
		Both: `style="rounded,bold"`, Ingress: `style="rounded,dashed", color="#cf222e"`, Egress: `style="rounded,dashed", color="#cf222e"`,
		None: `style="rounded,dotted", color="#cf222e"`, Host: `style="rounded,dotted", color="#cf222e"`, Others: `color="#8c959f"`,
	}[n.Isolation]
	switch n.Kind {
	case Addresses:
		style = `shape=ellipse, color="#8c959f"`
	case Outside:
		style = `shape=ellipse, style=filled, fillcolor="#fff8c5", color="#bf8700"`
	case Folded:
		style = `shape=box3d`
	}
	return fmt.Sprintf(" [label=%s, %s]", text, style)
}

func (p *Picture) dotEdge(e Edge) string {
	var out []string
	if len(p.Nodes) <= mostDrawn {
		out = append(out, "label="+dotText(e.Ports))
	}
	out = append(out, "tooltip="+dotText(strings.Join(p.edgeLines(e), "\n")), fmt.Sprintf("color=%q", e.State.color()))
	if e.Half != "" {
		out = append(out, "style=dashed")
	}
	if e.State == Closed {
		out = append(out, "arrowhead=teetee")
	}
	return strings.Join(out, ", ")
}

// edgeLines says all of an edge: its ends, its ports, and what is said of it besides.
func (p *Picture) edgeLines(e Edge) []string {
	first := p.Nodes[e.From].title() + " -> " + p.Nodes[e.To].title() + ": " + e.Ports
	if e.State != Same && e.Counts == nil {
		first = e.State.Words() + ": " + first
	}
	out := append([]string{first}, e.Notes...)
	for _, c := range e.Causes {
		out = append(out, c.Words())
	}
	return out
}

// dotText quotes text of lines for dot, in which a backslash begins an escape.
func dotText(s string) string {
	var lines []string
	for l := range strings.SplitSeq(s, "\n") {
		l = strings.ReplaceAll(oneLine(l), `\`, `\\`)
		lines = append(lines, strings.ReplaceAll(l, `"`, `\"`))
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}
