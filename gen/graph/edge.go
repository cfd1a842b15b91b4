package graph

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// The rules that a syntax error may carry.
const (
	edgeSyntax  = diag.EdgeSyntax
	invalidPort = diag.InvalidPort
	invalidCIDR = diag.InvalidCIDR
	invalidName = diag.InvalidName
	noNamespace = diag.NoNamespace
	unknownName = diag.UnknownName
)

// SyntaxError is one fault in a text: an edge, a peer, a port or an address range.
type SyntaxError struct {
	// Rule is the id of the finding that reports it.
	Rule string
	// Offset is where the fault starts, in bytes from the start of the text.
	Offset int
	// Message says what is wrong or was expected; Help what to write instead.
	Message, Help string
}

func (e *SyntaxError) Error() string { return e.Message }

// EdgeExpr is an edge in string form: `from -> to:ports`.
type EdgeExpr struct {
	From, To             PeerExpr
	FromOffset, ToOffset int
	// Ports is nil where the edge names none.
	Ports       *PortsExpr
	PortsOffset int
}

// String returns the edge in canonical form, with the names as written.
func (e EdgeExpr) String() string {
	s := e.From.String() + " -> " + e.To.String()
	if e.Ports != nil {
		s += ":" + e.Ports.String()
	}
	return s
}

// blanks are free around the parts of an edge.
const blanks = " \t\r\n"

func trim(s string) string {
	if s == "" || !isBlank(s[0]) && !isBlank(s[len(s)-1]) {
		return s
	}
	return strings.Trim(s, blanks)
}

func isBlank(c byte) bool { return strings.IndexByte(blanks, c) >= 0 }

const edgeHelp = "an edge is written `from -> to:ports`, such as `api -> db:5432`"

// ParseEdge reads an edge by the grammar of docs/language.md, Edges. It returns every fault it finds, each with its
// offset in s; the edge is of use only where there is none.
func ParseEdge(s string) (EdgeExpr, []*SyntaxError) {
	left, right, ok := strings.Cut(s, "->")
	if !ok {
		return EdgeExpr{}, []*SyntaxError{missingArrow(s)}
	}
	if err := longArrow(left, right); err != nil {
		return EdgeExpr{}, []*SyntaxError{err}
	}
	if scheme, rest, ok := strings.Cut(right, "://"); ok {
		return EdgeExpr{}, []*SyntaxError{syntaxError(len(left)+2+leading(right), fmt.Sprintf("`%s://%s` is a URL, and no peer", trim(scheme), trim(rest)), urlHelp(rest))}
	}
	var e EdgeExpr
	var errs []*SyntaxError
	var err *SyntaxError
	e.FromOffset = leading(left)
	if e.From, err = parseLeft(trim(left)); err != nil {
		err.Offset += e.FromOffset
		errs = append(errs, err)
	}
	e.ToOffset = len(left) + 2 + leading(right)
	to, ports, hasPorts, err := splitPorts(trim(right))
	if err == nil {
		e.To, err = parsePeer(to, "a peer after `->`")
	}
	if err != nil {
		err.Offset += e.ToOffset
		errs = append(errs, err)
		if ports == "" {
			return e, errs
		}
	}
	if hasPorts {
		e.PortsOffset = e.ToOffset + len(to) + 1
		p, portErrs := parsePorts(ports)
		e.Ports = &p
		for _, err := range portErrs {
			err.Offset += e.PortsOffset
			errs = append(errs, err)
		}
	}
	return e, errs
}

// urlHelp says what to write in the place of a URL, of which the scheme is cut off.
func urlHelp(rest string) string {
	host, _, _ := strings.Cut(trim(rest), "/")
	if strings.Contains(host, ".") {
		return "name the workload, or declare an `external` for a host outside of the cluster, and write its port behind a colon"
	}
	return fmt.Sprintf("write `%s`: the workload, and its port", host)
}

func leading(s string) int {
	n := 0
	for n < len(s) && isBlank(s[n]) {
		n++
	}
	return n
}

