package graph

import (
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The grammar of docs/language.md, Edges, as regular expressions: another reading of it than the parser's.
const (
	blankExpr = `[ \t\r\n]*`
	nameExpr  = `[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?`
	peerExpr  = `(` + nameExpr + `|` + nameExpr + `/` + nameExpr + `|` + nameExpr + `/\*|\*|\*/\*|[0-9.]+\.[0-9.]+/[0-9]+|\[[0-9A-Fa-f:.]+/[0-9]+\])`
	protoExpr = `(?:/(?:tcp|udp|sctp))`
	portExpr  = `(?:[0-9]+(?:-[0-9]+)?` + protoExpr + `?|[-a-z0-9]{1,15})`
	portsExpr = `(\*` + protoExpr + `?|` + portExpr + `(?:` + blankExpr + `,` + blankExpr + portExpr + `)*)`
)

var (
	edgeForm  = regexp.MustCompile(`^` + blankExpr + peerExpr + blankExpr + `->` + blankExpr + peerExpr + `(?::` + portsExpr + `)?` + blankExpr + `$`)
	portsForm = regexp.MustCompile(`^` + portsExpr + blankExpr + `$`)
)

func legalEdge(s string) bool {
	m := edgeForm.FindStringSubmatch(s)
	return m != nil && legalPeer(m[1]) && legalPeer(m[2]) && (m[3] == "" || legalPorts(m[3]))
}

func legalPeer(s string) bool {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		p, err := netip.ParsePrefix(strings.TrimSuffix(inner, "]"))
		return err == nil && p.Addr().Is6() && !p.Addr().Is4In6() && p.Masked() == p
	}
	if strings.Contains(s, ".") {
		p, err := netip.ParsePrefix(s)
		return err == nil && p.Masked() == p
	}
	return true
}

func legalPorts(s string) bool {
	if strings.HasPrefix(s, "*") {
		return true
	}
	return !slices.ContainsFunc(strings.Split(s, ","), func(port string) bool { return !legalPort(strings.Trim(port, blanks)) })
}

func legalPort(port string) bool {
	number, proto, hasProto := strings.Cut(port, "/")
	if strings.ContainsAny(number, "abcdefghijklmnopqrstuvwxyz") {
		return !hasProto && !strings.HasPrefix(number, "-") && !strings.HasSuffix(number, "-") && !strings.Contains(number, "--")
	}
	last := 1
	for _, end := range strings.Split(number, "-") {
		n, err := strconv.Atoi(end)
		if err != nil || n < last || n > 65535 || end[0] == '0' {
			return false
		}
		last = n
	}
	return (!hasProto || proto != "") && strings.Count(number, "-") < 2
}

// seeds gives the fuzzer every text of the tables of faults.
func seeds(f *testing.F, kinds ...string) {
	for _, kind := range kinds {
		data, err := os.ReadFile("testdata/syntax/" + kind + ".txt")
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			if text, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "| "); ok {
				f.Add(text)
			}
		}
	}
}

// checkErrors holds errors to: a place in the text, a rule, and words.
func checkErrors(t *testing.T, s string, errs ...*SyntaxError) {
	t.Helper()
	for _, err := range errs {
		if err.Offset < 0 || err.Offset > len(s) || err.Rule == "" || err.Message == "" || strings.HasSuffix(err.Message, ".") {
			t.Errorf("%q: error %+v", s, err)
		}
	}
}

func FuzzParseEdge(f *testing.F) {
	seeds(f, "edge", "peer")
	for _, s := range []string{
		"api -> db:80", "queue-master->x", "1 -> 10/24:1", "*/*->*:*/udp", " a/* -> b/c:http, 80-90/udp ,53/sctp",
		"web->[2001:0DB8:0::/32]:80", "10.0.0.0/8 -> web", "any -> web:1-65535",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, errs := ParseEdge(s)
		checkErrors(t, s, errs...)
		if legal := legalEdge(s); legal != (len(errs) == 0) {
			t.Fatalf("%q is legal: %t, errors %v", s, legal, errs)
		}
		if len(errs) > 0 {
			return
		}
		if !strings.HasPrefix(s[e.FromOffset:], start(e.From)) || !strings.HasPrefix(s[e.ToOffset:], start(e.To)) {
			t.Errorf("%q: the ends are at %d and %d", s, e.FromOffset, e.ToOffset)
		}
		if e.Ports != nil {
			if s[e.PortsOffset-1] != ':' {
				t.Errorf("%q: the ports are at %d", s, e.PortsOffset)
			}
			checkTokens(t, s[e.PortsOffset:], e.Ports)
		}
		text := e.String()
		again, errs := ParseEdge(text)
		if len(errs) > 0 || again.String() != text || again.From != e.From || again.To != e.To || (again.Ports == nil) != (e.Ports == nil) {
			t.Errorf("%q is written %q, which is read as %q %v", s, text, again, errs)
		}
	})
}

