package inventory

import (
	"strings"

	"github.com/npgen/npgen/gen/diag"
	cluster "github.com/npgen/npgen/gen/dialect/clusternetworkpolicy/read"
	"github.com/npgen/npgen/gen/rule"
)

// foreign notes a policy of another kind, and what it means where the kind is one that npgen reads. One that Kubernetes
// would not take means nothing.
func (r *reader) foreign(o *object) {
	out := o.notCounted("npgen does not read policies of this kind")
	read := readerOf(o.APIVersion, o.Kind)
	if read == nil {
		r.notCounted(out)
		return
	}
	out.Reason = "policies of this kind are not counted here"
	means, parts, err := read(o.JSON)
	if err != nil {
		out.Reason = strings.Join(strings.Fields(err.Error()), " ")
		finding := r.findings.Warnf(diag.ManifestSyntax, o.pos, "this is not a %s as Kubernetes takes it: %s", o.Kind, out.Reason).
			WithHelp("it is not counted; `kubectl apply --dry-run=server` shows what the API server says")
		refused := *finding
		out.Refused = &refused
		r.notCounted(out)
		return
	}
	means.Pos = o.pos
	out.Means, out.Parts = &means, parts
	r.notCounted(out)
}

// readerOf returns what reads objects of a kind, nil where nothing does: what an object means, and what of it is not in
// there.
func readerOf(apiVersion, kind string) func([]byte) (rule.Policy, []string, error) {
	if apiVersion == cluster.APIVersion && kind == cluster.Kind {
		return cluster.Policy
	}
	return nil
}
