package load

import (
	"strings"
	"unicode/utf8"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

func (d *decoder) edges(v node, near diag.Pos, what string) []*graph.EdgeDecl {
	var out []*graph.EdgeDecl
	d.list(v, near, what, "edges", func(v node) {
		if e := d.edge(v, near); e != nil {
			out = append(out, e)
		}
	})
	return out
}

func (d *decoder) edge(v node, near diag.Pos) *graph.EdgeDecl {
	v = value(v)
	if v.IncompleteKind() == cue.StructKind {
		return d.structuredEdge(v, near)
	}
	if broken(v) {
		return nil
	}
	s, err := v.str()
	if err != nil {
		help := ""
		if text := strings.Trim(v.text(), "'"); v.IncompleteKind() == cue.BytesKind && strings.Contains(text, "->") {
			help = "write it in double quotes: `\"" + text + "\"`"
		}
		d.wrongType(v, near, "an edge", "a string such as `\"api -> db:80\"`, or a struct with `from` and `to`", help)
		return nil
	}
	expr, errs := graph.ParseEdge(s)
	in := d.inside(v, s, near)
	if len(errs) > 0 {
		d.edgeErrors(s, in, errs...)
		return nil
	}
	e := &stringEdge{
		EdgeDecl: graph.EdgeDecl{Pos: in.pos, Text: strings.TrimSpace(oneLine(s))},
		ends:     [2]graph.PeerRef{{PeerExpr: expr.From, Pos: in.at(expr.FromOffset)}, {PeerExpr: expr.To, Pos: in.at(expr.ToOffset)}},
	}
	e.From, e.To, e.TokenPos = e.ends[:1:1], e.ends[1:], e.tokens[:0]
	if !in.plain {
		e.Made, e.From[0].In, e.To[0].In = true, e.Text, e.Text
	}
	e.Ports, e.PortsPos = expr.Ports, in.at(expr.PortsOffset)
	if expr.Ports != nil {
		for _, tok := range expr.Ports.Tokens {
			e.TokenPos = append(e.TokenPos, in.at(expr.PortsOffset+tok.Offset))
		}
	}
	return &e.EdgeDecl
}

// stringEdge is an edge with room for what nearly all of them have: two ends, one port.
type stringEdge struct {
	graph.EdgeDecl
	ends   [2]graph.PeerRef
	tokens [1]diag.Pos
}

// inside is where the user wrote a string, and whether it stands there just as it is.
type inside struct {
	pos   diag.Pos
	plain bool
}

func (d *decoder) inside(v node, s string, near diag.Pos) inside {
	lit := literal(v)
	return inside{pos: d.at(v, near), plain: lit != nil && len(lit.Value) == len(s)+2 && lit.Value[0] == '"' && lit.Value[1:len(s)+1] == s}
}

// at returns the position of an offset in the string: exact where the user wrote it as a plain literal on one line,
// else that of the string.
func (i inside) at(offset int) diag.Pos {
	if !i.plain {
		return i.pos
	}
	return i.pos.Shift(1 + offset)
}

// oneLine returns a text with a blank for each line end and tab, so that the columns in it stay.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\n\r\t") && utf8.ValidString(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	}, s)
}

// literal returns the string literal that a value is written as, if it is.
func literal(v node) *ast.BasicLit {
	if lit, ok := v.source().(*ast.BasicLit); ok && lit.Kind == token.STRING {
		return lit
	}
	return nil
}

// mostFaults is how many faults of one edge are reported.
const mostFaults = 20

// edgeErrors reports faults inside a string, with the column in it.
func (d *decoder) edgeErrors(s string, in inside, errs ...*graph.SyntaxError) {
	edge := cut(oneLine(s))
	for _, err := range errs[:min(len(errs), mostFaults)] {
		finding := d.findings.Errorf(err.Rule, in.at(err.Offset), "%s, at column %d of `%s`", cut(oneLine(err.Message)), err.Offset+1, edge)
		if err.Help != "" {
			finding.WithHelp("%s", oneLine(err.Help))
		}
	}
}

// peer reads one peer of a group or a structured edge.
func (d *decoder) peer(v node, near diag.Pos, what string) (graph.PeerRef, bool) {
	s, ok := d.strOr(v, near, what, "")
	if !ok {
		return graph.PeerRef{}, false
	}
	expr, err := graph.ParsePeer(s)
	if err != nil {
		d.edgeErrors(s, d.inside(v, s, near), err)
		return graph.PeerRef{}, false
	}
	return graph.PeerRef{PeerExpr: expr, Pos: d.at(v, near)}, true
}

