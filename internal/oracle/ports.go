package oracle

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// otherProtocol is a protocol that policies cannot name.
const otherProtocol = "other"

// lastPort is the highest number; the lowest is 1.
const lastPort = 65535

// ports is the kinds of ports of a world.
type ports struct {
	// cuts is where ranges start, names what ports are called, by protocol.
	cuts  map[string]map[int]bool
	names map[string]map[string]bool
	kinds []portKind
}

// portKind is ports of a range that the destination calls by the same names.
type portKind struct {
	protocol string
	lo, hi   int
	called   []string
}

var protocols = []string{"tcp", "udp", "sctp"}

func protocolOf(p *corev1.Protocol) string {
	if p == nil {
		return "tcp"
	}
	return strings.ToLower(string(*p))
}

func (p *ports) cut(protocol string, lo, hi int) {
	if p.cuts == nil {
		p.cuts, p.names = map[string]map[int]bool{}, map[string]map[string]bool{}
		for _, protocol := range protocols {
			p.cuts[protocol], p.names[protocol] = map[int]bool{1: true}, map[string]bool{}
		}
	}
	if lo > 0 {
		p.cuts[protocol][lo] = true
	}
	if hi > 0 && hi < lastPort {
		p.cuts[protocol][hi+1] = true
	}
}

func (p *ports) name(protocol, name string) {
	p.cut(protocol, 0, 0)
	p.names[protocol][name] = true
}

func (p *ports) mentionRule(port networkingv1.NetworkPolicyPort) {
	protocol := protocolOf(port.Protocol)
	switch {
	case port.Port == nil:
	case port.Port.Type == intstr.String:
		p.name(protocol, port.Port.StrVal)
	default:
		lo, hi := numbers(port)
		p.cut(protocol, lo, hi)
	}
}

func numbers(port networkingv1.NetworkPolicyPort) (lo, hi int) {
	lo = int(port.Port.IntVal)
	if port.EndPort != nil {
		return lo, int(*port.EndPort)
	}
	return lo, lo
}

// split makes the kinds.
func (p *ports) split() error {
	p.cut("tcp", 0, 0)
	for _, protocol := range protocols {
		names := slices.Sorted(maps.Keys(p.names[protocol]))
		starts := slices.Sorted(maps.Keys(p.cuts[protocol]))
		for i, lo := range starts {
			hi := lastPort
			if i+1 < len(starts) {
				hi = starts[i+1] - 1
			}
			for subset := range 1 << len(names) {
				k := portKind{protocol: protocol, lo: lo, hi: hi}
				for n, name := range names {
					if subset>>n&1 == 1 {
						k.called = append(k.called, name)
					}
				}
				p.kinds = append(p.kinds, k)
			}
		}
	}
	p.kinds = append(p.kinds, portKind{protocol: otherProtocol})
	if len(p.kinds) > portLimit {
		return fmt.Errorf("%d kinds of ports, and at most %d can be tried", len(p.kinds), portLimit)
	}
	return nil
}

// where returns the kinds that have a property.
func (p *ports) where(has func(*portKind) bool) Ports {
	var out Ports
	for i := range p.kinds {
		if has(&p.kinds[i]) {
			out.set(i)
		}
	}
	return out
}

func (p *ports) all() Ports { return p.where(func(*portKind) bool { return true }) }

// unnamed is the ports of an address, which has no names for them.
func (p *ports) unnamed() Ports {
	return p.where(func(k *portKind) bool { return len(k.called) == 0 })
}

// ofRule returns the ports of a rule.
func (p *ports) ofRule(list []networkingv1.NetworkPolicyPort) Ports {
	if len(list) == 0 {
		return p.all()
	}
	var out Ports
	for _, port := range list {
		protocol := protocolOf(port.Protocol)
		out = out.Or(p.where(func(k *portKind) bool {
			switch {
			case k.protocol != protocol:
				return false
			case port.Port == nil:
				return true
			case port.Port.Type == intstr.String:
				return slices.Contains(k.called, port.Port.StrVal)
			}
			lo, hi := numbers(port)
			return lo <= k.lo && k.hi <= hi
		}))
	}
	return out
}

// token is one part of a port as npgen prints it: `*`, `*/udp`, `80`, `80-90`, `53/udp`, `http`, `http/udp`, `other protocols`.
type token struct {
	every bool
	// not is set for all ports but those of the token.
	not            bool
	protocol, name string
	lo, hi         int
}

func parseToken(text string) (token, error) {
	if rest, is := strings.CutPrefix(text, "!"); is {
		out, err := parseToken(rest)
		out.not = true
		return out, err
	}
	switch text {
	case "*":
		return token{every: true}, nil
	case "other protocols", otherProtocol:
		return token{protocol: otherProtocol, lo: 0, hi: 0}, nil
	}
	port, protocol, has := strings.Cut(text, "/")
	if !has {
		protocol = "tcp"
	}
	if !slices.Contains(protocols, protocol) {
		return token{}, fmt.Errorf("`%s` is no port", text)
	}
	out := token{protocol: protocol, lo: 1, hi: lastPort}
	switch {
	case port == "*":
		return out, nil
	case strings.ContainsFunc(port, func(r rune) bool { return 'a' <= r && r <= 'z' }):
		out.name = port
		return out, nil
	}
	lo, hi, isRange := strings.Cut(port, "-")
	if !isRange {
		hi = lo
	}
	var err, err2 error
	out.lo, err = strconv.Atoi(lo)
	out.hi, err2 = strconv.Atoi(hi)
	if err != nil || err2 != nil || out.lo > out.hi || out.hi > lastPort {
		return token{}, fmt.Errorf("`%s` is no port", text)
	}
	out.lo = max(out.lo, 1) // 0 is no port
	return out, nil
}

// parts divides a port that has to be several at once, as in `http&8000-9000`.
func parts(text string) []string { return strings.Split(text, "&") }

func (p *ports) mention(text string) error {
	for _, part := range parts(text) {
		t, err := parseToken(part)
		switch {
		case err != nil:
			return err
		case t.name != "":
			p.name(t.protocol, t.name)
		case !t.every && t.protocol != otherProtocol:
			p.cut(t.protocol, t.lo, t.hi)
		}
	}
	return nil
}

// PortsOf returns ports by the texts with which npgen names them.
func (w *World) PortsOf(texts ...string) (Ports, error) {
	var out Ports
	for _, text := range texts {
		all := w.ports.all()
		for _, part := range parts(text) {
			t, err := parseToken(part)
			if err != nil {
				return out, err
			}
			all = all.And(w.ports.where(func(k *portKind) bool {
				return t.not != (t.every || k.protocol == t.protocol && (t.name == "" || slices.Contains(k.called, t.name)) && t.lo <= k.lo && k.hi <= t.hi)
			}))
		}
		out = out.Or(all)
	}
	return out, nil
}

// text is a kind of ports by its lowest, as in a Witness.
func (k *portKind) text() string {
	switch k.protocol {
	case otherProtocol:
		return otherProtocol
	case "tcp":
		return strconv.Itoa(k.lo)
	}
	return strconv.Itoa(k.lo) + "/" + k.protocol
}
