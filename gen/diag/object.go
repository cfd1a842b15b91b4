package diag

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// Object is an object of a manifest: what tells where a finding is when a file holds a whole cluster. Namespace is empty
// where the manifest names none.
type Object struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// String returns kind and namespace/name, as `NetworkPolicy shop/db`.
func (o *Object) String() string { return strings.TrimSpace(o.Kind + " " + o.name()) }

func (o *Object) name() string {
	if o.Namespace == "" || o.Name == "" {
		return o.Name
	}
	return o.Namespace + "/" + o.Name
}

// compareObjects orders objects, none first.
func compareObjects(a, b *Object) int {
	if a == nil || b == nil {
		return cmp.Compare(btoi(a != nil), btoi(b != nil))
	}
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// plainKey is a key of a mapping that a path writes as it is.
var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// FieldPath writes the path of a field, as `spec.ingress[0].from`: texts are keys of mappings, numbers items of lists. With
// a dot in front it is one of jq.
func FieldPath(path []any) string {
	var b strings.Builder
	for i, step := range path {
		key, isKey := step.(string)
		switch {
		case !isKey:
			fmt.Fprintf(&b, "[%d]", step)
		case !plainKey.MatchString(key):
			fmt.Fprintf(&b, "[%q]", key)
		case i > 0:
			b.WriteString("." + key)
		default:
			b.WriteString(key)
		}
	}
	return b.String()
}

// Part returns the object and the field of a place, as `NetworkPolicy shop/db: spec.egress[0]`; "" where it lies in none.
func (p Pos) Part() string {
	switch {
	case p.Object == nil:
		return ""
	case p.Field == "":
		return readable(p.Object.String())
	case p.Object.String() == "": // a kustomization may have no kind
		return readable(p.Field)
	}
	return readable(p.Object.String() + ": " + p.Field)
}

// isNamedIn reports whether a message names the object, and there is no field to add.
func (p Pos) isNamedIn(message string) bool {
	return p.Object == nil || p.Field == "" && strings.Contains(message, "`"+p.Object.name()+"`")
}

// where returns the object and the field that the finding is about, in brackets, as far as the message does not say them.
func (d Diagnostic) where() string {
	if d.Pos.isNamedIn(d.Message) {
		return ""
	}
	return " (" + d.Pos.Part() + ")"
}

// related returns the message of a related place, with what the finding has not said of it yet: the field, and the object
// where it is another one.
func (d Diagnostic) related(r Related) string {
	part := r.Pos.Part()
	switch {
	case r.Pos.isNamedIn(r.Message):
		return r.Message
	case d.Pos.Object != nil && *d.Pos.Object == *r.Pos.Object:
		part = r.Pos.Field
	case r.Message == r.Pos.Object.Kind+" `"+r.Pos.Object.Name+"`" && r.Pos.Field == "":
		part = ""
		if d.Pos.Object == nil || d.Pos.Object.Namespace != r.Pos.Object.Namespace {
			part = r.Pos.Object.Namespace
		}
		if part != "" {
			part = "namespace " + part
		}
	}
	if part == "" {
		return r.Message
	}
	return r.Message + " (" + part + ")"
}
