package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// forbiddenFlow refuses a build in which a flow that a guardrail forbids is open for some pod that can exist, whether an
// edge, several edges together, an overlap of selectors, DNS egress or the lack of isolation opens it. Where only a pod
// of two workloads or a namespace with labels that nobody stated could have the flow, it warns of what is not known.
func forbiddenFlow(h *halves, out *diag.List) {
	var open []missing
	for _, f := range h.graph.Forbids {
		g := h.newGuardrail(f)
		l, answer := g.leak(h.laws())
		if answer == sets.No {
			h.without("the guardrail `"+f.Decl.Text+"`", func(laws []sets.Law) (*sets.Box, sets.Kind, sets.Answer) {
				l, answer := g.leak(laws)
				if l == nil {
					return nil, 0, answer
				}
				return l.box, l.kind, answer
			})
			continue
		}
		plain, plainly := g.leak(h.plain().Laws)
		switch {
		case plainly == sets.Yes:
			g.report(plain, out)
		case answer == sets.Yes && plainly == sets.No:
			open = append(open, missing{guardrail: g, leak: l, fact: g.missingFact(l)})
		default:
			out.Errorf(diag.ForbiddenFlow, f.Decl.Pos, "whether the guardrail `%s` holds is undecided: too many selectors overlap", f.Decl.Text).
				WithHelp("use fewer label keys and expressions in the selectors that could select its ends")
		}
	}
	reportMissing(open, out)
}

// guardrail is a pair of a guardrail.
type guardrail struct {
	*halves
	*graph.Edge
	// excepted is the flows, by kind, from the sources that it does not bind; nil where it binds all.
	excepted []*sets.Union
}

func (h *halves) newGuardrail(e *graph.Edge) guardrail {
	g := guardrail{halves: h, Edge: e}
	if len(e.Except) > 0 {
		for _, kind := range sets.Kinds() {
			g.excepted = append(g.excepted, g.except(kind))
		}
	}
	return g
}

// leak is flows that are open though they are forbidden; the example of box is one.
type leak struct {
	kind sets.Kind
	box  *sets.Box
	laws []sets.Law
}

// leak looks for a flow that breaks the guardrail.
func (g guardrail) leak(laws []sets.Law) (*leak, sets.Answer) {
	undecided := false
	if g.closedByPorts(graph.Egress, confined(g.From)) || g.closedByPorts(graph.Ingress, confined(g.To)) {
		return nil, sets.No
	}
	for _, kind := range sets.Kinds() {
		for _, about := range g.flows(g.Edge, kind) {
			if g.closedAtOne(about, kind) {
				continue
			}
			box, answer := g.ask(about, kind, laws).Find()
			switch answer {
			case sets.Yes:
				return &leak{kind, box, laws}, sets.Yes
			case sets.Undecided:
				undecided = true
			}
		}
	}
	if undecided {
		return nil, sets.Undecided
	}
	return nil, sets.No
}

// ask asks for a flow of a box that is open and that the guardrail binds.
func (g guardrail) ask(about *sets.Box, kind sets.Kind, laws []sets.Law) *sets.Question {
	q := g.Ask(about, laws...)
	if g.excepted != nil {
		q.NotIn(g.excepted[kind])
	}
	return q.Pass(g.passing(graph.Egress, kind)).Pass(g.passing(graph.Ingress, kind))
}

// closedByPorts reports whether all pods of a namespace are isolated in a direction, and nothing opens it for any of them
// on a port of the guardrail. That takes no sets.
func (g guardrail) closedByPorts(d graph.Directions, n *graph.Namespace) bool {
	if n == nil || !n.DeniesAll(d) {
		return false
	}
	for o := range g.openersOf(n, d) {
		if o.ports().Overlaps(g.Ports) {
			return false
		}
	}
	return true
}

// closedAtOne reports whether the half of one end closes a box by itself. It looks at ends that lie in one namespace, as
// the half of all namespaces is large, and most guardrails hold without it.
func (g guardrail) closedAtOne(about *sets.Box, kind sets.Kind) bool {
	from, to := confined(g.From), confined(g.To)
	if from == nil && to == nil || from != nil && to != nil {
		return false
	}
	d, n := graph.Egress, from
	if n == nil {
		d, n = graph.Ingress, to
	}
	half := g.half(d, kind, n)
	if half == nil {
		return false
	}
	_, answer := g.Ask(about).Pass(half).Find()
	return answer == sets.No
}

// passing returns the part of a half that the guardrail asks of.
func (g guardrail) passing(d graph.Directions, kind sets.Kind) *sets.Half {
	subject, other := g.End(d)
	n := confined(subject)
	switch {
	case n != nil || !kind.HasPods(subjectSide(d)):
		return g.half(d, kind, n)
	case kind != sets.PodToPod:
		return g.narrow(d, outside)
	case confined(other) != nil:
		return g.narrow(d, confined(other).Name)
	}
	return g.half(d, kind, nil)
}

