package graph

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/util/validation"
)

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
	// Nodes is the nodes of the cluster, where their addresses are known; as written it is a name.
	Nodes
	// CIDR is an address range.
	CIDR
)

// builtins is the names of the built-in peers that there always are, from the kind Any on.
var builtins = []string{"any", "internet", "dns", "apiserver"}

// builtin returns the built-in peer of a name; Named where there is none.
func builtin(name string) PeerKind {
	if i := slices.Index(builtins, name); i >= 0 {
		return Any + PeerKind(i)
	}
	return Named
}

// IsBuiltin reports whether a name is one of the built-in peers that there always are (Graph.IsReserved).
func IsBuiltin(name string) bool { return builtin(name) != Named }

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
	case Any, Internet, DNS, APIServer:
		return builtins[p.Kind-Any]
	case Nodes:
		return nodesName
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

// ParsePeer reads one peer, as a group or the structured form of an edge holds it.
func ParsePeer(s string) (PeerExpr, *SyntaxError) {
	if trimmed := trim(s); trimmed != s && trimmed != "" {
		return PeerExpr{}, syntaxError(0, fmt.Sprintf("expected no blanks around the peer `%s`", trimmed), fmt.Sprintf("write `%s`", trimmed))
	}
	if i := strings.Index(s, "->"); i >= 0 {
		return PeerExpr{}, syntaxError(i, "expected one peer, found an edge", "")
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
	if kind := builtin(s); kind != Named {
		return PeerExpr{Kind: kind}, nil
	}
	ns, name, qualified := strings.Cut(s, "/")
	switch {
	case IsName(ns) && !qualified:
		return PeerExpr{Name: ns}, nil
	case IsName(ns) && IsName(name):
		return PeerExpr{Namespace: ns, Name: name}, nil
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
		return PeerExpr{}, syntaxError(len(s), "expected `]` at the end of the IPv6 range", "an IPv6 range is written `[2001:db8::/32]`")
	case inner == "":
		return PeerExpr{}, syntaxError(1, "expected an IPv6 range in the brackets", "an IPv6 range is written `[2001:db8::/32]`")
	case strings.HasPrefix(rest, "/") && !strings.Contains(inner, "/"):
		return PeerExpr{}, syntaxError(len(inner)+2, "expected the mask inside the brackets", fmt.Sprintf("write `[%s%s]`", inner, rest))
	case rest != "":
		return PeerExpr{}, syntaxError(len(inner)+2, fmt.Sprintf("expected `:` or the end after `[%s]`, found `%s`", inner, rest), edgeHelp)
	}
	p, err := ParseCIDR(inner)
	if err != nil {
		e := err.(*SyntaxError)
		e.Offset++
		if addr, perr := netip.ParseAddr(inner); perr == nil && addr.Is6() && !addr.Is4In6() && addr.Zone() == "" {
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
	switch {
	case ns == "*":
		return PeerExpr{}, syntaxError(2, "expected `*` after `*/`, and nothing else", "write `*/*` for every pod of every namespace, or name the namespace")
	case ns == "":
		return PeerExpr{}, syntaxError(0, "expected a namespace before `/`", "a workload of another namespace is written `ns/name`")
	case name == "":
		return PeerExpr{}, syntaxError(len(s), fmt.Sprintf("expected a name or `*` after `%s`", s), "a workload of another namespace is written `ns/name`")
	}
	if err := checkName(ns, 0); err != nil || name == "*" {
		return PeerExpr{Kind: WholeNamespace, Namespace: ns}, err
	}
	return PeerExpr{Namespace: ns, Name: name}, checkName(name, len(ns)+1)
}

// checkName checks a DNS-1123 label that starts at an offset, and points at the first character that cannot be.
func checkName(s string, offset int) *SyntaxError {
	for i, r := range s {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			continue
		}
		return badNameCharacter(s, i, r, offset)
	}
	if !IsName(s) {
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
		if parts := strings.Split(s, "."); len(parts) > 2 && parts[2] == "svc" {
			err.Help = fmt.Sprintf("an edge names workloads, not Services: write `%s/%s`, or the workload behind it", parts[1], parts[0])
		}
	case r == '/':
		err.Message = fmt.Sprintf("expected one `/` at most, found another in `%s`", s)
		err.Help = "a workload of another namespace is written `ns/name`"
	case strings.ContainsRune(blanks, r):
		err.Message = fmt.Sprintf("expected `:` or the end after `%s`, found `%s`", s[:i], trim(s[i:]))
		if i == 0 || trim(s[i:]) == "" {
			err.Message = fmt.Sprintf("expected a name, found a blank in `%s`", s)
			err.Help = "blanks are free around `->` and commas, and at both ends"
		}
	case r == '*':
		err.Message = fmt.Sprintf("expected a name, found `*` in `%s`", s)
		err.Help = "`*` stands alone for every pod of a namespace: `*` or `ns/*`"
	case r >= 'A' && r <= 'Z':
		err.Message = fmt.Sprintf("expected lower case, found `%c` in `%s`", r, s)
		err.Help = fmt.Sprintf("names are lower case: `%s`", strings.ToLower(s))
	case unicode.IsSpace(r) || !unicode.IsGraphic(r):
		err.Message = fmt.Sprintf("expected a name, found the character %U in `%s`", r, s)
		err.Help = "it may have come with a copied text: remove it"
	default:
		err.Message = fmt.Sprintf("expected a name, found `%c` in `%s`", r, s)
		err.Help = "a name has lower-case letters, digits and dashes"
		if r == ',' {
			err.Help = "an edge has one peer on each side; write several edges, a group, or the form {from: [...], to: [...]}"
		}
	}
	return err
}
