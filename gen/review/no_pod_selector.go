package review

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/rule"
)

// noPodSelector finds policies that leave podSelector out, which selects every pod of the namespace.
func (r *reviewer) noPodSelector(p *policy) {
	if !rule.SelectsAll(&p.Spec.PodSelector) || p.Has("spec", "podSelector") {
		return
	}
	r.findings.Warnf(diag.NoPodSelector, p.Key("spec"), "without `podSelector` the policy is for every pod of its namespace").
		WithHelp("write `podSelector: {}` where that is meant")
}
