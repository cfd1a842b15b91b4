package review

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/inventory"
)

// apiVersion finds policies of APIs that are gone or never were. extensions/v1beta1 was removed in Kubernetes 1.16
// (Deprecated API Migration Guide).
func (r *reviewer) apiVersion(w inventory.Written, version string) bool {
	const current = "networking.k8s.io/v1"
	switch version {
	case current:
		return false
	case "extensions/v1beta1":
		r.findings.Errorf(diag.APIVersion, w.Value("apiVersion"), "`%s` has no NetworkPolicy since Kubernetes 1.16", version).
			WithHelp("write `apiVersion: %s`; the fields are the same", current)
	case "":
		r.findings.Errorf(diag.APIVersion, w.Key("kind"), "the NetworkPolicy has no `apiVersion`").WithHelp("write `apiVersion: %s`", current)
	default:
		r.findings.Errorf(diag.APIVersion, w.Value("apiVersion"), "`%s` has no NetworkPolicy", version).WithHelp("write `apiVersion: %s`", current)
	}
	return true
}
