package graph

import (
	"fmt"
	"net/netip"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

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

// PeerKind says what a peer in an edge is.
type PeerKind int

// The kinds of peers (docs/language.md, Peers).
const (
	// Named is a workload, external or group of the package by its bare name, or a workload as ns/name.
	Named PeerKind = iota
	// WholeNamespace is every pod of a namespace: `*` or `ns/*`.
	WholeNamespace
	// AllNamespaces is every pod of every namespace: `*/*`.
	AllNamespaces
	// Any is everyone, in or outside of the cluster.
	Any
	// Internet is the public address space.
	Internet
	// DNS is the cluster's DNS servers.
	DNS
	// APIServer is the Kubernetes API server.
	APIServer
	// CIDR is an address range.
	CIDR
)

var builtins = map[string]PeerKind{"any": Any, "internet": Internet, "dns": DNS, "apiserver": APIServer}

// IsBuiltin reports whether a name is one of the built-in peers, which nothing else may be called.
func IsBuiltin(name string) bool {
	_, ok := builtins[name]
	return ok
}

// PeerExpr is one end of an edge as written.
type PeerExpr struct {
	Kind PeerKind
	// Namespace is the qualifier of ns/name and ns/*, else empty.
	Namespace string
	// Name is set for Named peers.
	Name string
	// CIDR is set for CIDR peers.
	CIDR netip.Prefix
}

// String returns the peer in canonical form.
func (p PeerExpr) String() string {
	switch p.Kind {
	case WholeNamespace:
		return qualify(p.Namespace, "*")
	case AllNamespaces:
		return "*/*"
	case Any:
		return "any"
	case Internet:
		return "internet"
	case DNS:
		return "dns"
	case APIServer:
		return "apiserver"
	case CIDR:
		return cidrText(p.CIDR)
	}
	return qualify(p.Namespace, p.Name)
}

func qualify(ns, name string) string {
	if ns == "" {
		return name
	}
	return ns + "/" + name
}

func cidrText(p netip.Prefix) string {
	if p.Addr().Is6() {
		return "[" + p.String() + "]"
	}
	return p.String()
}

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

const edgeHelp = "an edge is written `from -> to:ports`, such as `api -> db:5432`"

// ParseEdge reads an edge by the grammar of docs/language.md, Edges. It returns every fault it finds, each with its
// offset in s; the edge is of use only where there is none.
func ParseEdge(s string) (EdgeExpr, []*SyntaxError) {
	left, right, ok := strings.Cut(s, "->")
	if !ok {
		return EdgeExpr{}, []*SyntaxError{missingArrow(s)}
	}
	var e EdgeExpr
	var errs []*SyntaxError
	var err *SyntaxError
	e.FromOffset = leading(left)
	if e.From, err = parseLeft(strings.TrimSpace(left)); err != nil {
		err.Offset += e.FromOffset
		errs = append(errs, err)
	}
	e.ToOffset = len(left) + 2 + leading(right)
	to, ports, hasPorts, err := splitPorts(strings.TrimSpace(right))
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

func leading(s string) int { return len(s) - len(strings.TrimLeft(s, " \t\r\n")) }

func missingArrow(s string) *SyntaxError {
	if strings.TrimSpace(s) == "" {
		return syntaxError(0, "expected an edge, found nothing", edgeHelp)
	}
	for _, wrong := range []string{"=>", "→", "—>", "–>", "~>", "<-", ">"} {
		if i := strings.Index(s, wrong); i >= 0 {
			return syntaxError(i, fmt.Sprintf("expected `->`, found `%s`", wrong), edgeHelp)
		}
	}
	start := leading(s)
	word := start + len(firstWord(s[start:]))
	return syntaxError(word, fmt.Sprintf("expected `->` after `%s`", s[start:word]), edgeHelp)
}

func firstWord(s string) string {
	if i := strings.IndexAny(s, " \t\r\n"); i >= 0 {
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
	if trimmed := strings.TrimRight(peer, " \t"); trimmed != peer && trimmed != "" {
		return peer, ports, true, syntaxError(len(trimmed), "expected no blank before `:`", fmt.Sprintf("write `%s:%s`", trimmed, strings.TrimSpace(ports)))
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
			}
			bits, _, _ = strings.Cut(bits, ":")
			return &SyntaxError{Rule: edgeSyntax, Message: fmt.Sprintf("the IPv6 range `%s` needs brackets", rest), Help: fmt.Sprintf("write `[%s/%s]%s`", addr, bits, s[len(rest):])}
		}
		i := strings.LastIndex(rest, ":")
		if i < 0 {
			return nil
		}
		rest = rest[:i]
	}
}

// ParsePeer reads one peer, as a group or the structured form of an edge holds it.
func ParsePeer(s string) (PeerExpr, *SyntaxError) {
	if trimmed := strings.TrimSpace(s); trimmed != s && trimmed != "" {
		return PeerExpr{}, syntaxError(0, fmt.Sprintf("expected no blanks around the peer `%s`", trimmed), fmt.Sprintf("write `%s`", trimmed))
	}
	if strings.Contains(s, "->") {
		return PeerExpr{}, syntaxError(strings.Index(s, "->"), "expected one peer, found an edge", "")
	}
	if err := bareIPv6(s); err != nil {
		return PeerExpr{}, err
	}
	if i := colonOutsideBrackets(s); i >= 0 {
		return PeerExpr{}, syntaxError(i, fmt.Sprintf("expected the peer `%s` alone, found `:`", s[:i]), "a peer takes no ports here; an edge has them in `to:ports` or in the field `ports`")
	}
	return parsePeer(s, "a peer")
}

func parsePeer(s, expected string) (PeerExpr, *SyntaxError) {
	if s == "" {
		return PeerExpr{}, syntaxError(0, "expected "+expected, edgeHelp)
	}
	if kind, ok := builtins[s]; ok {
		return PeerExpr{Kind: kind}, nil
	}
	switch {
	case s == "*":
		return PeerExpr{Kind: WholeNamespace}, nil
	case s == "*/*":
		return PeerExpr{Kind: AllNamespaces}, nil
	case s[0] == '[':
		return parseBracketed(s)
	case isAddressLike(s):
		return parseAddressPeer(s)
	}
	return parseNamed(s)
}

func parseBracketed(s string) (PeerExpr, *SyntaxError) {
	inner, rest, ok := strings.Cut(s[1:], "]")
	switch {
	case !ok:
		return PeerExpr{}, syntaxError(len(s), "expected `]` at the end of the IPv6 range", "write `[2001:db8::/32]`")
	case rest != "" && rest[0] == '/':
		return PeerExpr{}, syntaxError(len(inner)+2, "expected the mask inside the brackets", fmt.Sprintf("write `[%s%s]`", inner, rest))
	case rest != "":
		return PeerExpr{}, syntaxError(len(inner)+2, fmt.Sprintf("expected `:` or the end after `[%s]`, found `%s`", inner, rest), edgeHelp)
	}
	p, err := ParseCIDR(inner)
	if err != nil {
		e := err.(*SyntaxError)
		e.Offset++
		if addr, perr := netip.ParseAddr(inner); perr == nil && addr.Is6() {
			e.Help = fmt.Sprintf("write `[%s]`", hostPrefix(addr))
		}
		return PeerExpr{}, e
	}
	if p.Addr().Is4() {
		return PeerExpr{}, syntaxError(0, fmt.Sprintf("expected an IPv6 range in the brackets, found `%s`", inner), fmt.Sprintf("write `%s` without brackets", inner))
	}
	return PeerExpr{Kind: CIDR, CIDR: p}, nil
}

// isAddressLike reports whether a peer can only have been meant as an address: names have no dots and no signs.
func isAddressLike(s string) bool {
	addr, _, _ := strings.Cut(s, "/")
	if strings.ContainsAny(s, "<>{}$%") {
		return true
	}
	if !strings.Contains(addr, ".") {
		return false
	}
	return !strings.ContainsFunc(addr, isLetter) || strings.Trim(strings.ToLower(addr), "xyznabcd.0123456789") == ""
}

func parseAddressPeer(s string) (PeerExpr, *SyntaxError) {
	p, err := ParseCIDR(s)
	if err != nil {
		return PeerExpr{}, err.(*SyntaxError)
	}
	return PeerExpr{Kind: CIDR, CIDR: p}, nil
}

func parseNamed(s string) (PeerExpr, *SyntaxError) {
	ns, name, qualified := strings.Cut(s, "/")
	if !qualified {
		return PeerExpr{Name: s}, checkName(s, 0)
	}
	if err := checkName(ns, 0); err != nil {
		if ns == "*" {
			err = syntaxError(2, fmt.Sprintf("expected `*` after `*/`, found `%s`", name), "write `*/*` for every pod of every namespace, or name the namespace")
		}
		return PeerExpr{}, err
	}
	if name == "*" {
		return PeerExpr{Kind: WholeNamespace, Namespace: ns}, nil
	}
	return PeerExpr{Namespace: ns, Name: name}, checkName(name, len(ns)+1)
}

// checkName checks a DNS-1123 label that starts at an offset, and points at the first character that cannot be.
func checkName(s string, offset int) *SyntaxError {
	if s == "" {
		return syntaxError(offset, "expected a name", edgeHelp)
	}
	for i, r := range s {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			continue
		}
		return badNameCharacter(s, i, r, offset)
	}
	if msgs := validation.IsDNS1123Label(s); len(msgs) > 0 {
		help := "a name starts and ends with a letter or digit"
		if len(s) > validation.DNS1123LabelMaxLength {
			help = fmt.Sprintf("a name has at most %d characters", validation.DNS1123LabelMaxLength)
		}
		return &SyntaxError{Rule: invalidName, Offset: offset, Message: fmt.Sprintf("`%s` is not a name", s), Help: help}
	}
	return nil
}

