package inventory

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Stable returns the labels by which a workload is known through its versions: those of its controller's selector, or
// else of its pods, without what changes from one release to the next.
func (inv *Inventory) Stable(w *Workload) map[string]string {
	own := w.Selector
	if len(own) == 0 {
		own = w.Labels
	}
	out := maps.Clone(own)
	maps.DeleteFunc(out, func(k, _ string) bool { return IsGenerated(k) || IsVersion(k) && !inv.splitBy(w, k) })
	switch {
	case len(out) > 0:
		return out
	case w.Kind == "Job" && len(validation.IsValidLabelValue(w.Name)) == 0:
		return map[string]string{"batch.kubernetes.io/job-name": w.Name}
	}
	out = maps.Clone(own)
	maps.DeleteFunc(out, func(k, _ string) bool { return IsGenerated(k) })
	return out
}

// IsVersion reports whether a label changes from one release to the next.
func IsVersion(key string) bool {
	switch key {
	case "version", "app.kubernetes.io/version", "app.kubernetes.io/managed-by", "helm.sh/chart", "chart", "heritage":
		return true
	}
	return false
}

// splitBy reports whether some Service of the workload's namespace tells pods apart by a label.
func (inv *Inventory) splitBy(w *Workload, key string) bool {
	return slices.ContainsFunc(inv.Services, func(s *Service) bool {
		_, ok := s.Selector[key]
		return ok && s.Namespace == w.Namespace
	})
}
