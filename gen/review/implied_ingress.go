package review

import (
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// impliedIngress finds policies of egress rules alone that leave policyTypes out: they deny all ingress of their pods
// as well (NetworkPolicySpec.policyTypes). Where other policies isolate the pods for ingress it changes nothing.
func (r *reviewer) impliedIngress(p *policy) {
	if p.typed || len(p.Spec.Ingress) > 0 || len(p.Spec.Egress) == 0 || p.Has("spec", "ingress") || !r.sure(p.Namespace) {
		return
	}
	others := r.NewUnion()
	for _, q := range r.selecting(p.selected) {
		if q != p && q.isolates(graph.Ingress) {
			others.Add(r.With(sets.Source, q.selected))
		}
	}
	subjects := r.subjects(p)
	isOpen := func(s *pods) bool {
		_, answer := r.About(r.With(sets.Source, s.Pods)).NotIn(others).Find()
		return answer == sets.Yes
	}
	if len(subjects) > 0 && !slices.ContainsFunc(subjects, isOpen) {
		return
	}
	r.findings.Warnf(diag.ImpliedIngress, p.Key("spec"), "without `policyTypes` this policy also denies all ingress to its pods").
		WithHelp("write `policyTypes: [Egress]`, or both types where that is meant")
}
