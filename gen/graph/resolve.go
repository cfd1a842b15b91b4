package graph

import (
	"fmt"
	"slices"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
)

func (l *linker) linkEdges() {
	allow, forbid := 0, 0
	for _, p := range l.g.Packages {
		allow, forbid = allow+len(p.Allow), forbid+len(p.Forbid)
	}
	l.g.Edges, l.g.Forbids = make([]*Edge, 0, allow), make([]*Edge, 0, forbid)
	l.edges = make([]Edge, 0, allow+forbid)
	for _, p := range l.g.Packages {
		l.newScope(p).link()
	}
}

func (s *scope) link() {
	l, p := s.l, s.p
	for _, g := range p.Groups {
		if s.groups[g.Name.Value] == g {
			s.expand(g, nil)
		}
	}
	for _, d := range p.Allow {
		l.g.Edges = s.appendEdges(l.g.Edges, d, allowEdge)
	}
	for _, d := range p.Forbid {
		l.g.Forbids = s.appendEdges(l.g.Forbids, d, forbidEdge)
	}
	for _, d := range p.Grant.Edges {
		first := len(l.g.Grants)
		l.g.Grants = s.appendEdges(l.g.Grants, d, grantEdge)
		s.ownGrant(d, l.g.Grants[first:])
	}
	for _, d := range p.Tests.Allow {
		for _, e := range s.appendEdges(nil, d, testEdge) {
			l.g.Claims = append(l.g.Claims, &Claim{e, true})
		}
	}
	for _, d := range p.Tests.Deny {
		for _, e := range s.appendEdges(nil, d, testEdge) {
			l.g.Claims = append(l.g.Claims, &Claim{e, false})
		}
	}
}

// edgeUse says which field an edge stands in.
type edgeUse int

const (
	allowEdge edgeUse = iota
	forbidEdge
	grantEdge
	testEdge
)

// appendEdges appends the pairs that an edge as written stands for; those that cannot be are findings.
func (s *scope) appendEdges(out []*Edge, d *EdgeDecl, use edgeUse) []*Edge {
	if d.Half != 0 && use != allowEdge {
		s.l.findings.Errorf(diag.InvalidValue, d.Pos, "`half` says what npgen emits, and only edges in `allow` emit anything").WithHelp("remove `half`")
	}
	except, okExcept := s.except(d, use)
	from, okFrom := s.side(d.From, left)
	to, okTo := s.side(d.To, right)
	if d.Hosts != nil {
		to = []*Peer{s.hosts(d.Hosts)}
	}
	if !okFrom || !okTo {
		s.l.g.Complete = false
	}
	if !okExcept {
		s.l.g.Complete = false
		return out
	}
	if !s.checkNames(d, use, from, to) {
		s.l.g.Complete = false
		return out
	}
	s.checkTestPeers(d, use, from, to)
	if !s.l.hasRoom(d, len(from)*len(to)) {
		return out
	}
	for _, t := range to {
		targets, ok := s.targets(d, t, use)
		if !ok {
			s.l.g.Complete = false
			continue
		}
		if !s.l.hasRoom(d, len(from)*(len(targets)-1)) {
			return out
		}
		for _, f := range from {
			for _, t := range targets {
				if !s.legal(d, f, t.to, use) {
					s.l.g.Complete = false
					continue
				}
				out = append(out, s.l.edge(Edge{From: f, To: t.to, Ports: t.ports, Except: except, Half: d.Half, Decl: d, Package: s.p}))
			}
		}
	}
	return out
}

// hasRoom reports whether n more edges are within the limit. The first that are not are a finding.
func (l *linker) hasRoom(d *EdgeDecl, n int) bool {
	if l.room < 0 {
		return false
	}
	if l.room -= int64(n); l.room >= 0 {
		return true
	}
	l.g.Complete = false
	l.findings.Errorf(diag.OverBudget, d.Pos, "groups multiply the edges to more than %d: this one stands for %d%s", l.most, n, d.made()).
		WithHelp("where all of a namespace is meant, write `*` or `ns/*`; %s", budget.Raise(budget.EdgesVariable))
	return false
}

// except returns the peers that a guardrail does not bind.
func (s *scope) except(d *EdgeDecl, use edgeUse) ([]*Peer, bool) {
	if len(d.Except) == 0 {
		return nil, true
	}
	if use != forbidEdge {
		s.l.findings.Errorf(diag.InvalidValue, d.ExceptPos, "`except` says whom a guardrail does not bind, and only edges in `forbid` are guardrails").
			WithHelp("remove `except`, and name in `from` who may")
		return nil, false
	}
	shared, ok := s.side(d.Except, left)
	peers := slices.Clone(shared)
	for _, p := range peers {
		ok = ok && s.selectable(d, p, use)
	}
	s.checkTestPeers(d, use, peers)
	return peers, ok
}