// except returns the flows from the sources that the guardrail does not bind.
func (g guardrail) except(kind sets.Kind) *sets.Union {
	u := g.NewUnion()
	for _, p := range g.Except {
		s := g.of(p)
		if kind == sets.AddressToPod {
			u.Add(g.FlowsWith(sets.Destination, sets.Pods{}, s.Addresses, sets.AllPorts()))
			continue
		}
		for _, pods := range s.Pods {
			u.Add(g.With(sets.Source, pods))
		}
	}
	return u
}

// declared narrows a leak to one between declared workloads, as far as there is one.
func (g guardrail) declared(l *leak) *leak {
	for _, sides := range [][]sets.Side{{sets.Source, sets.Destination}, {sets.Source}, {sets.Destination}} {
		for _, kind := range sets.Kinds() {
			if slices.ContainsFunc(sides, func(s sets.Side) bool { return !kind.HasPods(s) }) {
				continue
			}
			for _, about := range g.flows(g.Edge, kind) {
				q := g.ask(about, kind, l.laws)
				for _, s := range sides {
					q.Among(g.ofWorkloads(s))
				}
				if box, answer := q.Find(); answer == sets.Yes {
					return &leak{kind, box, l.laws}
				}
			}
		}
	}
	return l
}

// ports returns the ports that are open between the ends of a leak, those of its example and as many more as openers
// are for both ends.
func (g guardrail) ports(l *leak) sets.Ports {
	out := g.Ports.Set()
	for _, half := range []*sets.Half{g.passing(graph.Egress, l.kind), g.passing(graph.Ingress, l.kind)} {
		if half == nil || len(half.Isolated.Meeting(l.box)) == 0 {
			continue
		}
		var open sets.Ports
		for _, c := range half.Rules.Meeting(g.withPorts(l.box, sets.AllPorts())) {
			if g.BoxWithin(g.withPorts(l.box, c.Ports()), c) {
				open = open.Union(c.Ports())
			}
		}
		if half.Isolated.Covering(l.box) != nil {
			out = out.Intersect(open)
		}
	}
	return out
}

// withPorts returns the flows of a box on other ports.
func (h *halves) withPorts(b *sets.Box, ports sets.Ports) *sets.Box {
	return b.AndPorts(ports).WithPorts(ports)
}

// opening returns what opens the flows that the guardrail forbids: edges, and DNS rules that no edge writes.
func (g guardrail) opening(laws []sets.Law) ([]*graph.Edge, []*graph.DNSRule) {
	found := openers{edges: map[*graph.Edge]bool{}, rules: map[*graph.DNSRule]bool{}}
	g.eachRule(sets.Kinds(), func(kind sets.Kind, half *sets.Half) {
		for _, about := range g.flows(g.Edge, kind) {
			for _, c := range half.Rules.Meeting(about) {
				o := g.openers[c.Mark]
				if found.has(o) {
					continue
				}
				through, ok := g.Intersect(about, c)
				if !ok {
					continue
				}
				if _, answer := g.ask(through, kind, laws).Find(); answer == sets.Yes {
					found.add(o)
				}
			}
		}
	})
	slices.SortStableFunc(found.edge, func(a, b *graph.Edge) int { return a.Decl.Pos.Compare(b.Decl.Pos) })
	return found.edge, found.dns
}

// openingOne returns what opens the flows of a leak.
func (g guardrail) openingOne(l *leak) ([]*graph.Edge, []*graph.DNSRule) {
	found := openers{edges: map[*graph.Edge]bool{}, rules: map[*graph.DNSRule]bool{}}
	example := l.box.WithPorts(l.box.Ports().First())
	g.eachRule([]sets.Kind{l.kind}, func(_ sets.Kind, half *sets.Half) {
		for _, c := range half.Rules.Meeting(example) {
			if g.BoxWithin(example, c) {
				found.add(g.openers[c.Mark])
			}
		}
	})
	return found.edge, found.dns
}

// eachRule calls do with the halves that the guardrail is asked of.
func (g guardrail) eachRule(kinds []sets.Kind, do func(sets.Kind, *sets.Half)) {
	for _, d := range []graph.Directions{graph.Egress, graph.Ingress} {
		for _, kind := range kinds {
			if len(g.flows(g.Edge, kind)) == 0 {
				continue
			}
			if half := g.passing(d, kind); half != nil {
				do(kind, half)
			}
		}
	}
}

