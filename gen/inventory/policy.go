package inventory

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	kjson "sigs.k8s.io/json"

	"github.com/npgen/npgen/gen/diag"
)

// policyVersion is the only one that has a NetworkPolicy.
const policyVersion = "networking.k8s.io/v1"

// Policy is a NetworkPolicy as written, without the API server's defaults.
type Policy struct {
	networkingv1.NetworkPolicy
	Written
	Pos diag.Pos
	// Generated is set where the API server makes the name, another one each time.
	Generated bool
}

// NotCounted returns the policy as one that is not counted.
func (p *Policy) NotCounted(namespace, reason string) NotCounted {
	return NotCounted{
		Pos: p.Pos, APIVersion: p.APIVersion, Kind: p.Kind, Namespace: namespace, Name: p.Name, Reason: reason, Text: p.document.text,
	}
}

// Refused is a NetworkPolicy that Kubernetes does not take as it is written, so that it is not among the policies.
type Refused struct {
	Written
	Namespace, Name, APIVersion, Kind string
	// Finding is what was reported of it.
	Finding diag.Diagnostic
}

// isPolicy reports whether the object is meant to be a NetworkPolicy of Kubernetes; network plugins have kinds of the
// same name in API groups of their own.
func (o *object) isPolicy() bool {
	switch o.group() {
	case "networking.k8s.io", "extensions", "":
		return strings.EqualFold(o.Kind, "NetworkPolicy")
	}
	return false
}

// refuse keeps a policy that was not read. What is left of a template is none.
func (r *reader) refuse(src *source, o *object, finding *diag.Diagnostic) {
	if !o.isPolicy() || isTemplate(src.text) {
		return
	}
	namespace, name := o.names()
	r.inv.Refused = append(r.inv.Refused, &Refused{
		Written: o.Written, APIVersion: o.APIVersion, Kind: o.Kind, Namespace: namespace, Name: name, Finding: *finding,
	})
}

// policy reads a NetworkPolicy strictly, as the API server does: a misspelt field would change what it means. The field
// `status`, which older API servers add, is passed over.
func (r *reader) policy(o *object, m *meta) (string, error) {
	p := &Policy{Written: o.Written, Pos: o.pos}
	unknown, err := kjson.UnmarshalStrict(o.JSON, &p.NetworkPolicy)
	if err != nil {
		return "", err
	}
	unknown = slices.DeleteFunc(unknown, func(err error) bool { return err.Error() == `unknown field "status"` })
	if len(unknown) > 0 {
		return "", unknown[0]
	}
	p.Generated, p.ObjectMeta = p.Name == "", m.ObjectMeta
	p.APIVersion, p.Kind = o.APIVersion, o.Kind
	r.inv.Policies = append(r.inv.Policies, p)
	return "", nil
}

// emitted reads a policy of the form that npgen writes, which takes much less time. The reader of that form gives the
// object that the API machinery would give, or none.
func (r *reader) emitted(src *source) bool {
	var p networkingv1.NetworkPolicy
	if !r.fast.Document(bytes.TrimPrefix(src.text, []byte("---\n")), &p) || p.Kind != "NetworkPolicy" || p.APIVersion != policyVersion {
		return false
	}
	if metaFault(&meta{p.ObjectMeta}) != "" {
		return false
	}
	r.kubectlStops(src)
	src.isPlain = true
	object := &diag.Object{Kind: p.Kind, Namespace: p.Namespace, Name: p.Name}
	out := &Policy{NetworkPolicy: p, Written: Written{document: src.document, object: object}}
	out.Pos = out.start()
	r.inv.Policies = append(r.inv.Policies, out)
	return true
}

// other looks at an object that is not read.
func (r *reader) other(src *source, o *object) {
	switch {
	case o.isPolicy():
		r.unread(src, o, fmt.Sprintf("the API server has no `%s` in `%s`, and refuses it", o.Kind, o.APIVersion))
	case o.isForeignPolicy():
		r.foreign(o)
		r.inv.Skipped++
	default:
		r.custom(o)
		r.inv.Skipped++
		r.clue(o)
	}
}