// start returns what the text of a peer must start with.
func start(p PeerExpr) string {
	if p.Kind == CIDR {
		return map[bool]string{true: "[", false: ""}[p.CIDR.Addr().Is6()]
	}
	return p.String()
}

func checkTokens(t *testing.T, s string, ports *PortsExpr) {
	t.Helper()
	for _, token := range ports.Tokens {
		text, _, _ := strings.Cut(s[token.Offset:], ",")
		again, err := ParsePortToken(strings.Trim(text, blanks))
		again.Offset = token.Offset
		if err != nil || again != token {
			t.Errorf("%q: the token %v is at %d: %v", s, token, token.Offset, err)
		}
	}
}

func FuzzParsePort(f *testing.F) {
	seeds(f, "port")
	for _, s := range []string{"80", "http", "53/udp", "8000-8010/sctp", "80,443", "*", "*/tcp", "80 , http"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ports, errs := ParsePorts(s)
		checkErrors(t, s, errs...)
		m := portsForm.FindStringSubmatch(s)
		if legal := m != nil && legalPorts(m[1]); legal != (len(errs) == 0) {
			t.Fatalf("%q is legal: %t, errors %v", s, legal, errs)
		}
		if len(errs) == 0 {
			checkTokens(t, s, &ports)
			again, errs := ParsePorts(ports.String())
			if len(errs) > 0 || again.String() != ports.String() || again.All != ports.All || len(again.Tokens) != len(ports.Tokens) {
				t.Errorf("%q is written %q, which is read as %q %v", s, ports, again, errs)
			}
		}
		port, err := ParsePort(s)
		if token, tokenErr := ParsePortToken(s); (err == nil) != (tokenErr == nil && token.Name == "") || err == nil && token.Port != port {
			t.Errorf("%q: as a port %v %v, as a token %v %v", s, port, err, token, tokenErr)
		}
		if err != nil {
			checkErrors(t, s, err.(*SyntaxError))
			return
		}
		if again, err := ParsePort(port.String()); err != nil || again != port || port.Lo < 1 || port.Hi > 65535 || port.Lo > port.Hi {
			t.Errorf("%q is %q, which is read as %q: %v", s, port, again, err)
		}
	})
}

var suggested = regexp.MustCompile("`([0-9a-fA-F.:]+/[0-9]+)`")

func FuzzParseCIDR(f *testing.F) {
	seeds(f, "cidr", "except")
	for _, s := range []string{"10.0.0.0/8", "2001:db8::/32", "::ffff:0:0/96", "::/0", "64:ff9b::10.0.0.0/104"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParseCIDR(s)
		except, exceptErr := ParseExcept(s)
		if (err == nil) != (exceptErr == nil && except != mapped) || err == nil && p != except {
			t.Errorf("%q: as a range %v %v, as an exception %v %v", s, p, err, except, exceptErr)
		}
		if err == nil {
			if again, err := ParseCIDR(p.String()); err != nil || again != p || p.Masked() != p || p.Addr().Is4In6() || p.Addr().Zone() != "" {
				t.Errorf("%q is %v, which is read as %v: %v", s, p, again, err)
			}
			return
		}
		syntax := err.(*SyntaxError)
		checkErrors(t, s, syntax)
		// What the help offers to write is legal.
		for _, m := range suggested.FindAllStringSubmatch(syntax.Help, -1) {
			if _, err := ParseCIDR(m[1]); err != nil {
				t.Errorf("%q: the help %q offers what is refused: %v", s, syntax.Help, err)
			}
		}
	})
}
