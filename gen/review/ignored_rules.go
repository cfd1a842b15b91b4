package review

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// ignoredRules finds rules of a direction that policyTypes leaves out: Kubernetes ignores them (NetworkPolicySpec).
func (r *reviewer) ignoredRules(p *policy) {
	for _, d := range graph.AllDirections() {
		rules := p.rulesOf(d)
		if p.isolates(d) || len(rules) == 0 {
			continue
		}
		name, _ := field(d)
		r.findings.Errorf(diag.IgnoredRules, p.Key("spec", name), "Kubernetes ignores these %s rules, as `policyTypes` does not say `%s`", name, typeName(d)).
			WithHelp("add `%s` to `policyTypes`, which also closes the pods for all other %s; or remove the rules", typeName(d), name).
			WithRelated(p.Key("spec", "policyTypes"), "the `policyTypes`")
	}
}
