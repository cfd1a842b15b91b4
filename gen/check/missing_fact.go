package check

import (
	"fmt"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// missing is a guardrail that holds only if pods and namespaces are as most are, and what would have to be known.
type missing struct {
	guardrail
	leak *leak
	fact fact
}

// fact is what nobody stated: labels of a namespace, or that no pod is of two workloads or no namespace of two entries.
type fact struct {
	// of is what it is about: facts about the same are one.
	of string
	// text says what is open, help what settles it.
	text, help string
}

// missingFact returns what the example of a leak rests on.
func (g guardrail) missingFact(l *leak) fact {
	h, known, plain := g.halves, g.known(), g.plain()
	w := h.Witness(l.box, l.kind)
	for side, end := range []sets.End{w.From, w.To} {
		side := sets.Side(side)
		if !l.kind.HasPods(side) {
			continue
		}
		if n := h.named(end.Namespace); n != nil && n.KnownLabels == nil && len(end.NamespaceLabels) > 0 {
			return fact{
				"namespace " + n.Name,
				fmt.Sprintf("the labels of namespace `%s` are not known", n.Name),
				fmt.Sprintf("say which labels it has besides its name: `namespaces: \"%s\": {owned: %t, knownLabels: {}}`", n.Name, n.Owned()),
			}
		}
		if a, b, ok := plain.Workloads.Both(h.Space, l.box, side); ok {
			unknown, other := g.unknown(known.workloads[a], known.workloads[b])
			return fact{
				"workload " + unknown.String(),
				fmt.Sprintf("the labels of the pods of `%s` are not known, one could be of `%s` too", unknown, other),
				fmt.Sprintf("say which labels they have besides the selector's: `workloads: \"%s\": knownLabels: {}`", unknown),
			}
		}
		if a, b, ok := plain.Entries.Both(h.Space, l.box, side); ok {
			m, n := known.entries[a], known.entries[b]
			if m.Name > n.Name {
				m, n = n, m
			}
			return fact{
				"namespaces " + m.Name + " " + n.Name,
				fmt.Sprintf("a namespace could be one of both `%s` and `%s`", m.Name, n.Name),
				"declare the namespaces by name, with their `knownLabels`",
			}
		}
	}
	return fact{"pods", "pods that nothing declares could be otherwise", "declare the pods with their `knownLabels`"}
}

// unknown returns the one of two workloads whose known labels would settle whether a pod is of both, of two the one that
// the guardrail names, and the other.
func (g guardrail) unknown(v, w *graph.Workload) (unknown, other *graph.Workload) {
	isFirst := v.String() < w.String()
	switch {
	case v.KnownLabels != nil || w.KnownLabels != nil:
		isFirst = v.KnownLabels == nil
	case g.From.Workload == v || g.To.Workload == v:
		isFirst = true
	case g.From.Workload == w || g.To.Workload == w:
		isFirst = false
	}
	if isFirst {
		return v, w
	}
	return w, v
}

// reportMissing warns once of each fact that guardrails depend on.
func reportMissing(all []missing, out *diag.List) {
	byFact := map[string][]missing{}
	var facts []string
	for _, m := range all {
		if len(byFact[m.fact.of]) == 0 {
			facts = append(facts, m.fact.of)
		}
		byFact[m.fact.of] = append(byFact[m.fact.of], m)
	}
	for _, of := range facts {
		group := byFact[of]
		first, f := group[0], group[0].fact
		others := map[*graph.EdgeDecl]bool{first.Decl: true}
		var rest []missing
		for _, m := range group[1:] {
			if !others[m.Decl] {
				others[m.Decl] = true
				rest = append(rest, m)
			}
		}
		depend := fmt.Sprintf("the guardrail `%s` depends on it", first.Decl.Text)
		if len(rest) > 0 {
			depend = fmt.Sprintf("%d guardrails depend on it, first `%s`", len(rest)+1, first.Decl.Text)
		}
		finding := out.Warnf(diag.ForbiddenFlow, first.Decl.Pos, "%s, and %s: `%s` would be open", f.text, depend, first.example()).
			WithHelp("%s", f.help)
		for _, m := range rest {
			finding.WithRelated(m.Decl.Pos, "`%s`", m.Decl.Text)
		}
		edges, dns := first.openingOne(first.leak)
		relate(finding, edges, dns)
	}
}

// example returns the flow that the guardrail would have to close, with pods by all of their labels.
func (m missing) example() string {
	return m.Witness(m.leak.box, m.leak.kind).Text()
}
