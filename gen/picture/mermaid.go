package picture

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// mostPorts is how long the ports of an edge may be in mermaid, and mostNote a note; mostNotes is how many of these there are.
const mostPorts, mostNote, mostNotes = 60, 300, 12

// mermaid writes a flow chart, as GitHub and GitLab draw it in READMEs and comments.
func (p *Picture) mermaid(w io.Writer) error {
	q := p.fold(mostDrawn)
	m := &mermaid{Picture: q, ids: q.ids()}
	m.out.WriteString("flowchart LR\n")
	m.line("  accTitle: %s", m.words(oneLine(p.Title)))
	m.line("  accDescr: %s", m.words(oneLine(p.Summary())))
	boxes := q.boxes()
	for i := range q.Nodes {
		if q.Nodes[i].Namespace == "" || len(boxes) == 1 {
			m.node(i, "  ")
		}
	}
	for i, b := range boxes {
		if len(boxes) == 1 {
			break
		}
		m.line(`  subgraph ns%d["%s"]`, i, m.words(b.words()))
		for j := range q.Nodes {
			if n := &q.Nodes[j]; n.Namespace != "" && n.box() == b {
				m.node(j, "    ")
			}
		}
		m.line("  end")
	}
	for _, e := range q.Edges {
		m.edge(e)
	}
	m.notes()
	m.styles()
	_, err := io.WriteString(w, m.out.String())
	return err
}

type mermaid struct {
	*Picture
	out strings.Builder
	ids []string
	// used is the classes of nodes.
	used []string
}

func (m *mermaid) line(format string, args ...any) { fmt.Fprintf(&m.out, format+"\n", args...) }

// ids returns a name for each node in a text format: letters, digits and underscores alone, each once.
func (p *Picture) ids() []string {
	out, taken := make([]string, len(p.Nodes)), map[string]bool{}
	for i := range p.Nodes {
		id := strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
				return r
			}
			return '_'
		}, strings.ReplaceAll(p.Nodes[i].title(), "*", "all"))
		id = "n_" + strings.Join(strings.FieldsFunc(id, func(r rune) bool { return r == '_' }), "_")
		id = id[:min(len(id), 60)]
		for n := 2; taken[id]; n++ {
			id = fmt.Sprintf("%s_%d", strings.TrimSuffix(id, fmt.Sprintf("_%d", n-1)), n)
		}
		taken[id] = true
		out[i] = id
	}
	return out
}

// words writes text so that mermaid and the browser find nothing in it but text. What is no letter or digit, and none of a
// few signs, is an entity.
func (m *mermaid) words(s string) string {
	var b strings.Builder
	for _, r := range oneLine(s) {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" .,:/-()", r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}

func (m *mermaid) node(i int, indent string) {
	n := &m.Nodes[i]
	label := "<b>" + m.words(n.label()) + "</b>"
	for _, text := range m.nodeLines(n) {
		label += "<br/>" + m.words(text)
	}
	class := "isolation_" + string(n.Isolation)
	open, end := `["`, `"]`
	switch n.Kind {
	case Addresses:
		open, end, class = `(["`, `"])`, "addresses"
	case Outside:
		open, end, class = `(["`, `"])`, "outside"
	case Folded:
		open, end, class = `[["`, `"]]`, "folded"
	}
	if !slices.Contains(m.used, class) {
		m.used = append(m.used, class)
	}
	m.line("%s%s%s%s%s:::%s", indent, m.ids[i], open, label, end, class)
}

func (m *mermaid) edge(e Edge) {
	arrow := "-->"
	switch {
	case e.State == Closed:
		arrow = "--x"
	case e.Half != "":
		arrow = "-.->"
	}
	text := e.Ports
	if e.isChange() && e.Counts == nil {
		text = string(e.State) + ", " + text
	}
	if runes := []rune(text); len(runes) > mostPorts {
		text = string(runes[:mostPorts]) + "… (more)"
	}
	if len(e.Notes) > 0 && e.Half == "" {
		text += fmt.Sprintf(" (%s)", counted(len(e.Notes), "note"))
	}
	if e.Half != "" {
		text += " (" + e.Half + " half)"
	}
	m.line(`  %s %s|"%s"| %s`, m.ids[e.From], arrow, m.words(text), m.ids[e.To])
}

// notes writes what stands beside the nodes and edges, and what is said of edges: mermaid has no titles.
func (m *mermaid) notes() {
	lines := m.lines()
	for _, e := range m.Edges {
		if len(e.Notes) > 0 && e.Half == "" {
			lines = append(lines, m.Nodes[e.From].title()+" -> "+m.Nodes[e.To].title()+": "+strings.Join(e.Notes, "; "))
		}
	}
	if len(lines) > 0 {
		var texts []string
		for _, text := range shortened(lines, mostNotes) {
			if runes := []rune(text); len(runes) > mostNote {
				text = string(runes[:mostNote]) + "…"
			}
			texts = append(texts, m.words(text))
		}
		m.line(`  notes["%s"]:::notes`, strings.Join(texts, "<br/>"))
		m.used = append(m.used, "notes")
	}
}

// shortened returns the first of some lines, and how many more there are.
func shortened(lines []string, most int) []string {
	if len(lines) <= most+1 {
		return lines
	}
	return append(slices.Clone(lines[:most]), fmt.Sprintf("and %d more notes", len(lines)-most))
}

// styles draws what is closed with a solid line and what is open with a dotted red one; colours are such that they can be
// read on light and on dark.
func (m *mermaid) styles() {
	styles := map[string]string{
		"isolation_both": "stroke:#57606a,stroke-width:2px", "isolation_ingress": "stroke:#cf222e,stroke-width:2px,stroke-dasharray:9 3",
		"isolation_egress": "stroke:#cf222e,stroke-width:2px,stroke-dasharray:9 3", "isolation_none": "stroke:#cf222e,stroke-width:2px,stroke-dasharray:2 3",
		"isolation_host": "stroke:#cf222e,stroke-width:2px,stroke-dasharray:2 3", "isolation_others": "stroke:#8c959f",
		"addresses": "stroke:#8c959f", "outside": "fill:#fff8c5,stroke:#bf8700,stroke-width:2px,color:#24292f", "folded": "stroke:#57606a",
		"notes": "fill:none,stroke:none",
	}
	slices.Sort(m.used)
	for _, class := range m.used {
		m.line("  classDef %s %s", class, styles[class])
	}
	links := map[State][]string{}
	for i, e := range m.Edges {
		links[e.State] = append(links[e.State], fmt.Sprint(i))
	}
	for _, s := range []State{Opened, Widened, Closed, Changed} {
		if len(links[s]) > 0 {
			m.line("  linkStyle %s stroke:%s,stroke-width:2px", strings.Join(links[s], ","), s.color())
		}
	}
}
