package graph

import (
	"fmt"
	"strings"
)

// PortsExpr is the ports of an edge as written.
type PortsExpr struct {
	// All is `*`; AllOf is `*/udp` and the like.
	All    bool
	AllOf  *Protocol
	Tokens []PortToken
}

// String returns the ports in the form of an edge.
func (p PortsExpr) String() string {
	switch {
	case p.All:
		return "*"
	case p.AllOf != nil:
		return "*/" + p.AllOf.String()
	}
	parts := make([]string, len(p.Tokens))
	for i, t := range p.Tokens {
		parts[i] = t.String()
	}
	return strings.Join(parts, ",")
}

// ParsePorts reads the ports of an edge, what stands behind the `:`. It returns every fault it finds.
func ParsePorts(s string) (PortsExpr, []*SyntaxError) { return parsePorts(s) }

func parsePorts(s string) (PortsExpr, []*SyntaxError) {
	if rest, ok := strings.CutPrefix(trim(s), "*"); ok {
		return parseAllPorts(s, rest)
	}
	if trim(s) == "" {
		return PortsExpr{}, []*SyntaxError{portError(0, "expected a port, `*` or a port name after `:`", "leave the `:` out for the ports that the target declares, or write `:*` for all")}
	}
	var out PortsExpr
	var errs []*SyntaxError
	offset := 0
	for part := range strings.SplitSeq(s, ",") {
		text := trim(part)
		at := offset + leading(part)
		if text == "" {
			at = offset
		}
		offset += len(part) + 1
		tok, err := parsePortToken(text)
		if err == nil && at > 0 && len(out.Tokens) == 0 && len(errs) == 0 {
			err = syntaxError(-at, "expected no blank after `:`", fmt.Sprintf("write `:%s`", trim(s)))
		}
		if strings.HasPrefix(text, "*") {
			err = starAmongPorts()
		}
		if err != nil {
			err.Offset += at
			errs = append(errs, err)
			continue
		}
		tok.Offset = at
		out.Tokens = append(out.Tokens, tok)
	}
	return out, errs
}

func parseAllPorts(s, rest string) (PortsExpr, []*SyntaxError) {
	proto, ok := strings.CutPrefix(rest, "/")
	switch {
	case leading(s) > 0:
		return PortsExpr{}, []*SyntaxError{syntaxError(0, "expected no blank after `:`", fmt.Sprintf("write `:%s`", trim(s)))}
	case rest == "":
		return PortsExpr{All: true}, nil
	case strings.Contains(rest, ","):
		return PortsExpr{}, []*SyntaxError{starAmongPorts()}
	case !ok:
		return PortsExpr{}, []*SyntaxError{syntaxError(1, fmt.Sprintf("expected `/` or the end after `*`, found `%s`", rest), "write `:*` for all ports, `:*/udp` for all of UDP")}
	}
	p, err := parseProtocol(proto)
	if err != nil {
		err.Offset += 2
		return PortsExpr{}, []*SyntaxError{err}
	}
	return PortsExpr{AllOf: &p}, nil
}

func starAmongPorts() *SyntaxError {
	return syntaxError(0, "expected a port, found `*` among ports", "`*` stands alone: `:*` for all ports, `:*/udp` for all of UDP")
}