// structuredEdge reads the form {from, to, ports, except, why, half}.
func (d *decoder) structuredEdge(v node, near diag.Pos) *graph.EdgeDecl {
	e := &graph.EdgeDecl{Pos: d.at(v, near)}
	before := d.findings.Count(diag.Error)
	from, to := false, false
	known := d.structure(v, e.Pos, "an edge", fields{
		{"from", func(v node) { from = true; e.From = d.ends(v, e.Pos, "`from`") }},
		{"to", func(v node) { to = true; e.To = d.ends(v, e.Pos, "`to`") }},
		{"ports", func(v node) { d.edgePorts(e, v) }},
		{"except", func(v node) { d.except(e, v) }},
		{"why", func(v node) {
			e.Why, _ = d.str(v, e.Pos, "`why`")
			d.carried(e.Why, d.at(v, e.Pos), "`why`")
		}},
		{"half", func(v node) {
			word, _ := d.word(v, e.Pos, "`half`", "ingress", "egress")
			e.Half = map[string]graph.Half{"ingress": graph.Ingress, "egress": graph.Egress}[word]
		}},
		{"http", func(v node) { e.HTTPPos, e.HTTP = d.at(v, e.Pos), d.requests(v, e.Pos) }},
		{"hosts", func(v node) { e.Hosts = &graph.External{HostsPos: d.at(v, e.Pos), Hosts: d.hosts(v, e.Pos)} }},
	})
	if known && !from {
		d.missing(e.Pos, "an edge", "from", "\"api\"")
	}
	switch {
	case known && !to && e.Hosts == nil:
		d.missing(e.Pos, "an edge", "to", "\"db\"")
	case to && e.Hosts != nil:
		d.findings.Errorf(diag.InvalidValue, e.Hosts.HostsPos, "`hosts` stands in the place of `to`, and the edge has both").
			WithHelp("write two edges, one with `to` and one with `hosts`")
	}
	if d.findings.Count(diag.Error) > before {
		return nil
	}
	e.Text = edgeText(e)
	return e
}

// except reads the list of peers that a guardrail does not bind.
func (d *decoder) except(e *graph.EdgeDecl, v node) {
	v = value(v)
	e.ExceptPos = d.at(v, e.Pos)
	d.list(v, e.Pos, "`except`", "peers", func(v node) {
		if ref, ok := d.peer(v, e.ExceptPos, "a peer in `except`"); ok {
			e.Except = append(e.Except, ref)
		}
	})
	d.someone(v, e.Pos, "`except`")
}

// someone refuses an empty list of peers.
func (d *decoder) someone(v node, near diag.Pos, what string) {
	if isEmptyList(v) {
		d.findings.Errorf(diag.InvalidValue, d.at(v, near), "%s is an empty list", what).WithHelp("name at least one peer")
	}
}

// ends reads one peer or a list of peers.
func (d *decoder) ends(v node, near diag.Pos, what string) []graph.PeerRef {
	v = value(v)
	var out []graph.PeerRef
	add := func(v node) {
		if ref, ok := d.peer(v, near, "a peer in "+what); ok {
			out = append(out, ref)
		}
	}
	switch k := v.IncompleteKind(); {
	case k == cue.ListKind:
		d.list(v, near, what, "peers", add)
		d.someone(v, near, what)
	case k == cue.StringKind:
		add(v)
	case !broken(v):
		d.wrongType(v, near, what, "a peer or a list of peers", "")
	}
	return out
}

// edgePorts reads `ports` of a structured edge: a list of ports and port names, or "*".
func (d *decoder) edgePorts(e *graph.EdgeDecl, v node) {
	v = value(v)
	e.PortsPos = d.at(v, e.Pos)
	if v.Kind() == cue.StringKind {
		s, _ := v.str()
		ports, errs := graph.ParsePorts(s)
		if len(errs) > 0 || len(ports.Tokens) > 0 {
			d.findings.Errorf(diag.InvalidPort, e.PortsPos, "`ports` must be a list of ports or `\"*\"`, not `%s`", cut(s)).WithHelp("write `ports: [%s]`", listed(s))
			return
		}
		e.Ports = &ports
		return
	}
	ports := &graph.PortsExpr{}
	d.list(v, e.Pos, "`ports`", "ports, or `\"*\"`", func(v node) {
		if tok, ok := d.portToken(v, e.PortsPos, "a port"); ok {
			ports.Tokens = append(ports.Tokens, tok)
			e.TokenPos = append(e.TokenPos, d.at(v, e.PortsPos))
		}
	})
	if isEmptyList(v) {
		d.findings.Errorf(diag.InvalidPort, e.PortsPos, "`ports` is an empty list").
			WithHelp("leave `ports` out for the ports that the target declares, or write `\"*\"` for all")
	}
	e.Ports = ports
}

// listed returns a string of ports as a CUE list would hold them.
func listed(s string) string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if strings.Trim(part, "0123456789") != "" || part == "" {
			part = `"` + part + `"`
		}
		out = append(out, part)
	}
	return strings.Join(out, ", ")
}

// edgeText returns a structured edge as a string edge would say it.
func edgeText(e *graph.EdgeDecl) string {
	ends := func(refs []graph.PeerRef) string {
		parts := make([]string, len(refs))
		for i, r := range refs {
			parts[i] = r.String()
		}
		return strings.Join(parts, ", ")
	}
	text := ends(e.From) + " -> "
	if e.Hosts != nil {
		text += e.Hosts.String()
	} else {
		text += ends(e.To)
	}
	if e.Ports != nil {
		text += ":" + e.Ports.String()
	}
	return text + graph.RequestsText(e.HTTP)
}
