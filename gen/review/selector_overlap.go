package review

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/labels"

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
		pods := onlyWorkloads(p.subjects)
		i := slices.IndexFunc(pods, func(q *pod) bool { return maps.Equal(q.Labels, s.MatchLabels) })
		if i < 0 {
			continue
		}
		for _, q := range pods {
			if sameWorkload(q.workload, pods[i].workload) || !r.hasOwn(q, pods[i]) {
				continue
			}
			r.findings.Warnf(diag.SelectorOverlap, p.Key("spec", "podSelector"), "the selector of %s also selects the pods of %s, for which there are other policies", pods[i].workload, q.workload).
				WithHelp("select by a label that only %s has, where its rules are not meant for both", pods[i].workload).
				WithRelated(pods[i].workload.Pos, "%s", pods[i].workload).WithRelated(q.workload.Pos, "%s", q.workload)
			break
		}
	}
}

// hasOwn reports whether some policy is for a pod by labels that another pod has not.
func (r *reviewer) hasOwn(q, first *pod) bool {
	return slices.ContainsFunc(r.subjectOf(q), func(p *policy) bool {
		return !selectorOf(&p.Spec.PodSelector).Matches(labels.Set(first.Labels))
	})
}
