package review

import (
	"reflect"

	"github.com/npgen/npgen/gen/diag"
)

// duplicates finds two policies of one name that say different things: applying the second replaces the first. Files apart
// may be a base and what changes it, where there is a kustomization.
func (r *reviewer) duplicates() {
	type place struct{ namespace, name string }
	seen := map[place]*policy{}
	for _, p := range r.policies {
		at := place{p.Namespace, p.Name}
		first := seen[at]
		if p.GenerateName != "" {
			continue
		}
		seen[at] = p
		if first == nil || reflect.DeepEqual(first.Spec, p.Spec) {
			continue
		}
		severity, where := diag.Error, "the file has"
		if p.File() != first.File() {
			severity, where = diag.Warning, "there are"
			if r.inv.Kustomized {
				severity = diag.Info
			}
		}
		finding := r.findings.Errorf(diag.DuplicatePolicy, p.Value("metadata", "name"), "%s two policies `%s` in namespace `%s`, and the last one that is applied replaces the other", where, p.Name, p.Namespace).
			WithHelp("give each a name of its own").WithRelated(first.Value("metadata", "name"), "the first one")
		finding.Severity = severity
	}
}
