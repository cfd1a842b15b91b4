package load

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// ports reads named ports, sorted by name.
func (d *decoder) ports(v node, near diag.Pos, what string) []graph.NamedPort {
	var out []graph.NamedPort
	if number := value(v); number.IncompleteKind() == cue.IntKind {
		d.wrongType(v, near, what, "a struct", "give the port a name: `{http: "+number.text()+"}`")
		return []graph.NamedPort{standIn("http", d.at(v, near))}
	}
	d.entries(v, near, what, func(name string, v node) {
		pos := d.at(v, near)
		if err := graph.CheckPortName(name); err != nil {
			d.findings.Errorf(diag.InvalidPort, d.label(v, near), "%s", err).
				WithHelp("a port name has at most 15 lower-case letters, digits and single dashes, such as `http`")
			return
		}
		if port, ok := d.port(v, near, "the port `"+name+"`"); ok {
			out = append(out, graph.NamedPort{Name: name, Port: port, Pos: pos})
		} else {
			out = append(out, standIn(name, pos))
		}
	})
	slices.SortFunc(out, func(a, b graph.NamedPort) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// standIn is a port that is not fine, so that the edges which rely on it are not reported as well. Without a name it is any
// port of a declaration with a field that there is not, which may have been meant for `ports`.
func standIn(name string, pos diag.Pos) graph.NamedPort {
	return graph.NamedPort{Name: name, Port: graph.Port{Range: graph.Range{Lo: 1, Hi: 1}}, Pos: pos}
}

// port reads a port number, or a string with a range or a protocol.
func (d *decoder) port(v node, near diag.Pos, what string) (graph.Port, bool) {
	tok, ok := d.portToken(v, near, what)
	if ok && tok.Name != "" {
		d.findings.Errorf(diag.InvalidPort, d.at(v, near), "%s must be a number, not the name `%s`", what, tok.Name).
			WithHelp("write the number of the pod port")
		return graph.Port{}, false
	}
	return tok.Port, ok
}

func (d *decoder) portToken(v node, near diag.Pos, what string) (graph.PortToken, bool) {
	v = value(v)
	if broken(v) {
		return graph.PortToken{}, false
	}
	var tok graph.PortToken
	var err error
	switch v.Kind() {
	case cue.IntKind:
		n, overflow := v.integer()
		if overflow != nil {
			n = -1
		}
		tok.Port, err = graph.PortNumber(n)
		if difference := difference(v); err != nil && difference != "" {
			err = &graph.SyntaxError{Rule: diag.InvalidPort, Message: fmt.Sprintf("the range `%s` has no quotes, so that CUE subtracts", difference), Help: fmt.Sprintf("write `%q`", difference)}
		}
		if err != nil && overflow != nil {
			err = &graph.SyntaxError{Rule: diag.InvalidPort, Message: fmt.Sprintf("the port %s is not between 1 and 65535", shown(v))}
		}
	case cue.StringKind:
		s, _ := v.str()
		tok, err = graph.ParsePortToken(strings.TrimSpace(s))
	default:
		d.wrongType(v, near, what, "a port number or a string such as `\"53/udp\"`", "")
		return tok, false
	}
	return tok, d.syntax(err, d.at(v, near), what)
}

// difference returns two numbers with a minus between them as they are written, which were meant as a range; "" for
// anything else.
func difference(v node) string {
	x, ok := v.source().(*ast.BinaryExpr)
	if !ok || x.Op != token.SUB {
		return ""
	}
	low, isLow := x.X.(*ast.BasicLit)
	high, isHigh := x.Y.(*ast.BasicLit)
	if !isLow || !isHigh {
		return ""
	}
	return low.Value + "-" + high.Value
}
