package load

import (
	"slices"
	"strings"

	"cuelang.org/go/cue"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// decoded is a package, and whether it set any field of the language.
type decoded struct {
	*graph.Package
	empty bool
}

// decoder turns an evaluated package into declarations. It reports wrong types and texts, and passes over values that
// CUE itself has reported.
type decoder struct {
	*translator
	findings diag.List
}

func (d *decoder) wrongType(v node, near diag.Pos, what, expected, help string) {
	finding := d.findings.Errorf(diag.WrongType, d.at(v, near), "%s must be %s, not %s", what, expected, shown(v))
	if help != "" {
		finding.WithHelp("%s", help)
	}
}

// shown returns a value as the user would recognise it.
func shown(v node) string {
	switch v.IncompleteKind() {
	case cue.StructKind:
		return "a struct"
	case cue.ListKind:
		return "a list"
	}
	return "`" + cut(strings.Join(strings.Fields(v.text()), " ")) + "`"
}

// str returns a string.
func (d *decoder) str(v node, near diag.Pos, what string) (string, bool) {
	return d.strOr(v, near, what, inQuotes(value(v)))
}

// strOr returns a string; the help says what to write instead of something else.
func (d *decoder) strOr(v node, near diag.Pos, what, help string) (string, bool) {
	v = value(v)
	s, err := v.str()
	if err != nil {
		if !broken(v) {
			d.wrongType(v, near, what, "a string", help)
		}
		return "", false
	}
	return s, true
}

func (d *decoder) text(v node, near diag.Pos, what string) graph.Text {
	s, ok := d.str(v, near, what)
	if !ok {
		return graph.Text{}
	}
	return graph.Text{Value: s, Pos: d.at(v, near)}
}

func (d *decoder) boolean(v node, near diag.Pos, what string) graph.Bool {
	v = value(v)
	b, err := v.boolean()
	if err != nil {
		if !broken(v) {
			d.wrongType(v, near, what, "`true` or `false`", asBoolean(v))
		}
		return graph.Bool{}
	}
	return graph.Bool{Value: b, Set: true, Pos: d.at(v, near)}
}

// word returns a string that is one of a few.
func (d *decoder) word(v node, near diag.Pos, what string, words ...string) (string, bool) {
	v = value(v)
	if broken(v) {
		return "", false
	}
	s, err := v.str()
	if err == nil && slices.Contains(words, s) {
		return s, true
	}
	finding := d.findings.Errorf(diag.InvalidValue, d.at(v, near), "%s must be %s, not %s", what, oneOf(words), shown(v))
	if close := diag.Nearest(s, slices.Values(words)); close != "" {
		finding.WithHelp("did you mean `%s`?", close)
	}
	return "", false
}

func oneOf(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = "`" + w + "`"
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}

// list calls f for each element of a list.
func (d *decoder) list(v node, near diag.Pos, what, of string, f func(node)) {
	v = value(v)
	elements, err := v.elements()
	if err != nil {
		if !broken(v) {
			d.wrongType(v, near, what, "a list of "+of, inBrackets(v, of))
		}
		return
	}
	for v := range elements {
		f(v)
	}
}

// entries calls f for each field of a struct whose names the user chooses.
func (d *decoder) entries(v node, near diag.Pos, what string, f func(name string, v node)) {
	v = value(v)
	fields, err := v.fields()
	if err != nil {
		if !broken(v) {
			d.wrongType(v, near, what, "a struct", structLike(what))
		}
		return
	}
	for name, v := range fields {
		f(name, v)
	}
}

// inQuotes says how to write a value as a string.
func inQuotes(v node) string {
	switch v.Kind() {
	case cue.IntKind, cue.FloatKind, cue.BoolKind:
		return "write it in quotes: `\"" + v.text() + "\"`"
	case cue.BytesKind:
		return "strings stand in double quotes"
	}
	return ""
}

// asBoolean says which boolean a string was meant for.
func asBoolean(v node) string {
	s, _ := v.str()
	switch strings.ToLower(s) {
	case "true", "yes", "on":
		return "write `true`, without quotes"
	case "false", "no", "off":
		return "write `false`, without quotes"
	}
	return ""
}

// inBrackets says how to write a value as a list.
func inBrackets(v node, of string) string {
	switch k := v.Kind(); {
	case of == "edges" && k == cue.StructKind:
		return "write one list: `[...]`; only `allow` takes lists by name"
	case k == cue.StringKind, k == cue.IntKind && strings.Contains(of, "port"):
		return "write it in brackets: `[" + strings.Trim(shown(v), "`") + "]`"
	}
	return "a list stands in brackets: `[...]`"
}

// structLike returns what a struct of the language looks like.
func structLike(what string) string {
	if kind, name, ok := strings.Cut(what, " `"); ok && name != "" {
		what = kind // the workload `api`: as every workload
	}
	example := map[string]string{
		"`namespaces`":     "{shop: {}, monitoring: owned: false}",
		"`workloads`":      "{api: {}, db: ports: sql: 5432}",
		"the workload":     "{}` or `{ports: http: 80}",
		"the namespace":    "{}` or `{owned: false}",
		"`labels`":         "{app: \"api\"}",
		"`knownLabels`":    "{tier: \"web\"}",
		"`ports`":          "{http: 80}",
		"`service`":        "{name: \"api\", ports: \"80\": 8080}",
		"`service: ports`": "{\"80\": 8080}",
		"`external`":       "{crm: cidrs: [\"203.0.113.0/24\"]}",
		"the external":     "{cidrs: [\"203.0.113.0/24\"]}",
		"`groups`":         "{front: [\"web\", \"api\"]}",
		"`cluster`":        "{name: \"east\"}",
		"`apiserver`":      "{cidrs: [\"10.0.0.1/32\"], ports: [6443]}",
		"`internet`":       "{except: [\"203.0.113.0/24\"]}",
		"`tests`":          "{allow: [\"api -> db\"], deny: [\"web -> db\"]}",
		"the test peer":    "{labels: app: \"x\"}",
		"an expression":    "{key: \"tier\", operator: \"In\", values: [\"db\"]}",
	}[what]
	if example == "" {
		return ""
	}
	return "write `" + example + "`"
}

// fields is what a struct of the language may hold, by name.
type fields []struct {
	name string
	read func(node)
}

// structure calls the function of each field that is set; a field that the language does not have is an error. It
// returns whether the value is a struct of known fields, so that a field that is not there was not meant.
func (d *decoder) structure(v node, near diag.Pos, what string, known fields) bool {
	fine := value(v).IncompleteKind() == cue.StructKind
	d.entries(v, near, what, func(name string, v node) {
		for _, f := range known {
			if f.name == name {
				f.read(v)
				return
			}
		}
		fine = false
		d.unknownField(name, d.label(v, near), what, known)
	})
	return fine
}

func (d *decoder) unknownField(name string, pos diag.Pos, what string, fields fields) {
	var known []string
	for _, f := range fields {
		known = append(known, f.name)
	}
	slices.Sort(known)
	finding := d.findings.Errorf(diag.UnknownField, pos, "%s has no field `%s`", what, name)
	if near := diag.Nearest(name, slices.Values(known)); near != "" {
		finding.WithHelp("did you mean `%s`?", near)
	} else {
		finding.WithHelp("its fields are %s; a helper of your own is a hidden field `_%s` or a definition `#%s`", oneOf(known), name, name)
	}
}