// edge returns an edge of the graph. They lie side by side, as they are many.
func (l *linker) edge(e Edge) *Edge {
	if len(l.edges) == cap(l.edges) {
		l.edges = make([]Edge, 0, 256)
	}
	l.edges = append(l.edges, e)
	return &l.edges[len(l.edges)-1]
}

// side returns the peers at one end of an edge, until the next edge.
func (s *scope) side(refs []PeerRef, side side) ([]*Peer, bool) {
	out := s.sides[side][:0]
	ok := true
	for _, ref := range refs {
		var fine bool
		out, fine = s.appendPeers(out, ref, side)
		ok = ok && fine
	}
	s.sides[side] = out
	return out, ok
}

func (s *scope) checkTestPeers(d *EdgeDecl, use edgeUse, sides ...[]*Peer) {
	if use == testEdge || len(s.tests) == 0 {
		return
	}
	for _, p := range slices.Concat(sides...) {
		if p.Test != nil {
			s.l.findings.Errorf(diag.UnknownName, d.Pos, "`%s` is a test peer and cannot be used outside of `tests`", p.Test.Name.Value).
				WithHelp("declare it as a workload").WithRelated(p.Test.Name.Pos, "the test peer")
		}
	}
}

// legal refuses pairs that no policy can express.
func (s *scope) legal(d *EdgeDecl, from, to *Peer, use edgeUse) bool {
	if from.outside() && to.outside() {
		s.l.findings.Errorf(diag.OutsideBoth, d.Pos, "`%s` and `%s`%s are both outside of what policies select", from.NameIn(nil), to.NameIn(nil), d.made()).
			WithHelp("one side must be a workload, `*`, `ns/*` or `*/*`")
		return false
	}
	if n := from.Namespace; to.Kind == DNS && n != nil && n.Owned() && n.Owner != s.p && n.Owner.DNS.servers() != s.p.DNS.servers() {
		s.l.findings.Errorf(diag.PackageConflict, d.Pos, "this package and the owner of namespace `%s` disagree on where `dns` is", n.Name).
			WithHelp("write the same `dns` in both packages").WithRelated(n.Owner.DNS.Pos, "the owner's")
		return false
	}
	return s.selectable(d, from, use) && s.selectable(d, to, use)
}

// selectable refuses a peer that no policy can name.
func (s *scope) selectable(d *EdgeDecl, p *Peer, use edgeUse) bool {
	if p.Workload != nil && p.Workload.HostNetwork && use != testEdge {
		s.l.findings.Errorf(diag.HostNetwork, d.Pos, "`%s`%s uses the node's network, so no pod selector matches it", p.NameIn(d.home(s)), d.made()).
			WithHelp("write the nodes' addresses instead, such as `10.0.0.0/24` or an `external`").WithRelated(p.Workload.Pos, "declared with `hostNetwork: true`")
		return false
	}
	return p.Test == nil || use == testEdge
}

// made returns the edge for messages, where it does not stand at its position in those words.
func (d *EdgeDecl) made() string {
	if d.Made {
		return inEdge(d.Text)
	}
	return ""
}

func inEdge(text string) string {
	if text == "" {
		return ""
	}
	return " in `" + text + "`"
}

// home returns the default namespace of the package, in which its messages speak.
func (d *EdgeDecl) home(s *scope) *Namespace { return s.l.namespaces[s.p.Namespace.Value] }

// outside reports whether the peer may stand on one side of an edge only.
func (p *Peer) outside() bool { return p.Kind == Any || p.IsAddresses() }

// ports returns the ports of an edge for one target. A guardrail that names none forbids every one.
func (s *scope) ports(d *EdgeDecl, to *Peer, use edgeUse) (PortSet, bool) {
	switch {
	case d.Ports == nil && use == forbidEdge:
		return PortSet{All: true}, true
	case d.Ports == nil:
		return s.declaredPorts(d, to)
	case d.Ports.All:
		return PortSet{All: true}, true
	case d.Ports.AllOf != nil:
		var set PortSet
		set.AddAll(*d.Ports.AllOf)
		return set, true
	}
	var set PortSet
	ok := true
	for i, tok := range d.Ports.Tokens {
		port, fine := s.port(tok, d, d.TokenPos[i], to)
		ok = ok && fine
		set.Add(port)
	}
	return set, ok
}

