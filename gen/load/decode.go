package load

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"

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
	// written is where the user's files write the fields that have a default in the schema, by path.
	written map[string]diag.Pos
}

func newDecoder(t *translator, files []*ast.File) *decoder {
	d := &decoder{translator: t, written: map[string]diag.Pos{}}
	for _, f := range files {
		d.index(f.Decls, "", 0)
	}
	return d
}

// index notes where fields are written, two levels deep: as deep as the schema has defaults.
func (d *decoder) index(decls []ast.Decl, prefix string, depth int) {
	for _, decl := range decls {
		f, ok := decl.(*ast.Field)
		if !ok {
			continue
		}
		path := prefix + labelName(f.Label)
		if _, known := d.written[path]; !known {
			d.written[path] = d.pos(f.Value.Pos())
		}
		if s, ok := f.Value.(*ast.StructLit); ok && depth == 0 {
			d.index(s.Elts, path+".", depth+1)
		}
	}
}

// at returns where a value is written, or else a position nearby.
func (d *decoder) at(v cue.Value, near diag.Pos) diag.Pos {
	p := v.Pos()
	if f, ok := v.Source().(*ast.Field); ok {
		p = f.Value.Pos()
	}
	if pos := d.pos(p); pos.IsValid() {
		return pos
	}
	if pos, ok := d.written[v.Path().String()]; ok && pos.IsValid() {
		return pos
	}
	return near
}

// label returns where the name of a field is written.
func (d *decoder) label(v cue.Value, near diag.Pos) diag.Pos {
	if pos := d.pos(v.Pos()); pos.IsValid() {
		return pos
	}
	return d.at(v, near)
}

// broken reports whether CUE has found a fault in the value itself, which is reported already.
func broken(v cue.Value) bool {
	return v.Kind() == cue.BottomKind
}

// value returns a value with its default chosen.
func value(v cue.Value) cue.Value {
	if dv, ok := v.Default(); ok {
		return dv
	}
	return v
}

func (d *decoder) wrongType(v cue.Value, near diag.Pos, what, expected string) {
	d.findings.Errorf(diag.WrongType, d.at(v, near), "%s must be %s, not %s", what, expected, shown(v))
}

// shown returns a value as the user would recognise it.
func shown(v cue.Value) string {
	switch v.IncompleteKind() {
	case cue.StructKind:
		return "a struct"
	case cue.ListKind:
		return "a list"
	}
	return "`" + cut(strings.Join(strings.Fields(fmt.Sprint(v)), " ")) + "`"
}

// str returns a string.
func (d *decoder) str(v cue.Value, near diag.Pos, what string) (string, bool) {
	v = value(v)
	s, err := v.String()
	if err != nil {
		if !broken(v) {
			d.wrongType(v, near, what, "a string")
		}
		return "", false
	}
	return s, true
}

func (d *decoder) text(v cue.Value, near diag.Pos, what string) graph.Text {
	s, ok := d.str(v, near, what)
	if !ok {
		return graph.Text{}
	}
	return graph.Text{Value: s, Pos: d.at(v, near)}
}

func (d *decoder) boolean(v cue.Value, near diag.Pos, what string) graph.Bool {
	v = value(v)
	b, err := v.Bool()
	if err != nil {
		if !broken(v) {
			d.wrongType(v, near, what, "`true` or `false`")
		}
		return graph.Bool{}
	}
	return graph.Bool{Value: b, Set: true, Pos: d.at(v, near)}
}

// word returns a string that is one of a few.
func (d *decoder) word(v cue.Value, near diag.Pos, what string, words ...string) (string, bool) {
	v = value(v)
	if broken(v) {
		return "", false
	}
	s, err := v.String()
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
func (d *decoder) list(v cue.Value, near diag.Pos, what, of string, f func(cue.Value)) {
	v = value(v)
	it, err := v.List()
	if err != nil {
		if !broken(v) {
			d.wrongType(v, near, what, "a list of "+of)
		}
		return
	}
	for it.Next() {
		f(it.Value())
	}
}

// entries calls f for each field of a struct whose names the user chooses.
func (d *decoder) entries(v cue.Value, near diag.Pos, what string, f func(name string, v cue.Value)) {
	v = value(v)
	it, err := v.Fields()
	if err != nil {
		if !broken(v) {
			d.wrongType(v, near, what, "a struct")
		}
		return
	}
	for it.Next() {
		f(it.Selector().Unquoted(), it.Value())
	}
}

// fields is what a struct of the language may hold, by name.
type fields map[string]func(cue.Value)

// structure calls the function of each field that is set; a field that the language does not have is an error.
func (d *decoder) structure(v cue.Value, near diag.Pos, what string, known fields) {
	d.entries(v, near, what, func(name string, v cue.Value) {
		if f := known[name]; f != nil {
			f(v)
			return
		}
		d.unknownField(name, d.label(v, near), what, slices.Sorted(maps.Keys(known)))
	})
}

func (d *decoder) unknownField(name string, pos diag.Pos, what string, known []string) {
	finding := d.findings.Errorf(diag.UnknownField, pos, "%s has no field `%s`", what, name)
	if near := diag.Nearest(name, slices.Values(known)); near != "" {
		finding.WithHelp("did you mean `%s`?", near)
	} else {
		finding.WithHelp("its fields are %s; a helper of your own is a hidden field `_%s` or a definition `#%s`", oneOf(known), name, name)
	}
}