// openers is edges and DNS rules, each once.
type openers struct {
	edges map[*graph.Edge]bool
	rules map[*graph.DNSRule]bool
	edge  []*graph.Edge
	dns   []*graph.DNSRule
}

func (x *openers) has(o opener) bool { return x.edges[o.edge] || x.rules[o.dns] }

// add adds an opener. A DNS rule that edges ask for is those edges.
func (x *openers) add(o opener) {
	written := []*graph.Edge{o.edge}
	if o.dns != nil {
		x.rules[o.dns] = true
		written = o.dns.Asked
		if len(written) == 0 {
			x.dns = append(x.dns, o.dns)
		}
	}
	for _, e := range written {
		if !x.edges[e] {
			x.edges[e] = true
			x.edge = append(x.edge, e)
		}
	}
}

func (g guardrail) report(l *leak, out *diag.List) {
	l = g.declared(l)
	flow := g.text(l)
	edges, dns := g.opening(l.laws)
	if len(edges) == 0 && len(dns) == 0 {
		out.Errorf(diag.ForbiddenFlow, g.Decl.Pos, "the guardrail `%s` does not hold: `%s` is open, since nothing isolates either end", g.Decl.Text, flow).
			WithHelp("isolate one end: declare the flow's source for `egress` or its target for `ingress`")
		return
	}
	finding := out.Errorf(diag.ForbiddenFlow, g.Decl.Pos, "the guardrail `%s` does not hold: `%s` is open", g.Decl.Text, flow)
	if len(edges) > 0 {
		finding.WithHelp("remove or narrow the edges that open it")
	} else {
		finding.WithHelp("take its DNS egress away: `dns: false` for the workload, or `dns: auto: false` for the package")
	}
	relate(finding, edges, dns)
}

func relate(finding *diag.Diagnostic, edges []*graph.Edge, dns []*graph.DNSRule) {
	for _, e := range edges {
		finding.WithRelated(e.Decl.Pos, "`%s` opens it", e.Decl.Text)
	}
	for _, rule := range dns {
		if rule.Cause != nil {
			finding.WithRelated(rule.Cause.Decl.Pos, "with `%s`, `%s` has DNS egress", rule.Cause.Decl.Text, rule.Subject)
		} else {
			finding.WithRelated(rule.Workload.DNS.Pos, "`dns: true` opens it")
		}
	}
}

// text returns a leak as an edge.
func (g guardrail) text(l *leak) string {
	w := g.Witness(l.box, l.kind)
	return fmt.Sprintf("%s -> %s:%s", g.describe(l, sets.Source, w.From), g.describe(l, sets.Destination, w.To), g.ports(l))
}

// describe returns an end of a leak: a workload, every pod of a namespace, or else the example.
func (g guardrail) describe(l *leak, side sets.Side, example sets.End) string {
	peer := g.From
	if side == sets.Destination {
		peer = g.To
	}
	switch {
	case !l.kind.HasPods(side) && peer.Kind == graph.Any:
		return "any address"
	case !l.kind.HasPods(side):
		return name(g.Edge, peer)
	case peer.Kind == graph.DNS:
		return "dns"
	}
	if w := g.narrowest(l, side); w != nil && (w.Namespace.Selector == nil || confined(peer) == nil) {
		return w.String()
	}
	n := g.named(example.Namespace)
	switch {
	case len(example.Labels) > 0 || len(example.NamespaceLabels) > 0 && (n == nil || n.KnownLabels == nil):
		if where := example.Where(); where != "" && (n == nil || n.KnownLabels == nil) {
			return example.Text() + " where " + where
		}
		return example.Text()
	case n != nil:
		return n.Name + "/*"
	case peer.Kind == graph.AllNamespaces || peer.Kind == graph.Any:
		return "any other namespace"
	}
	return name(g.Edge, peer)
}

// named returns the namespace that is declared by a name, nil for none.
func (h *halves) named(name string) *graph.Namespace {
	at, known := slices.BinarySearchFunc(h.graph.Namespaces, name, func(n *graph.Namespace, name string) int { return strings.Compare(n.Name, name) })
	if !known || h.graph.Namespaces[at].Selector != nil {
		return nil
	}
	return h.graph.Namespaces[at]
}

// narrowest returns the workload that all pods at an end of a leak are of, the narrowest of several; nil where there is
// none.
func (g guardrail) narrowest(l *leak, side sets.Side) *graph.Workload {
	var out *graph.Workload
	pods := l.box.Pods(side)
	k := g.known()
	for _, b := range g.ofWorkloads(side).Meeting(l.box) {
		w := k.workloads[b.Mark]
		if g.Within(pods, g.workload(w)) && (out == nil || g.Within(k.OfWorkload(k.places[w]), k.OfWorkload(k.places[out]))) {
			out = w
		}
	}
	return out
}