// declaredPorts returns the ports of an edge that names none.
func (s *scope) declaredPorts(d *EdgeDecl, to *Peer) (PortSet, bool) {
	if to.Kind == DNS || to.Kind == APIServer || !to.declared.IsEmpty() {
		return to.declared, true
	}
	name := to.NameIn(d.home(s))
	finding := s.l.findings.Errorf(diag.NoPorts, d.Pos, "the edge%s names no ports, and `%s` declares none", d.made(), name)
	switch {
	case to.Workload != nil:
		finding.WithHelp("write `%s:8080` with the pod's port, declare `ports` there, or write `%s:*` for all ports", name, name)
	case to.External != nil:
		finding.WithHelp("write `%s:443` with the port, declare `ports` there, or write `%s:*` for all ports", name, name)
	default:
		finding.WithHelp("write `%s:443` with the port, or `%s:*` for all ports", name, name)
	}
	return PortSet{}, false
}

// portsOf returns all of the ports.
func portsOf(named []NamedPort) PortSet {
	var s PortSet
	for _, p := range named {
		s.Add(p.Port)
	}
	return s
}

func (p *Peer) ports() []NamedPort {
	switch {
	case p.Workload != nil:
		return p.Workload.Ports
	case p.External != nil:
		return p.External.Ports
	}
	return nil
}

// port returns the port that a token of an edge stands for at its target.
func (s *scope) port(tok PortToken, d *EdgeDecl, pos diag.Pos, to *Peer) (Port, bool) {
	if tok.Name != "" {
		if p := findPort(to.ports(), tok.Name); p != nil {
			return p.Port, true
		}
		s.unknownPort(tok, d, pos, to)
		return Port{}, false
	}
	if to.Workload == nil || to.Workload.Service == nil {
		return tok.Port, true
	}
	for _, p := range to.Workload.Ports {
		if p.Protocol == tok.Protocol && p.Lo <= tok.Lo && tok.Hi <= p.Hi {
			return tok.Port, true
		}
	}
	return tok.Port, s.notServicePort(tok, d, pos, to)
}

// notServicePort refuses a number that the Service has and the pods have not.
func (s *scope) notServicePort(tok PortToken, d *EdgeDecl, pos diag.Pos, to *Peer) bool {
	w := to.Workload
	for _, sp := range w.Service.Ports {
		target, ok := w.TargetOf(sp)
		if ok && target == tok.Port {
			return true
		}
	}
	for _, sp := range w.Service.Ports {
		if sp.Port != tok.Port {
			continue
		}
		target, ok := w.TargetOf(sp)
		if !ok {
			continue
		}
		s.l.findings.Errorf(diag.ServicePort, pos, "`%s`%s is the port of the Service, but policies see the pod's port `%s`", tok.Port, d.made(), target).
			WithHelp("write `%s:%s`", to.NameIn(d.home(s)), target).WithRelated(sp.Pos, "the Service port")
		return false
	}
	return true
}

// TargetOf returns the pod port behind a Service port; false where its name is not declared.
func (w *Workload) TargetOf(sp ServicePort) (Port, bool) {
	if sp.Target.Name == "" {
		return sp.Target.Port, true
	}
	if p := findPort(w.Ports, sp.Target.Name); p != nil {
		return p.Port, true
	}
	return Port{}, false
}

func (s *scope) unknownPort(tok PortToken, d *EdgeDecl, pos diag.Pos, to *Peer) {
	name := to.NameIn(d.home(s))
	ports := to.ports()
	if findPort(ports, "") != nil {
		return // what it declares is not known, which is said there
	}
	finding := s.l.findings.Errorf(diag.UnknownPortName, pos, "`%s` declares no port `%s`%s", name, tok.Name, d.made())
	names := make([]string, len(ports))
	for i, p := range ports {
		names[i] = p.Name
	}
	near := diag.Nearest(tok.Name, slices.Values(names))
	switch {
	case near != "":
		finding.WithHelp("did you mean `%s`?", near)
	case len(names) > 0:
		slices.Sort(names)
		finding.WithHelp("it declares %s", quoteList(names))
	case to.Workload != nil || to.External != nil:
		finding.WithHelp("declare it there: `ports: %s: 8080`, or write the number", tok.Name)
	default:
		finding.WithHelp("only workloads and externals declare port names; write the number")
	}
}

func quoteList(names []string) string {
	out := ""
	for i, n := range names {
		switch {
		case i > 0 && i == len(names)-1:
			out += " and "
		case i > 0:
			out += ", "
		}
		out += fmt.Sprintf("`%s`", n)
	}
	return out
}
