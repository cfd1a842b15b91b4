package graph

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/sets"
)

// Protocol is a transport protocol that NetworkPolicy knows (NetworkPolicyPort.protocol).
type Protocol = sets.Protocol

// The protocols, TCP being the default as in the Kubernetes API.
const (
	TCP          = sets.TCP
	UDP          = sets.UDP
	SCTP         = sets.SCTP
	numProtocols = SCTP + 1
)

// Protocols returns all protocols in their order.
func Protocols() []Protocol { return sets.Protocols() }

// Range is an inclusive range of port numbers, 1 to 65535.
type Range struct{ Lo, Hi int }

func (r Range) String() string { return string(r.append(nil)) }

func (r Range) append(text []byte) []byte {
	text = strconv.AppendInt(text, int64(r.Lo), 10)
	if r.Lo != r.Hi {
		text = strconv.AppendInt(append(text, '-'), int64(r.Hi), 10)
	}
	return text
}

// Port is one port or range of one protocol, as a workload declares it or an edge names it by number.
type Port struct {
	Range
	Protocol Protocol
}

// String returns the port as an edge writes it, such as "80", "53/udp" or "8000-8010".
func (p Port) String() string { return string(p.append(nil)) }

func (p Port) append(text []byte) []byte {
	text = p.Range.append(text)
	if p.Protocol != TCP {
		text = append(append(text, '/'), p.Protocol.String()...)
	}
	return text
}

// ParsePort reads a port as a workload declares it or a list of ports holds it: "80", "53/udp", "8000-8010/sctp".
// A port name is refused here; the error says what was expected.
func ParsePort(s string) (Port, error) {
	tok, err := parsePortToken(s)
	if err != nil {
		return Port{}, err
	}
	if tok.Name != "" {
		return Port{}, &SyntaxError{Rule: invalidPort, Message: fmt.Sprintf("`%s` is a port name where a number is needed", s), Help: "write the number of the pod port"}
	}
	return tok.Port, nil
}

// PortToken is one port in an edge: a number, a range, or the name of a port that the target declares.
type PortToken struct {
	Port
	Name string
	// Offset is where the token starts in the text, in bytes from 0.
	Offset int
}

// String returns the token as an edge writes it.
func (t PortToken) String() string {
	if t.Name != "" {
		return t.Name
	}
	return t.Port.String()
}

// ParsePortToken reads a port or a port name.
func ParsePortToken(s string) (PortToken, error) {
	tok, err := parsePortToken(s)
	if err != nil {
		return tok, err
	}
	return tok, nil
}

func parsePortToken(s string) (PortToken, *SyntaxError) {
	number, proto, hasProto := strings.Cut(s, "/")
	if number == "" {
		return PortToken{}, portError(0, "expected a port or a port name", portHelp)
	}
	if i := strings.IndexAny(s, blanks); i >= 0 {
		return PortToken{}, portError(i, fmt.Sprintf("expected no blank in the port `%s`", s), "commas divide ports: `80,443`; a range is written `8000-8010`")
	}
	if strings.ContainsFunc(number, isLetter) {
		return parsePortName(s, number, hasProto)
	}
	tok := PortToken{}
	if hasProto {
		p, err := parseProtocol(proto)
		if err != nil {
			err.Offset = len(number) + 1
			return tok, err
		}
		tok.Protocol = p
	}
	lo, hi, isRange := strings.Cut(number, "-")
	var err *SyntaxError
	if tok.Lo, err = parseNumber(lo); err != nil {
		return tok, err
	}
	if !isRange {
		tok.Hi = tok.Lo
		return tok, nil
	}
	if tok.Hi, err = parseNumber(hi); err != nil {
		err.Offset = len(lo) + 1
		return tok, err
	}
	if tok.Hi < tok.Lo {
		return tok, portError(0, fmt.Sprintf("the range `%s` runs backwards", number), fmt.Sprintf("write `%s`", Port{Range{tok.Hi, tok.Lo}, tok.Protocol}))
	}
	return tok, nil
}

func parsePortName(s, name string, hasProto bool) (PortToken, *SyntaxError) {
	if _, err := parseProtocol(name); hasProto && err == nil {
		_, number, _ := strings.Cut(s, "/")
		return PortToken{}, portError(0, fmt.Sprintf("the protocol stands behind the port: `%s`", s), fmt.Sprintf("write `%s/%s`", number, name))
	}
	if hasProto {
		return PortToken{}, portError(len(name), fmt.Sprintf("a port name takes no protocol: `%s`", s), fmt.Sprintf("write `%s`; the protocol stands where the target declares the port", name))
	}
	if err := CheckPortName(name); err != nil {
		return PortToken{}, portError(0, err.Error(), "a port name has at most 15 lower-case letters, digits and single dashes, such as `http`")
	}
	return PortToken{Name: name}, nil
}

// CheckPortName reports whether a name is an IANA service name as Kubernetes takes it for ports (RFC 6335, section
// 5.1; ContainerPort.name).
func CheckPortName(name string) error {
	if isPlainPortName(name) {
		return nil
	}
	if msgs := validation.IsValidPortName(name); len(msgs) > 0 {
		return fmt.Errorf("`%s` is not a port name: %s", name, strings.TrimSuffix(msgs[0], "."))
	}
	return nil
}

func parseProtocol(s string) (Protocol, *SyntaxError) {
	for _, p := range Protocols() {
		if s == p.String() {
			return p, nil
		}
	}
	help := "write `tcp`, `udp` or `sctp`"
	if lower := strings.ToLower(s); lower == "tcp" || lower == "udp" || lower == "sctp" {
		help = fmt.Sprintf("write `%s`", lower)
	}
	message := "expected a protocol after `/`"
	if s != "" {
		message += fmt.Sprintf(", not `%s`", s)
	}
	return 0, syntaxError(0, message, help)
}

const portHelp = "a port is a number from 1 to 65535, a range such as `8000-8010`, or a port name"

func parseNumber(s string) (int, *SyntaxError) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, portError(i, fmt.Sprintf("expected a port number, not `%s`", s), portHelp)
		}
	}
	switch {
	case s == "":
		return 0, portError(0, "expected a port number", "a range is written `8000-8010`")
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 65535 {
		return 0, portError(0, fmt.Sprintf("the port `%s` is not between 1 and 65535", s), "")
	}
	if s[0] == '0' {
		return 0, portError(0, fmt.Sprintf("the port `%s` starts with a zero", s), fmt.Sprintf("write `%d`", n))
	}
	return n, nil
}

// PortNumber checks a port given as a number in CUE.
func PortNumber(n int64) (Port, error) {
	if n < 1 || n > 65535 {
		return Port{}, portError(0, fmt.Sprintf("the port `%d` is not between 1 and 65535", n), "")
	}
	return Port{Range: Range{int(n), int(n)}}, nil
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func portError(offset int, message, help string) *SyntaxError {
	return &SyntaxError{Rule: invalidPort, Offset: offset, Message: message, Help: help}
}
