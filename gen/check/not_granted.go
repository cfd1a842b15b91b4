package check

import (
	"fmt"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// notGranted holds other packages to what the owner of a namespace grants: they open nothing there that neither a grant
// nor the halves which the owner's own edges emit open, by an edge or by the DNS egress that an edge of theirs causes,
// for any pod that can exist, and they isolate nothing.
func notGranted(h *halves, out *diag.List) {
	guards := map[*graph.Package]*guard{}
	for _, p := range h.graph.Packages {
		if p.Grant.Set {
			guards[p] = h.newGuard(p)
		}
	}
	if len(guards) == 0 {
		return
	}
	for _, e := range h.graph.Grants {
		guards[e.Package].grants = append(guards[e.Package].grants, e)
	}
	for _, n := range h.graph.Namespaces {
		if g := guards[n.Owner]; g != nil {
			g.isolates(n, out)
			for _, d := range graph.AllDirections() {
				h.eachOpener(n, d, func(s graph.Subject, o opener) { g.check(s, d, o, out) })
			}
		}
	}
}

// guard is what the owner of namespaces lets other packages do there.
type guard struct {
	*halves
	owner  *graph.Package
	grants []*graph.Edge
	told   map[toldOf]bool
	bounds map[boundKey]*bound
	// declared is the names of the workloads that the owner itself declares.
	declared map[string]bool
	// causes is the numbers of the subjects that the owner gives DNS egress by itself.
	causes map[int]bool
	// ownDNS is the DNS egress of the owner's own making, by namespace.
	ownDNS map[*graph.Namespace][]graph.DNSRule
}

func (h *halves) newGuard(owner *graph.Package) *guard {
	g := &guard{
		halves: h, owner: owner, told: map[toldOf]bool{}, bounds: map[boundKey]*bound{},
		declared: map[string]bool{}, causes: map[int]bool{}, ownDNS: map[*graph.Namespace][]graph.DNSRule{},
	}
	for _, w := range owner.Workloads {
		name := w.Name.Value
		if !strings.Contains(name, "/") {
			name = owner.Namespace.Value + "/" + name
		}
		g.declared[name] = true
	}
	for _, e := range h.graph.Edges {
		if e.Package == owner && e.Emits(graph.Egress) {
			for _, s := range h.graph.Subjects(e.From, graph.Egress) {
				g.causes[s.Number()] = true
			}
		}
	}
	for _, r := range h.graph.WantedDNS() {
		if r.Namespace.Owner == owner && g.isOwn(&r) {
			g.ownDNS[r.Namespace] = append(g.ownDNS[r.Namespace], r)
		}
	}
	return g
}

type toldOf struct {
	edge *graph.Edge
	n    *graph.Namespace
	// dns says that it is of the DNS egress that the edge causes.
	dns bool
}

type boundKey struct {
	n *graph.Namespace
	d graph.Directions
}

// bound is what may be open in a direction in a namespace: what is granted, and what the owner's own edges emit, for flows
// between pods and for those with addresses.
type bound struct {
	granted, own [2]*sets.Union
	// dns is the DNS egress that goes with grants.
	dns [2]*sets.Union
	// isolated is the pods that the owner isolates.
	isolated [2]*sets.Union
}

// bound returns what may be open in a namespace.
func (g *guard) bound(n *graph.Namespace, d graph.Directions) *bound {
	key := boundKey{n, d}
	if known := g.bounds[key]; known != nil {
		return known
	}
	b := &bound{}
	for i := range b.granted {
		b.granted[i], b.own[i], b.dns[i], b.isolated[i] = g.NewUnion(), g.NewUnion(), g.NewUnion(), g.NewUnion()
	}
	g.bounds[key] = b
	for _, e := range g.grants {
		subject, other := e.End(d)
		if !e.Emits(d) || !isSubject(subject) {
			continue
		}
		for _, p := range g.of(subject).Pods {
			g.add(b.granted[0], b.granted[1], d, p, g.of(other), e.Ports.Set(), 0)
			if c := &g.owner.DNS; d == graph.Egress && (c.Auto || subject.Workload != nil && subject.Workload.DNS.Is(true)) {
				// With a grant goes the DNS egress that it would have as an edge of the owner's.
				g.add(b.dns[0], b.dns[1], d, p, g.servers(c), c.PortSet().Set(), 0)
			}
		}
	}
	for _, s := range g.isolatedByOwner(n, d) {
		g.add(b.isolated[0], b.isolated[1], d, g.subject(s), new(sets.Everyone()), sets.AllPorts(), 0)
	}
	g.eachOpener(n, d, func(s graph.Subject, o opener) {
		if o.edge != nil && o.edge.Package == g.owner { // what it emits: eachOpener has isolated subjects alone
			_, other := o.edge.End(d)
			g.add(b.own[0], b.own[1], d, g.subject(s), g.of(other), o.edge.Ports.Set(), 0)
		}
	})
	if d == graph.Egress {
		for _, r := range g.ownDNS[n] {
			g.add(b.own[0], b.own[1], d, g.subject(r.Subject), g.servers(r.Config), r.Config.PortSet().Set(), 0)
		}
	}
	return b
}

// isSubject reports whether a peer can be one that policies select: at an end such as `any` a grant opens nothing.
func isSubject(p *graph.Peer) bool {
	if p.Workload != nil || p.Kind == graph.WholeNamespace {
		return p.Namespace.Selector == nil
	}
	return p.Kind == graph.AllNamespaces
}

// isolatedByOwner returns the subjects of a namespace that are isolated by what the owner says: not the workloads that
// only others declare.
func (g *guard) isolatedByOwner(n *graph.Namespace, d graph.Directions) []graph.Subject {
	var out []graph.Subject
	for _, s := range g.isolated(n, d) {
		if s.Workload == nil || g.declared[s.Workload.String()] {
			out = append(out, s)
		}
	}
	return out
}

// isOwn reports whether the owner gives a subject DNS egress by itself.
func (g *guard) isOwn(r *graph.DNSRule) bool {
	return r.Workload != nil && r.Workload.DNS.Is(true) || g.causes[r.Number()]
}

// check refuses what opens more than it may.
func (g *guard) check(s graph.Subject, d graph.Directions, o opener, out *diag.List) {
	e := o.edge
	if o.dns != nil {
		if e = o.dns.Cause; e == nil || g.isOwn(o.dns) {
			return
		}
	}
	if e.Package == g.owner || e.Package.Owns(s.Namespace.Name) {
		return
	}
	told := toldOf{e, s.Namespace, o.dns != nil}
	if g.told[told] || g.told[toldOf{e, s.Namespace, false}] {
		return
	}
	b := g.bound(s.Namespace, d)
	opened := [2]*sets.Union{g.NewUnion(), g.NewUnion()}
	g.addOpener(opened[0], opened[1], d, s, o)
	for i, u := range opened {
		for _, box := range u.Boxes() {
			ask := func(laws []sets.Law) (*sets.Box, sets.Kind, sets.Answer) {
				q := g.Ask(box, laws...).In(b.isolated[i]).NotIn(b.granted[i]).NotIn(b.own[i])
				if o.dns != nil {
					q.NotIn(b.dns[i])
				}
				found, answer := q.Find()
				return found, kindOf(d, i), answer
			}
			_, _, answer := ask(g.laws())
			if answer == sets.No {
				g.without("the grant of `"+text(e)+"`", ask)
				continue
			}
			g.told[told] = true
			if answer == sets.Undecided {
				out.Errorf(diag.NotGranted, e.Decl.Pos, "whether the owner of namespace `%s` grants `%s` is undecided: too many selectors overlap", s.Namespace.Name, text(e)).
					WithHelp("grant it in the same words: `grant: [\"%s\"]`", textFor(e, g.owner)).
					WithRelated(g.owner.Grant.Pos, "its `grant`")
				return
			}
			if o.dns != nil {
				g.reportDNS(e, s, out)
				return
			}
			g.report(e, s, d, g.portsWithin(box, b.granted[i], b.own[i]), out)
			return
		}
	}
}

// kindOf returns the kind of flows that stand at a place of a bound: those between pods, and those with addresses.
func kindOf(d graph.Directions, place int) sets.Kind {
	switch {
	case place == 0:
		return sets.PodToPod
	case d == graph.Egress:
		return sets.PodToAddress
	}
	return sets.AddressToPod
}

// portsWithin returns the ports on which some unions have all of a box, as far as single boxes of theirs do.
func (g *guard) portsWithin(box *sets.Box, unions ...*sets.Union) sets.Ports {
	var out sets.Ports
	for _, u := range unions {
		for _, c := range u.Meeting(box) {
			if common := box.WithPorts(c.Ports()); g.BoxWithin(common, c) {
				out = out.Union(common.Ports())
			}
		}
	}
	return out
}

func (g *guard) report(e *graph.Edge, s graph.Subject, d graph.Directions, granted sets.Ports, out *diag.List) {
	but := "does not grant it"
	if granted = granted.Intersect(e.Ports.Set()); !granted.IsEmpty() && !granted.Equal(e.Ports.Set()) {
		but = fmt.Sprintf("grants only `:%s` of it", granted)
	}
	g.refuse(e, s, out, "`%s` opens the %s of `%s`, and the owner of namespace `%s` %s", text(e), d, s, s.Namespace.Name, but).
		WithHelp("its owner has to allow it: %s", howToGrant(e, g.owner))
}

func (g *guard) reportDNS(e *graph.Edge, s graph.Subject, out *diag.List) {
	subject := s.String()
	if s.Namespace.Name == g.owner.Namespace.Value {
		subject = strings.TrimPrefix(subject, s.Namespace.Name+"/")
	}
	g.refuse(e, s, out, "with `%s`, `%s` has DNS egress, and the owner of namespace `%s` does not grant that", text(e), s, s.Namespace.Name).
		WithHelp("its owner has to allow it: `grant: [\"%s -> dns\"]`, or say `dns: auto: false`", subject)
}

func (g *guard) refuse(e *graph.Edge, s graph.Subject, out *diag.List, format string, args ...any) *diag.Diagnostic {
	finding := out.Errorf(diag.NotGranted, e.Decl.Pos, format, args...)
	finding.WithRelated(s.Namespace.Pos, "namespace `%s` is owned here", s.Namespace.Name).
		WithRelated(g.owner.Grant.Pos, "its `grant`")
	return finding
}

// isolates refuses workloads that only others declare, where a policy for them would isolate pods which the owner does
// not.
func (g *guard) isolates(n *graph.Namespace, out *diag.List) {
	for _, w := range n.Workloads {
		if g.declared[w.String()] {
			continue
		}
		var more graph.Directions
		for _, d := range graph.AllDirections() {
			if !w.Isolated(d) || n.DeniesAll(d) {
				continue
			}
			box := g.With(subjectSide(d), g.workload(w))
			if _, answer := g.Ask(box, g.laws()...).NotIn(g.bound(n, d).isolated[0]).Find(); answer != sets.No {
				more |= d
			}
		}
		if more != 0 {
			out.Errorf(diag.NotGranted, w.Pos, "`%s` is not declared by the owner of namespace `%s`, and would isolate its pods for %s", w, n.Name, directionsText(more)).
				WithHelp("its owner has to declare it, with the `isolate` that it wants").
				WithRelated(n.Pos, "namespace `%s` is owned here", n.Name).
				WithRelated(g.owner.Grant.Pos, "its `grant`")
		}
	}
}

func directionsText(d graph.Directions) string {
	if d == graph.Both {
		return "ingress and egress"
	}
	return d.String()
}

// howToGrant returns what the owner has to write. Names of addresses are each package's own.
func howToGrant(e *graph.Edge, owner *graph.Package) string {
	grant := fmt.Sprintf("`grant: [\"%s\"]`", textFor(e, owner))
	for _, p := range []*graph.Peer{e.From, e.To} {
		switch {
		case p.External != nil:
			return "with an `external` of the same addresses there, and an edge with it in `grant`"
		case p.Kind == graph.Internet || p.Kind == graph.APIServer:
			return fmt.Sprintf("%s, with the same addresses for `%s` there", grant, p.NameIn(nil))
		}
	}
	return grant
}

// textFor returns an edge as another package than the one that wrote it would write it.
func textFor(e *graph.Edge, p *graph.Package) string {
	x := *e
	x.Package = p
	return text(&x)
}
