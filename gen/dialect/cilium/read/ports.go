package read

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// mostPorts is how many ports Cilium takes in one entry.
const mostPorts = 40

// openings adds what an entry opens: all peers on each entry of its ports.
func (m *meaning) openings(d graph.Directions, index int, peers []Peer, c *Common, out *[]Opening) error {
	if c.Authentication != nil {
		m.notUnderstood("authentication")
	}
	if len(c.ICMPs) > 0 {
		if len(c.ToPorts) > 0 {
			return errors.New("it has both `icmps` and `toPorts`")
		}
		m.notUnderstood("icmps")
		return nil
	}
	if len(c.ToPorts) == 0 {
		if len(peers) > 0 {
			*out = append(*out, Opening{Direction: d, Index: index, Peers: peers, Ports: sets.AllPorts()})
		}
		return nil
	}
	for i := range c.ToPorts {
		o := Opening{Direction: d, Index: index, Peers: peers}
		if err := m.toPorts(&o, &c.ToPorts[i]); err != nil {
			return fmt.Errorf("toPorts[%d]: %w", i, err)
		}
		if len(peers) > 0 {
			*out = append(*out, o)
		}
	}
	return nil
}

func (m *meaning) toPorts(o *Opening, p *Ports) error {
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"terminatingTLS", p.TerminatingTLS != nil},
		{"originatingTLS", p.OriginatingTLS != nil},
		{"serverNames", p.ServerNames != nil},
		{"listener", p.Listener != nil},
		{"an entry without ports", len(p.Ports) == 0},
	} {
		if f.given {
			m.notUnderstood("toPorts: " + f.name)
		}
	}
	if len(p.Ports) > mostPorts {
		return fmt.Errorf("it has %d ports, more than %d", len(p.Ports), mostPorts)
	}
	onlyTCP, whole, ranges := true, false, false
	for i := range p.Ports {
		port := &p.Ports[i]
		set, names, err := m.port(port)
		if err != nil {
			return err
		}
		o.Ports, o.Named = o.Ports.Union(set), append(o.Named, names...)
		onlyTCP = onlyTCP && strings.EqualFold(port.Protocol, "TCP")
		whole = whole || isZero(port.Port)
		ranges = ranges || port.EndPort > 0
	}
	r := p.Rules
	switch {
	case r == nil:
		return nil
	case len(r.HTTP) > 0 && len(r.DNS) > 0:
		return errors.New("it has both `http` and `dns`")
	case len(r.HTTP)+len(r.DNS) == 0:
		m.notUnderstood("toPorts: rules that are empty")
		return nil
	case whole:
		return errors.New("it has rules for all ports of a protocol")
	case len(r.HTTP) > 0 && !onlyTCP:
		return errors.New("it has `http` on ports that are not TCP")
	case len(r.DNS) > 0 && o.Direction == graph.Ingress:
		return errors.New("it has `dns` for what comes in")
	case len(r.DNS) > 0 && ranges:
		return errors.New("it has `dns` on a range of ports")
	}
	o.HTTP, o.DNS = r.HTTP, r.DNS
	for _, h := range r.HTTP {
		for _, expression := range []string{h.Method, h.Path, h.Host} {
			if _, err := regexp.Compile(expression); err != nil {
				return err
			}
		}
	}
	for _, name := range r.DNS {
		if err := name.check(); err != nil {
			return err
		}
	}
	return nil
}

func isZero(port string) bool {
	n, err := strconv.ParseUint(port, 0, 16)
	return err == nil && n == 0
}

// port returns the ports that one is, by number or by name.
func (m *meaning) port(p *Port) (sets.Ports, []rule.PortName, error) {
	var protocols []sets.Protocol
	switch strings.ToUpper(p.Protocol) {
	case "", "ANY":
		protocols = sets.Protocols()
	case "TCP":
		protocols = []sets.Protocol{sets.TCP}
	case "UDP":
		protocols = []sets.Protocol{sets.UDP}
	case "SCTP":
		protocols = []sets.Protocol{sets.SCTP}
	case "ICMP", "ICMPV6", "VRRP", "IGMP", "GRE", "IPIP", "IPV6", "ESP", "AH":
		m.notUnderstood("toPorts: the protocol " + p.Protocol)
		return nil, nil, nil
	default:
		return nil, nil, fmt.Errorf("there is no protocol `%s`", p.Protocol)
	}
	var ports sets.Ports
	var names []rule.PortName
	number, err := strconv.ParseUint(p.Port, 0, 16)
	isName := len(validation.IsValidPortName(strings.ToLower(p.Port))) == 0
	for _, protocol := range protocols {
		switch {
		case isName:
			names = append(names, rule.PortName{Name: strings.ToLower(p.Port), Protocol: protocol})
		case err != nil:
			return nil, nil, fmt.Errorf("`%s` is no port", p.Port)
		case number == 0:
			ports = ports.Union(sets.ProtocolPorts(protocol))
		case p.EndPort > 65535 || p.EndPort < 0:
			return nil, nil, fmt.Errorf("`%d` is no port", p.EndPort)
		default:
			// An end below the start is none.
			ports = ports.Union(sets.PortRange(protocol, int(number), max(int(number), p.EndPort)))
		}
	}
	return ports, names, nil
}
