package graph

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// scope is the names that one package's edges can use.
type scope struct {
	l         *linker
	p         *Package
	externals map[string]*External
	groups    map[string]*Group
	tests     map[string]*TestPeer
	expanded  map[*Group]expansion
	// sides and pairs are room for the peers of an edge, and for what it stands for at one of them.
	sides [2][]*Peer
	pairs []pair
	// known is the peers that are neither workloads nor whole namespaces, as they were resolved first.
	known map[PeerExpr]*Peer
}

func (l *linker) newScope(p *Package) *scope {
	s := &scope{
		l: l, p: p,
		externals: map[string]*External{}, groups: map[string]*Group{}, tests: map[string]*TestPeer{},
		expanded: map[*Group]expansion{}, known: map[PeerExpr]*Peer{},
	}
	taken := map[string]Text{}
	for _, x := range p.Externals {
		if s.claim(taken, x.Name, "an external") {
			s.externals[x.Name.Value] = x
		}
	}
	for _, g := range p.Groups {
		if s.claim(taken, g.Name, "a group") {
			s.groups[g.Name.Value] = g
		}
	}
	for _, t := range p.Tests.Peers {
		if s.claim(taken, t.Name, "a test peer") {
			s.tests[t.Name.Value] = t
		}
	}
	return s
}

// claim takes a name in the one space of names that workloads, externals, groups and built-ins share.
func (s *scope) claim(taken map[string]Text, name Text, kind string) bool {
	if s.l.g.IsReserved(name.Value) {
		s.l.findings.Errorf(diag.ReservedName, name.Pos, "`%s` is the name of a built-in peer, so %s cannot be called so", name.Value, kind).
			WithHelp("rename it")
		return false
	}
	other, clash := taken[name.Value]
	if w := s.l.workload(s.p.Namespace.Value, name.Value); w != nil {
		other, clash = Text{"a workload", w.Pos}, true
	}
	if clash {
		s.l.findings.Errorf(diag.NameClash, name.Pos, "`%s` is both %s and %s", name.Value, other.Value, kind).
			WithHelp("rename one of them: workloads, externals and groups share one space of names").
			WithRelated(other.Pos, "%s of that name", other.Value)
		return false
	}
	taken[name.Value] = Text{kind, name.Pos}
	return true
}

func prefixes(in []Prefix) []netip.Prefix {
	out := make([]netip.Prefix, len(in))
	for i, p := range in {
		out[i] = p.Prefix
	}
	return out
}

func internetBlocks(p *Package) []Block {
	return Blocks(p.InternetCIDRs, append(slices.Clone(p.InternetExcept), prefixes(p.Internet)...))
}

// side says on which side of an edge a peer stands, for messages.
type side int

const (
	left side = iota
	right
)

// appendPeers resolves a peer as written, and appends the peers it stands for: one, or the members of a group.
func (s *scope) appendPeers(out []*Peer, ref PeerRef, side side) ([]*Peer, bool) {
	if ref.Kind == DNS && side == left {
		s.l.findings.Errorf(diag.DNSOnLeft, ref.Pos, "`dns` stands on the left of an edge, but DNS servers only answer").
			WithHelp("write `... -> dns`; to let DNS servers out, declare their pods as a workload")
		return out, false
	}
	if ref.Kind == Named && ref.Namespace == "" {
		if g := s.groups[ref.Name]; g != nil {
			members, ok := s.group(g, ref, side)
			if ok {
				out = append(out, members...)
			}
			return out, ok
		}
	}
	p, ok := s.peer(ref)
	if ok {
		out = append(out, p)
	}
	return out, ok
}

func (s *scope) group(g *Group, ref PeerRef, side side) ([]*Peer, bool) {
	members, ok := s.expand(g, nil)
	if side == left {
		for _, m := range members {
			if m.Kind == DNS {
				s.l.findings.Errorf(diag.DNSOnLeft, ref.Pos, "the group `%s` holds `dns` and stands on the left of an edge", g.Name.Value).
					WithHelp("take `dns` out of the group, or write the edge without it").WithRelated(g.Name.Pos, "the group")
				return nil, false
			}
		}
	}
	return members, ok
}

