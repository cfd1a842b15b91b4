package picture

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"strings"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// mostInPage is how many edges a page may have: browsers get slow with more.
const mostInPage = 20_000

// page writes a page that needs nothing but itself: it may load nothing and run nothing but its own script, and what comes
// from packages and manifests is data, which the script writes as text.
//
// The error is a *TooManyError, or that of the writer.
func (p *Picture) page(w io.Writer) error {
	if len(p.Edges) > mostInPage {
		return &TooManyError{len(p.Edges), "flows"}
	}
	data, err := json.Marshal(p.data())
	if err != nil {
		return err
	}
	drawing := ""
	if len(p.Nodes) <= mostDrawn && len(p.Edges) <= mostEdges {
		drawing = p.drawing("")
	}
	style := drawingCSS + pageCSS
	_, err = io.WriteString(w, strings.NewReplacer(
		"{{title}}", html.EscapeString(oneLine("npgen: "+p.Title)), "{{policy}}", "default-src 'none'; style-src '"+hash(style)+"'; script-src '"+hash(pageJS)+"'; base-uri 'none'; form-action 'none'",
		"{{style}}", style, "{{script}}", pageJS, "{{data}}", string(data), "{{drawing}}", drawing,
	).Replace(pageHTML))
	return err
}

// hash is how a content security policy names a text.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// pageData is a picture as the page has it. Texts are places in Texts; what is a list is one to be small.
type pageData struct {
	Title    string   `json:"title"`
	Summary  string   `json:"summary"`
	IsChange bool     `json:"isChange"`
	Notes    []string `json:"notes"`
	// Badges is text, words, the other end, its ports, and whether it is the source.
	Badges [][]any  `json:"badges"`
	Boxes  []string `json:"boxes"`
	Texts  []string `json:"texts"`
	// Nodes is box (-1 for none), name, kind, isolation, whether it is a target, badges, members.
	Nodes [][]any `json:"nodes"`
	// Edges is from, to, state, ports, half, notes, causes (file, line, column, object and text of each), and whether it is
	// of undeclared pods alone.
	Edges [][]any `json:"edges"`
}

func (p *Picture) data() pageData {
	out := pageData{Title: oneLine(p.Title), Summary: oneLine(p.Summary()), IsChange: p.IsChange, Notes: []string{}, Badges: [][]any{}, Boxes: []string{}, Texts: []string{}, Nodes: [][]any{}, Edges: [][]any{}}
	for _, n := range p.Notes {
		out.Notes = append(out.Notes, oneLine(n))
	}
	for _, b := range p.Badges {
		out.Badges = append(out.Badges, []any{oneLine(b.Text), oneLine(b.Words()), oneLine(b.End), oneLine(b.Ports), b.IsSource})
	}
	places := map[string]int{}
	text := func(s string) int {
		s = oneLine(s)
		at, known := places[s]
		if !known {
			at = len(out.Texts)
			places[s] = at
			out.Texts = append(out.Texts, s)
		}
		return at
	}
	boxes := map[box]int{}
	for i, b := range p.boxes() {
		boxes[b] = i
		out.Boxes = append(out.Boxes, oneLine(b.words()))
	}
	for i := range p.Nodes {
		n := &p.Nodes[i]
		at := -1
		if n.Namespace != "" {
			at = boxes[n.box()]
		}
		out.Nodes = append(out.Nodes, []any{at, oneLine(n.label()), n.Kind, text(n.Isolation.Words()), n.Isolation, n.IsTarget, notNil(n.Badges), notNil(n.Members)})
	}
	for _, e := range p.Edges {
		notes, causes := []int{}, []int{}
		for _, n := range e.Notes {
			notes = append(notes, text(n))
		}
		for _, c := range e.Causes {
			causes = append(causes, text(c.At.File), c.At.Line, c.At.Col, text(c.Object), text(c.Text))
		}
		out.Edges = append(out.Edges, []any{e.From, e.To, e.State, oneLine(e.Ports), e.Half, notes, causes, e.Undeclared})
	}
	return out
}

func notNil(list []int) []int {
	if list == nil {
		return []int{}
	}
	return list
}