// longArrow finds `-->` and `<->`, which no name can end in, and a second `->`.
func longArrow(left, right string) *SyntaxError {
	if start := len(strings.TrimRight(left, "-=<")); start < len(left) {
		help := edgeHelp
		if left[start] == '<' {
			help = "an edge has one direction: write one edge for each"
		}
		return syntaxError(start, fmt.Sprintf("expected `->`, found `%s`", left[start:]+"->"), help)
	}
	if i := strings.Index(right, "->"); i >= 0 {
		return syntaxError(len(left)+2+i, "expected one `->`, found another", "an edge has one source and one target: write one edge for each step")
	}
	return nil
}

func missingArrow(s string) *SyntaxError {
	if trim(s) == "" {
		return syntaxError(0, "expected an edge, found nothing", edgeHelp)
	}
	for _, wrong := range []string{"=>", "→", "—>", "–>", "~>", "<-", "- >", ">"} {
		if i := strings.Index(s, wrong); i >= 0 {
			return syntaxError(i, fmt.Sprintf("expected `->`, found `%s`", wrong), edgeHelp)
		}
	}
	start := leading(s)
	word := start + len(firstWord(s[start:]))
	return syntaxError(word, fmt.Sprintf("expected `->` after `%s`", s[start:word]), edgeHelp)
}

func firstWord(s string) string {
	if i := strings.IndexAny(s, blanks); i >= 0 {
		return s[:i]
	}
	return s
}

func parseLeft(s string) (PeerExpr, *SyntaxError) {
	if err := bareIPv6(s); err != nil {
		return PeerExpr{}, err
	}
	if i := colonOutsideBrackets(s); i >= 0 {
		return PeerExpr{}, syntaxError(i, fmt.Sprintf("expected `->` after `%s`, found `:`", s[:i]), "ports stand behind the target: `"+s[:i]+" -> to:ports`")
	}
	return parsePeer(s, "a peer before `->`")
}

// splitPorts divides the right side of an edge at the first `:` outside of brackets.
func splitPorts(s string) (peer, ports string, ok bool, err *SyntaxError) {
	if err := bareIPv6(s); err != nil {
		return s, "", false, err
	}
	i := colonOutsideBrackets(s)
	if i < 0 {
		return s, "", false, nil
	}
	peer, ports = s[:i], s[i+1:]
	if trimmed := strings.TrimRight(peer, blanks); trimmed != peer && trimmed != "" {
		return peer, ports, true, syntaxError(len(trimmed), "expected no blank before `:`", fmt.Sprintf("write `%s:%s`", trimmed, trim(ports)))
	}
	return peer, ports, true, nil
}

func colonOutsideBrackets(s string) int {
	inside := false
	for i := range len(s) {
		switch s[i] {
		case '[':
			inside = true
		case ']':
			inside = false
		case ':':
			if !inside {
				return i
			}
		}
	}
	return -1
}

// bareIPv6 finds an IPv6 address or range that should stand in brackets.
func bareIPv6(s string) *SyntaxError {
	if strings.Count(s, ":") < 2 || strings.HasPrefix(s, "[") {
		return nil
	}
	rest := s
	for {
		addr, bits, hasBits := strings.Cut(rest, "/")
		if ip, err := netip.ParseAddr(addr); err == nil && ip.Is6() {
			if !hasBits {
				bits = "128"
			} else if i := strings.Index(bits, ":"); i >= 0 {
				bits, rest = bits[:i], rest[:len(rest)-len(bits)+i]
			}
			return syntaxError(0, fmt.Sprintf("the IPv6 range `%s` needs brackets", rest), fmt.Sprintf("write `[%s/%s]%s`", addr, bits, s[len(rest):]))
		}
		i := strings.LastIndex(rest, ":")
		if i < 0 {
			return nil
		}
		rest = rest[:i]
	}
}

func syntaxError(offset int, message, help string) *SyntaxError {
	return &SyntaxError{Rule: edgeSyntax, Offset: offset, Message: message, Help: help}
}
