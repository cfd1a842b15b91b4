package sets

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// End is one end of a witness: a pod by its namespace and labels, or an address.
type End struct {
	Namespace string
	// NamespaceLabels is the labels of the namespace besides its name.
	NamespaceLabels map[string]string
	Labels          map[string]string
	// Ports is the numbers of the ports that the pod has names for, by name and protocol as in "http/tcp".
	Ports map[string]int
	// Address is valid where the end is an address.
	Address netip.Addr
}

// Witness is one flow.
type Witness struct {
	From, To End
	// Port is one port.
	Port Ports
}

// Witness returns the example of a box that is not empty.
func (s *Space) Witness(b *Box, kind Kind) Witness {
	w := Witness{Port: b.ports.First()}
	for side, end := range []*End{&w.From, &w.To} {
		if kind.HasPods(Side(side)) {
			s.describe(b, Side(side), end)
			if side == int(Destination) && end.Namespace == s.fresh(0) {
				end.Namespace = s.fresh(1) // two namespaces of which nothing speaks need not be one
			}
		} else {
			end.Address = b.addresses.Example()
		}
	}
	for _, l := range b.literals {
		if l.label.group() == portNames && s.constraints[l.constraint].choose() != absentValue {
			if w.To.Ports == nil {
				w.To.Ports = map[string]int{}
			}
			w.To.Ports[s.keyNames[l.label.key()]] = int(w.Port[0].lo % perProtocol)
		}
	}
	return w
}

func (s *Space) describe(b *Box, side Side, end *End) {
	end.Namespace = s.fresh(0)
	end.NamespaceLabels, end.Labels = map[string]string{}, map[string]string{}
	for _, l := range b.literals {
		value := s.constraints[l.constraint].choose()
		if value == absentValue {
			continue
		}
		text := s.fresh(0)
		if value != freshValue {
			text = s.valueNames[value]
		}
		switch key := s.keyNames[l.label.key()]; {
		case l.label.group() == int(side)*perSide+namespaceLabels && l.label.isName():
			end.Namespace = text
		case l.label.group() == int(side)*perSide+namespaceLabels:
			end.NamespaceLabels[key] = text
		case l.label.group() == int(side)*perSide+podLabels:
			end.Labels[key] = text
		}
	}
}

// fresh returns a value that nothing speaks of, and which differs for each number.
func (s *Space) fresh(number int) string {
	for i := 1; ; i++ {
		name := "other"
		if i > 1 {
			name = fmt.Sprintf("other-%d", i)
		}
		if _, taken := s.values[name]; !taken {
			if number == 0 {
				return name
			}
			number--
		}
	}
}

// nameOf returns the name of a port by its label.
func (s *Space) nameOf(l label) Name {
	name, protocol, _ := strings.Cut(s.keyNames[l.key()], "/")
	at := slices.IndexFunc(Protocols(), func(p Protocol) bool { return p.String() == protocol })
	return Name{name, Protocol(at)}
}

// Text returns a flow as `npgen explain` is asked about it: pods by their labels, addresses, and one port. Behind it stand
// the labels that a namespace would have, and the names that the destination has for the port.
func (w Witness) Text() string {
	out := w.From.Text() + " -> " + w.To.Text() + ":" + w.Port.String()
	var where []string
	for _, e := range []End{w.From, w.To} {
		if text := e.Where(); text != "" {
			where = append(where, text)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.To.Ports)) {
		where = append(where, "it calls that port "+strings.TrimSuffix(name, "/tcp"))
	}
	if len(where) > 0 {
		out += ", where " + strings.Join(slices.Compact(where), " and ")
	}
	return out
}

// Text returns an end as a question of `npgen explain` has it: a pod by its labels, or an address. The labels that its
// namespace would have stand apart (Where).
func (e End) Text() string {
	switch {
	case e.Address.Is6():
		return "[" + e.Address.String() + "]"
	case e.Address.IsValid():
		return e.Address.String()
	}
	return e.Namespace + "/{" + LabelsText(e.Labels) + "}"
}

// Where returns which labels the namespace of a pod would have, "" for none.
func (e End) Where() string {
	if len(e.NamespaceLabels) == 0 {
		return ""
	}
	return "namespace " + e.Namespace + " has " + LabelsText(e.NamespaceLabels)
}

// LabelsText returns labels as names of pods hold them: "app=web,tier=front".
func LabelsText(labels map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, k+"="+labels[k])
	}
	return strings.Join(out, ",")
}
