package graph

import (
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// pair is a target of an edge, and the ports that the edge has there.
type pair struct {
	to    *Peer
	ports PortSet
}

// targets returns what an edge stands for at one peer on its right: the peer itself, and behind a port name each workload
// that the package declares with it, where the peer is whole namespaces.
func (s *scope) targets(d *EdgeDecl, to *Peer, use edgeUse) ([]pair, bool) {
	if d.Ports == nil || to.Kind != WholeNamespace && to.Kind != AllNamespaces || !slices.ContainsFunc(d.Ports.Tokens, isPortName) {
		ports, ok := s.ports(d, to, use)
		s.pairs = append(s.pairs[:0], pair{to, ports})
		return s.pairs, ok
	}
	return s.byPortName(d, to)
}

func isPortName(t PortToken) bool { return t.Name != "" }

// byPortName returns the targets of an edge to whole namespaces that names ports: a workload has those of the names that it
// declares, all pods have the numbers. Workloads on the node's network are none of the pods that a selector matches.
func (s *scope) byPortName(d *EdgeDecl, to *Peer) ([]pair, bool) {
	var numbers PortSet
	var out []pair
	known := make([]bool, len(d.Ports.Tokens))
	for i, tok := range d.Ports.Tokens {
		if !isPortName(tok) {
			numbers.Add(tok.Port)
			known[i] = true
		}
	}
	if !numbers.IsEmpty() {
		out = append(out, pair{to, numbers})
	}
	for _, decl := range s.p.Workloads {
		w := s.declared(decl)
		if w == nil || w.HostNetwork || to.Kind == WholeNamespace && w.Namespace != to.Namespace {
			continue
		}
		var ports PortSet
		for i, tok := range d.Ports.Tokens {
			if p := findPort(decl.Ports, tok.Name); p != nil && isPortName(tok) {
				ports.Add(p.Port)
				known[i] = true
			}
		}
		if !ports.IsEmpty() {
			out = append(out, pair{&w.peer, ports})
		}
	}
	for i, tok := range d.Ports.Tokens {
		if !known[i] {
			s.nobodysPort(tok, d, d.TokenPos[i], to)
		}
	}
	return out, !slices.Contains(known, false)
}

// declared returns the workload of a declaration of the package; nil where it did not link.
func (s *scope) declared(d *WorkloadDecl) *Workload {
	ns, name, qualified := strings.Cut(d.Name.Value, "/")
	if !qualified {
		ns, name = s.p.Namespace.Value, d.Name.Value
	}
	return s.l.workload(ns, name)
}

// nobodysPort reports a port name that no workload of whole namespaces has.
func (s *scope) nobodysPort(tok PortToken, d *EdgeDecl, pos diag.Pos, to *Peer) {
	name := to.NameIn(d.home(s))
	var names []string
	var onNodes *Workload
	for _, decl := range s.p.Workloads {
		w := s.declared(decl)
		if w == nil || to.Kind == WholeNamespace && w.Namespace != to.Namespace {
			continue
		}
		for _, p := range decl.Ports {
			switch {
			case !w.HostNetwork:
				names = append(names, p.Name)
			case p.Name == tok.Name:
				onNodes = w
			}
		}
	}
	finding := s.l.findings.Errorf(diag.UnknownPortName, pos, "no workload of `%s` that this package declares has a port `%s`%s", name, tok.Name, d.made())
	switch near := diag.Nearest(tok.Name, slices.Values(names)); {
	case onNodes != nil:
		finding.WithHelp("`%s` has it, but uses the node's network, so no pod selector matches it: write the nodes' addresses", onNodes.peer.NameIn(d.home(s))).
			WithRelated(onNodes.Pos, "declared with `hostNetwork: true`")
	case near != "":
		finding.WithHelp("did you mean `%s`?", near)
	default:
		finding.WithHelp("declare it at the workloads that listen on it: `ports: %s: 8080`, or write the number for every pod", tok.Name)
	}
}
