package review

import (
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// impliedIngress finds policies of egress rules alone that leave policyTypes out: they deny all ingress of their pods
// as well (NetworkPolicySpec.policyTypes). Where other policies isolate the pods for ingress it changes nothing.
func (r *reviewer) impliedIngress(p *policy) {
	if p.typed || len(p.Spec.Ingress) > 0 || len(p.Spec.Egress) == 0 || p.Has("spec", "ingress") || !r.sure(p.Namespace) {
		return
	}
	isClosed := func(s *pod) bool {
		return slices.ContainsFunc(r.selecting(s), func(q *policy) bool { return q != p && q.isolates(graph.Ingress) })
	}
	if len(p.subjects) > 0 && !slices.ContainsFunc(p.subjects, func(s *pod) bool { return !isClosed(s) }) {
		return
	}
	r.findings.Warnf(diag.ImpliedIngress, p.Key("spec"), "without `policyTypes` this policy also denies all ingress to its pods").
		WithHelp("write `policyTypes: [Egress]`, or both types where that is meant")
}