func badNameCharacter(s string, i int, r rune, offset int) *SyntaxError {
	err := syntaxError(offset+i, "", edgeHelp)
	switch {
	case r == '.':
		err.Message = fmt.Sprintf("expected a name, found `.` in `%s`", s)
		err.Help = "names have no dots; a workload of another namespace is written `ns/name`, a host outside is an `external`"
	case r == '/':
		err.Message = fmt.Sprintf("expected one `/` at most, found another in `%s`", s)
		err.Help = "a workload of another namespace is written `ns/name`"
	case r == ' ' || r == '\t':
		err.Message = fmt.Sprintf("expected `:` or the end after `%s`, found `%s`", s[:i], strings.TrimSpace(s[i:]))
		if i == 0 {
			err.Message = fmt.Sprintf("expected a name, found a blank in `%s`", s)
		}
	case r >= 'A' && r <= 'Z':
		err.Message = fmt.Sprintf("expected lower case, found `%c` in `%s`", r, s)
		err.Help = fmt.Sprintf("names are lower case: `%s`", strings.ToLower(s))
	default:
		err.Message = fmt.Sprintf("expected a name, found `%c` in `%s`", r, s)
		err.Help = "a name has lower-case letters, digits and dashes"
		if r == ',' {
			err.Help = "an edge has one peer on each side; write several edges, a group, or the form {from: [...], to: [...]}"
		}
	}
	return err
}

