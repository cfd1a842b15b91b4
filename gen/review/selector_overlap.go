package review

import (
	"maps"
	"slices"

	"github.com/npgen/npgen/gen/diag"
)

// overlaps finds policies made for one workload whose selector also selects another, which has policies of its own: the
// labels of the first are some of those of the second. Rules for the first then hold for the second as well.
func (r *reviewer) overlaps() {
	for _, p := range r.policies {
		s := &p.Spec.PodSelector
		if len(s.MatchLabels) == 0 || len(s.MatchExpressions) > 0 || !r.sure(p.Namespace) {
			continue
		}
		found := onlyWorkloads(r.podsOf(p.selected))
		i := slices.IndexFunc(found, func(q *pods) bool { return maps.Equal(q.workload.Labels, s.MatchLabels) })
		if i < 0 {
			continue
		}
		for _, q := range found {
			if sameWorkload(q.workload, found[i].workload) || !r.hasOwn(q, found[i]) {
				continue
			}
			r.findings.Warnf(diag.SelectorOverlap, p.Key("spec", "podSelector"), "the selector of %s also selects the pods of %s, for which there are other policies", found[i].workload, q.workload).
				WithHelp("select by a label that only %s has, where its rules are not meant for both", found[i].workload).
				WithRelated(found[i].workload.Pos, "%s", found[i].workload).WithRelated(q.workload.Pos, "%s", q.workload)
			break
		}
	}
}

// hasOwn reports whether some policy is for a pod by labels that another pod has not.
func (r *reviewer) hasOwn(q, first *pods) bool {
	return slices.ContainsFunc(r.selecting(q.Pods), func(p *policy) bool { return !r.Within(first.Pods, p.selected) })
}
