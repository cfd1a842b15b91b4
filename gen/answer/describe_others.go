package answer

import (
	"fmt"
	"strings"

	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
)

// otherWords puts a policy of another dialect into words.
func (in explainer) otherWords(index int) PolicyWords {
	o := &in.Cluster.Others[index]
	p := &o.Policy
	out := PolicyWords{
		Policy: p.String(), Pos: p.Pos.String(), Subject: subjectWords(p), Selects: notNil(in.Evaluator.SelectOther(index)),
		Rules: []RuleWords{}, Types: tierWords(p), Ignored: []string{},
	}
	for i, r := range p.Rules {
		ref := flows.RuleRef{Namespace: p.Namespace, Policy: p.Name, Index: index, Other: true, Direction: r.Direction, Rule: i}
		out.Rules = append(out.Rules, RuleWords{
			Pos:    in.PlaceOf(ref).String(),
			Action: strings.ToLower(r.Action.String()),
			Text:   fmt.Sprintf("%s %s %s, on %s", r.Direction, preposition(r.Direction), in.ruleWords(ref), in.portWords(ref)),
			Peers:  []string{},
		})
	}
	return out
}

// tierWords says when a policy is asked, and what it closes by itself.
func tierWords(p *rule.Policy) string {
	switch p.Tier {
	case rule.Admin:
		return fmt.Sprintf("tier Admin, priority %d: asked before NetworkPolicies, the first rule that matches decides", p.Priority)
	case rule.Baseline:
		return fmt.Sprintf("tier Baseline, priority %d: asked for pods that no NetworkPolicy isolates, the first rule that matches decides", p.Priority)
	}
	var parts []string
	for _, d := range graph.AllDirections() {
		if p.Isolates.Has(d) {
			parts = append(parts, d.String()+" is denied, but for what rules and other policies allow")
		} else {
			parts = append(parts, d.String()+" is left as it is")
		}
	}
	return strings.Join(parts, "; ")
}
