package load

import (
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"

	"github.com/npgen/npgen/gen/diag"
)

// place is where the user's files write a field: its label and its value.
type place struct{ label, value ast.Node }

// index is the fields and list elements that are written as such, by path. Those that come from comprehensions,
// references or embeddings are not among them.
type index map[string][]place

// pathSeparator divides the parts of a path; no label holds it.
const pathSeparator = "\x00"

// index returns where the user's files write what. It is made when it is first asked for: where CUE itself knows the
// place of every value, never.
func (t *translator) index() index {
	if t.written == nil {
		t.written = index{}
		for _, f := range t.files {
			t.written.decls(f.Decls, "")
		}
	}
	return t.written
}

func (x index) decls(decls []ast.Decl, prefix string) {
	for _, decl := range decls {
		f, ok := decl.(*ast.Field)
		if !ok {
			continue
		}
		if name := labelName(f.Label); name != "" {
			x.add(prefix+name, f.Label, f.Value)
		}
	}
}

func (x index) add(path string, label, value ast.Node) {
	x[path] = append(x[path], place{label, value})
	switch v := value.(type) {
	case *ast.StructLit:
		x.decls(v.Elts, path+pathSeparator)
	case *ast.ListLit:
		for i, e := range v.Elts {
			if _, made := e.(*ast.Comprehension); made {
				return // how many elements it makes is not known here
			}
			x.add(path+pathSeparator+strconv.Itoa(i), e, e)
		}
	}
}

// of returns where a value is written.
func (x index) of(v node) []place {
	var parts []string
	for _, s := range v.cue.Path().Selectors() {
		switch {
		case s.Type().LabelType() == cue.IndexLabel:
			parts = append(parts, strconv.Itoa(s.Index()))
		case s.Type().LabelType() == cue.StringLabel:
			parts = append(parts, s.Unquoted())
		default:
			parts = append(parts, s.String())
		}
	}
	return x[strings.Join(parts, pathSeparator)]
}

// path returns the places of a path as CUE's errors give it, whose labels are quoted where needed.
func (x index) path(path []string) []place {
	parts := make([]string, len(path))
	for i, p := range path {
		parts[i] = p
		if s, err := strconv.Unquote(p); err == nil {
			parts[i] = s
		}
	}
	return x[strings.Join(parts, pathSeparator)]
}

// nearest returns where a path, or else the longest beginning of it, is written.
func (t *translator) nearest(path []string) diag.Pos {
	for ; len(path) > 0; path = path[:len(path)-1] {
		for _, p := range t.index().path(path) {
			if pos := t.pos(p.value.Pos()); pos.IsValid() {
				return pos
			}
		}
	}
	return t.fallback
}

// at returns where a value is written, or else a position nearby.
func (t *translator) at(v node, near diag.Pos) diag.Pos {
	if v.literal != nil {
		return t.pos(v.literal.Pos())
	}
	if f, ok := v.cue.Source().(*ast.Field); ok {
		if pos := t.pos(f.Value.Pos()); pos.IsValid() {
			return pos
		}
	}
	if pos := t.pos(v.cue.Pos()); pos.IsValid() {
		return pos
	}
	for _, p := range t.index().of(v) {
		if pos := t.pos(p.value.Pos()); pos.IsValid() {
			return pos
		}
	}
	return near
}

// label returns where the name of a field is written.
func (t *translator) label(v node, near diag.Pos) diag.Pos {
	if v.label != nil {
		return t.pos(v.label.Pos())
	}
	if f, ok := v.cue.Source().(*ast.Field); ok {
		if pos := t.pos(f.Label.Pos()); pos.IsValid() {
			return pos
		}
	}
	for _, p := range t.index().of(v) {
		if pos := t.pos(p.label.Pos()); pos.IsValid() {
			return pos
		}
	}
	return t.at(v, near)
}
