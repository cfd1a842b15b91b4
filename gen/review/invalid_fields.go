package review

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/inventory"
)

// fields finds what the API server's strict reading of a NetworkPolicy refuses: fields that it has not, and values of
// another type.
func (r *reviewer) fields(w inventory.Written) {
	f := fieldReader{r, w}
	if spec := inventory.Resolve(w.Node()); spec != nil && spec.Kind == yaml.MappingNode {
		f.value(spec, reflect.TypeFor[networkingv1.NetworkPolicy](), "")
	}
}

type fieldReader struct {
	*reviewer
	inventory.Written
}

func (f fieldReader) invalid(n *yaml.Node, format string, args ...any) *diag.Diagnostic {
	return f.findings.Errorf(diag.InvalidPolicy, f.At(n), format, args...)
}

// value compares a YAML value with the type of the API that it is read into.
func (f fieldReader) value(n *yaml.Node, t reflect.Type, path string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	isNull := n.Kind == yaml.ScalarNode && n.Tag == "!!null"
	n = inventory.Resolve(n)
	switch {
	case isNull || n == nil:
	case t == reflect.TypeFor[intstr.IntOrString]():
		if n.Kind != yaml.ScalarNode || n.Tag != "!!int" && n.Tag != "!!str" {
			f.invalid(n, "`%s` is not a port number or the name of a port", path)
		}
	case t.Kind() == reflect.Struct && len(f.fieldsOf(t)) > 0:
		f.object(n, t, path)
	case t.Kind() == reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			f.wrong(n, path, "a list").WithHelp("start each item with `-`")
			return
		}
		for i, item := range n.Content {
			f.value(item, t.Elem(), fmt.Sprintf("%s[%d]", path, i))
		}
	case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.String:
		f.strings(n, path)
	case t.Kind() == reflect.String:
		f.text(n, path)
	case t.Kind() == reflect.Int32 && (n.Kind != yaml.ScalarNode || n.Tag != "!!int"):
		f.wrong(n, path, "a number")
	}
}

func (f fieldReader) wrong(n *yaml.Node, path, want string) *diag.Diagnostic {
	kinds := map[yaml.Kind]string{yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.ScalarNode: "`" + n.Value + "`"}
	return f.invalid(n, "`%s` is %s, expected %s", path, kinds[n.Kind], want)
}

func (f fieldReader) strings(n *yaml.Node, path string) {
	if n.Kind != yaml.MappingNode {
		f.wrong(n, path, "a mapping")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		f.text(n.Content[i+1], path+"."+n.Content[i].Value)
	}
}

// text asks for a text, where YAML reads `1.0`, `yes` and `true` as something else. To the API machinery's YAML library
// dates are texts.
func (f fieldReader) text(n *yaml.Node, path string) {
	n = inventory.Resolve(n)
	switch {
	case n == nil:
	case n.Kind != yaml.ScalarNode:
		f.wrong(n, path, "a text")
	case slices.Contains([]string{"!!bool", "!!int", "!!float"}, n.Tag):
		f.wrong(n, path, "a text").WithHelp("put it in quotes: `%q`", n.Value)
	}
}

func (f fieldReader) object(n *yaml.Node, t reflect.Type, path string) {
	if n.Kind != yaml.MappingNode {
		f.wrong(n, path, "a mapping")
		return
	}
	known := f.fieldsOf(t)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := strings.TrimPrefix(path+"."+key.Value, ".")
		field, ok := known[key.Value]
		switch {
		case ok:
			f.value(value, field, at)
		case key.Tag == "!!merge", path == "" && key.Value == "status":
		default:
			f.unknown(key, known, path)
		}
	}
}

// fieldsOf is jsonFields, remembered.
func (f fieldReader) fieldsOf(t reflect.Type) map[string]reflect.Type {
	if f.apiFields[t] == nil {
		f.apiFields[t] = jsonFields(t)
	}
	return f.apiFields[t]
}

func (f fieldReader) unknown(key *yaml.Node, known map[string]reflect.Type, path string) {
	where := "a NetworkPolicy"
	if path != "" {
		where = "`" + path + "`"
	}
	finding := f.invalid(key, "`%s` is not a field of %s", key.Value, where)
	homes := fieldHomes(key.Value)
	near := diag.Nearest(key.Value, maps.Keys(known))
	switch {
	case near != "":
		finding.WithHelp("did you mean `%s`?", near)
	case len(homes) > 0:
		finding.WithHelp("`%s` is a field of %s", key.Value, strings.Join(homes, " and of "))
	default:
		finding.WithHelp("it has %s", quoted(slices.Sorted(maps.Keys(known))))
	}
}

func quoted(words []string) string { return "`" + strings.Join(words, "`, `") + "`" }

// jsonFields returns the fields of an API type by their names in JSON.
func jsonFields(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-" || !field.IsExported():
		case name == "" && field.Anonymous:
			maps.Copy(out, jsonFields(field.Type))
		case name != "":
			out[name] = field.Type
		}
	}
	return out
}

// fieldHomes returns where in a NetworkPolicy's spec a field belongs.
func fieldHomes(name string) []string {
	var out []string
	var walk func(t reflect.Type, path string)
	walk = func(t reflect.Type, path string) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			if t.Kind() == reflect.Slice {
				path += "[]"
			}
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || t == reflect.TypeFor[intstr.IntOrString]() {
			return
		}
		fields := jsonFields(t)
		for _, k := range slices.Sorted(maps.Keys(fields)) {
			if k == name {
				out = append(out, "`"+path+"`")
			}
			walk(fields[k], path+"."+k)
		}
	}
	walk(reflect.TypeFor[networkingv1.NetworkPolicySpec](), "spec")
	if len(out) > 2 {
		return out[:2]
	}
	return out
}