// expansion is the members of a group, and whether all of them are known.
type expansion struct {
	members []*Peer
	ok      bool
}

// expand returns the members of a group, those of nested groups in place, each once. Of a circle of groups it reports
// the first.
func (s *scope) expand(g *Group, path []*Group) ([]*Peer, bool) {
	if x, done := s.expanded[g]; done {
		return x.members, x.ok
	}
	if i := slices.Index(path, g); i >= 0 {
		names := make([]string, 0, len(path)+1)
		for _, x := range append(path[i:], g) {
			names = append(names, "`"+x.Name.Value+"`")
		}
		s.l.findings.Errorf(diag.GroupCycle, g.Name.Pos, "the group `%s` contains itself: %s", g.Name.Value, strings.Join(names, " in ")).
			WithHelp("take it out of its own members")
		return nil, false
	}
	var members []*Peer
	seen := map[*Peer]bool{}
	ok := true
	for _, ref := range g.Peers {
		found, fine := s.member(ref, append(path, g))
		ok = ok && fine
		for _, p := range found {
			if !seen[p] {
				seen[p] = true
				members = append(members, p)
			}
		}
	}
	s.expanded[g] = expansion{members, ok}
	return members, ok
}

func (s *scope) member(ref PeerRef, path []*Group) ([]*Peer, bool) {
	if ref.Kind == Named && ref.Namespace == "" {
		if nested := s.groups[ref.Name]; nested != nil {
			return s.expand(nested, path)
		}
	}
	p, ok := s.peer(ref)
	if !ok {
		return nil, false
	}
	return []*Peer{p}, true
}

// peer resolves anything but a group.
func (s *scope) peer(ref PeerRef) (*Peer, bool) {
	if ref.PeerExpr == (PeerExpr{Name: nodesName}) && s.l.g.Cluster.Nodes.IsSet() {
		ref.PeerExpr = PeerExpr{Kind: Nodes}
	}
	switch {
	case ref.Kind == WholeNamespace:
		return s.wholeNamespace(ref)
	case ref.Kind == Named && !s.declares(ref):
		return s.workload(ref)
	}
	if p := s.known[ref.PeerExpr]; p != nil {
		return p, true
	}
	p, ok := s.resolve(ref)
	if ok {
		p.key = p.text()
		s.known[ref.PeerExpr] = p
	}
	return p, ok
}

func (s *scope) wholeNamespace(ref PeerRef) (*Peer, bool) {
	ns := cmp.Or(ref.Namespace, s.p.Namespace.Value)
	n := s.l.namespaces[ns]
	switch {
	case ns == "":
		s.noNamespace(ref, "*")
	case n == nil:
		s.l.unknownNamespace(ref.Pos, ns, fmt.Sprintf("`%s`", ref.PeerExpr))
	default:
		return &n.peer, true
	}
	return nil, false
}

// declares reports whether a name is that of an external or test peer of the package.
func (s *scope) declares(ref PeerRef) bool {
	return ref.Namespace == "" && (s.externals[ref.Name] != nil || s.tests[ref.Name] != nil)
}

func (s *scope) workload(ref PeerRef) (*Peer, bool) {
	ns := cmp.Or(ref.Namespace, s.p.Namespace.Value)
	if w := s.l.workload(ns, ref.Name); w != nil {
		return &w.peer, true
	}
	s.unknown(ref, ns)
	return nil, false
}