// ParsePorts reads the ports of an edge, what stands behind the `:`. It returns every fault it finds.
func ParsePorts(s string) (PortsExpr, []*SyntaxError) { return parsePorts(s) }

func parsePorts(s string) (PortsExpr, []*SyntaxError) {
	if rest, ok := strings.CutPrefix(strings.TrimSpace(s), "*"); ok {
		return parseAllPorts(s, rest)
	}
	var out PortsExpr
	var errs []*SyntaxError
	offset := 0
	for part := range strings.SplitSeq(s, ",") {
		text := strings.TrimSpace(part)
		at := offset + leading(part)
		if text == "" {
			at = offset
		}
		offset += len(part) + 1
		tok, err := parsePortToken(text)
		if err == nil && at > 0 && len(out.Tokens) == 0 && len(errs) == 0 {
			err = syntaxError(-at, "expected no blank after `:`", fmt.Sprintf("write `:%s`", strings.TrimSpace(s)))
		}
		if err != nil {
			err.Offset += at
			if strings.HasPrefix(text, "*") {
				err.Message, err.Help, err.Rule = "expected a port, found `*` among ports", "`*` stands alone: `:*`", edgeSyntax
			}
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
		return PortsExpr{}, []*SyntaxError{syntaxError(0, "expected no blank after `:`", fmt.Sprintf("write `:%s`", strings.TrimSpace(s)))}
	case rest == "":
		return PortsExpr{All: true}, nil
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

func syntaxError(offset int, message, help string) *SyntaxError {
	return &SyntaxError{Rule: edgeSyntax, Offset: offset, Message: message, Help: help}
}
