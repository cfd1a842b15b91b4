package inventory

import (
	"encoding/json"
	"errors"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen/diag"
)

// Policy is a NetworkPolicy as written, without the API server's defaults.
type Policy struct {
	networkingv1.NetworkPolicy
	Written
	Pos diag.Pos
}

// Refused is a NetworkPolicy that Kubernetes does not take as it is written, so that it is not among the policies.
type Refused struct {
	Written
	Namespace, Name, APIVersion, Kind string
	// Finding is what was reported of it; its rule is empty for one of an API that is gone, which reading passes over.
	Finding diag.Diagnostic
}

// isPolicy reports whether the object is meant to be a NetworkPolicy of Kubernetes; network plugins have kinds of the
// same name in API groups of their own.
func (o *object) isPolicy() bool {
	switch o.group() {
	case "networking.k8s.io", "extensions", "":
		return strings.EqualFold(o.kind, "NetworkPolicy")
	}
	return false
}

// refuse keeps a policy that was not read. What is left of a template is none.
func (r *reader) refuse(src *source, o *object, reported bool) {
	if !o.isPolicy() || isTemplate(src.part.text) {
		return
	}
	out := &Refused{
		Written: o.written, APIVersion: o.apiVersion, Kind: o.kind,
		Namespace: scalar(valueOf(valueOf(o.node, "metadata"), "namespace")), Name: scalar(valueOf(valueOf(o.node, "metadata"), "name")),
	}
	if reported {
		out.Finding = r.findings[len(r.findings)-1]
	}
	r.inv.Refused = append(r.inv.Refused, out)
}

// policy reads a NetworkPolicy strictly: a misspelt field would change what it means. The field `status`, which older
// API servers add, is passed over.
func (r *reader) policy(o *object, m *meta) (int, string, error) {
	var fields map[string]any
	if line, err := o.decode(&fields); err != nil {
		return line, "", err
	}
	delete(fields, "status")
	data, err := json.Marshal(fields)
	if err != nil {
		return 0, "", err
	}
	p := &Policy{Written: o.written, Pos: o.pos}
	if err := yaml.UnmarshalStrict(data, &p.NetworkPolicy); err != nil {
		return 0, "", errors.New(strings.TrimPrefix(err.Error(), "error unmarshaling JSON: while decoding JSON: json: "))
	}
	p.ObjectMeta = m.ObjectMeta
	r.inv.Policies = append(r.inv.Policies, p)
	return 0, "", nil
}