// resolve makes the peers that are the package's own.
func (s *scope) resolve(ref PeerRef) (*Peer, bool) {
	p := &Peer{Kind: ref.Kind, Package: s.p}
	switch ref.Kind {
	case Named:
		if p.External = s.externals[ref.Name]; p.External != nil {
			p.Blocks = Blocks(prefixes(p.External.CIDRs), prefixes(p.External.Except))
			p.declared = portsOf(p.External.Ports)
		} else {
			p.Test = s.tests[ref.Name]
		}
	case Internet:
		p.Blocks = internetBlocks(s.p)
	case Nodes:
		p.Blocks = Blocks(prefixes(s.l.g.Cluster.Nodes.Prefixes), nil)
	case CIDR:
		p.Blocks = []Block{{CIDR: ref.CIDR}}
	case DNS:
		p.DNS = &s.p.DNS
		p.declared = p.DNS.PortSet()
		p.Blocks = blocksOf(p.DNS.CIDRs)
	case APIServer:
		if s.p.APIServer == nil {
			s.l.findings.Errorf(diag.APIServerUnset, ref.Pos, "`apiserver` is not set in this package").
				WithHelp("find its addresses with `kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes` and write `apiserver: {cidrs: [\"<address>/32\"], ports: [6443]}`")
			return nil, false
		}
		p.Blocks = Blocks(prefixes(s.p.APIServer.CIDRs), nil)
		p.declared = Single(s.p.APIServer.Ports...)
	}
	return p, true
}

func (s *scope) noNamespace(ref PeerRef, name string) {
	s.l.findings.Errorf(diag.NoNamespace, ref.Pos, "`%s` has no namespace, and the package sets no default `namespace`", name).
		WithHelp("set `namespace: \"...\"`, or write `ns/%s`", name)
}

// unknown reports a name that nothing declares.
func (s *scope) unknown(ref PeerRef, ns string) {
	if ref.Namespace != "" && s.l.namespaces[ns] == nil {
		s.l.unknownNamespace(ref.Pos, ns, fmt.Sprintf("`%s`", ref.PeerExpr))
		return
	}
	if ns == "" && slices.ContainsFunc(s.p.Workloads, func(d *WorkloadDecl) bool { return d.Name.Value == ref.Name }) {
		return // that it has no namespace is reported where it is declared
	}
	if w := s.service(ref, ns); w != nil {
		name := w.peer.NameIn(s.l.namespaces[s.p.Namespace.Value])
		s.l.findings.Errorf(diag.UnknownName, ref.Pos, "`%s`%s is the Service in front of `%s`, and edges name workloads", ref.PeerExpr, inEdge(ref.In), name).
			WithHelp("write `%s`, with the pod's port", name).WithRelated(w.Service.Pos, "the Service")
		return
	}
	entry := fmt.Sprintf("workloads: \"%s\": {}", ref.PeerExpr)
	help := "declare it: `" + entry + "`"
	if ref.PeerExpr == (PeerExpr{Name: nodesName}) {
		help += "; for the nodes of the cluster give their addresses: `cluster: nodes: [\"10.0.0.0/16\"]`"
	}
	if near := s.near(ref); near != "" {
		help = fmt.Sprintf("did you mean `%s`? else %s", near, help)
	}
	s.l.findings.Errorf(diag.UnknownName, ref.Pos, "`%s`%s is not declared", ref.PeerExpr, inEdge(ref.In)).WithHelp("%s", help)
}

// service returns the workload whose Service has the name.
func (s *scope) service(ref PeerRef, ns string) *Workload {
	for _, w := range s.l.g.Workloads {
		if w.Namespace.Name == ns && w.Service != nil && w.Service.Name == ref.Name {
			return w
		}
	}
	return nil
}

// near returns a name that was likely meant: a declared one rather than a built-in, else that of a workload in another
// namespace.
func (s *scope) near(ref PeerRef) string {
	return cmp.Or(
		diag.Nearest(ref.String(), slices.Values(s.names())),
		diag.Nearest(ref.String(), slices.Values(builtins)),
		s.elsewhere(ref.Name),
	)
}

// names returns every declared name that an edge of the package may use, sorted.
func (s *scope) names() []string {
	names := slices.Collect(maps.Keys(s.externals))
	names = slices.AppendSeq(names, maps.Keys(s.groups))
	for _, w := range s.l.g.Workloads {
		if w.Namespace.Name == s.p.Namespace.Value {
			names = append(names, w.Name)
		}
		names = append(names, w.String())
	}
	slices.Sort(names)
	return names
}

// elsewhere returns the workload of that name in another namespace, if there is just one.
func (s *scope) elsewhere(name string) string {
	found := ""
	for _, w := range s.l.g.Workloads {
		if w.Name == name {
			if found != "" {
				return ""
			}
			found = w.String()
		}
	}
	return found
}
