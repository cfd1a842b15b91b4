package load

import (
	"strconv"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/ast/astutil"
	"cuelang.org/go/cue/build"

	"github.com/npgen/npgen/schema"
)

// Lifting. CUE v0.17 takes time that is quadratic in the width of one list or struct, and most of a wide package is
// literals: `api: ports: http: 80`, `"api -> db:80"`. They mean themselves. So they are taken out of the syntax tree
// before CUE evaluates it and read from there, by the same decoder as evaluated values (node.go).
//
// What is lifted: entries of a struct, and elements of a list, that are plain (plain.go) and stand in one of the
// fields of liftable, at the top of the package or, for lists, one level below it. The field itself stays, with
// whatever else it holds. All of this happens after cue/load has parsed and resolved the files of the package, those in
// parent folders included; it sees them all.
//
// Why the package means the same. A plain literal refers to nothing. So it evaluates to itself, unless something else
// has to do with it; and something can only if it
//
//   - names it. A reference starts with an identifier. A literal stays where any identifier in the package, other than
//     the label of a field, has its name or that of the field around it, whatever that identifier would resolve to:
//     references, aliases, let clauses, imports, loop variables, selectors (linked). Two identifiers stand for a struct
//     without naming it, `self` and `__self`; with one of those nothing is lifted.
//   - stands at the same path, and is unified with it. Paths are made by declarations. At the top of the package only
//     fields with a literal label, let clauses, imports and comments may stand, beside the embedded schema, which is
//     looked at (embedsSchema); with an embedding, pattern, ellipsis, comprehension, dynamic or aliased label nothing
//     is lifted (topLevel). Inside of a liftable field the same, or all of the field stays (structParts). There, no
//     name may be declared twice, in whatever files; a list is lifted from where the field is declared once.
//   - is told to by an attribute (@embed, @extern, @if, @experiment): with any attribute nothing is lifted.
//   - is the schema's. Its defaults, which npgen adds, have none of the liftable fields (liftable).
//   - is another package. Packages cannot refer to those that import them.
//
// What CUE says of the rest is the same but for two things, which are not relied on. The order of fields is worked
// out as CUE does (order.go). List indices in messages shift: where there is any finding, or anything unexpected, all
// of it is thrown away, and the package is read again whole (loadPackage). So every message is CUE's and the decoder's
// own about the whole package. TestLifted has a package for each of these conditions; TestLiftedIsWhole,
// TestLiftedRandom and FuzzLifted hold what is read without literals against what is read whole.

// liftable are the top-level fields that grow with the number of workloads and edges, but for those that the schema
// adds to.
func liftable(added *ast.File) map[string]bool {
	out := map[string]bool{"namespaces": true, "workloads": true, "external": true, "groups": true, "allow": true, "forbid": true, "tests": true}
	for _, d := range added.Decls {
		if f, ok := d.(*ast.Field); ok {
			delete(out, labelName(f.Label))
		}
	}
	return out
}

// lift takes literals out of the files of an instance, in place. It returns nil where it leaves them all.
func lift(inst *build.Instance, added *ast.File) *lifted {
	l := &lifter{inst: inst, liftable: liftable(added), fields: map[string][]*ast.Field{}, names: map[string]bool{}, odd: new(bool)}
	for _, f := range inst.Files {
		for _, d := range f.Decls {
			l.topLevel(d)
		}
	}
	structs, lists := map[string][]part{}, map[string]*lifted{}
	for name, decls := range l.fields {
		if list := l.listParts(decls[0].Value); list != nil && len(decls) == 1 {
			lists[name] = list
		} else if parts, ok := l.structParts(decls); ok {
			structs[name] = parts
		} else {
			for _, f := range decls {
				l.linked(f.Value)
			}
		}
	}
	if l.never || l.names["self"] || l.names["__self"] {
		return nil
	}
	out := &lifted{under: map[string]*lifted{}, odd: l.odd}
	for name, list := range lists {
		if !l.names[name] {
			l.liftList(l.fields[name][0].Value, list)
			out.under[name] = list
		}
	}
	for name, parts := range structs {
		if !l.names[name] {
			out.under[name] = l.liftStruct(l.fields[name], parts)
		}
	}
	if l.count == 0 {
		return nil
	}
	return out
}

// lifter looks through a package for what can be lifted.
type lifter struct {
	inst     *build.Instance
	liftable map[string]bool
	// fields are the declarations of the liftable fields.
	fields map[string][]*ast.Field
	// names are all identifiers but the labels of fields.
	names map[string]bool
	// never says that something in the package may have to do with anything in it.
	never bool
	// count is how many literals were lifted, odd what the lifted share.
	count int
	odd   *bool
}

// topLevel looks at a declaration of the package.
func (l *lifter) topLevel(d ast.Decl) {
	switch d := d.(type) {
	case *ast.Package, *ast.CommentGroup:
	case *ast.ImportDecl:
		for _, spec := range d.Specs {
			l.imported(spec)
		}
	case *ast.LetClause:
		l.linked(d)
	case *ast.EmbedDecl:
		if !l.embedsSchema(d) {
			l.never = true
		}
		l.linked(d)
	case *ast.Field:
		name, ok := fieldName(d)
		switch {
		case !ok:
			l.never = true
		case l.liftable[name]:
			l.fields[name] = append(l.fields[name], d)
		default:
			l.linked(d.Value)
		}
	default:
		l.never = true
	}
}

// linked notes the identifiers of a part of the syntax tree.
func (l *lifter) linked(n ast.Node) {
	ast.Walk(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			l.never = true
		case *ast.Ident:
			l.names[n.Name] = true
		case *ast.CommentGroup:
			return false
		case *ast.Field:
			if _, ok := fieldName(n); ok {
				l.linked(n.Value)
				return false
			}
		}
		return true
	}, nil)
}

// part is an entry of a struct, and what may be lifted out of it.
type part struct {
	entry
	field *ast.Field
	// hidden says that the field is none of the language, but one that others refer to.
	hidden bool
	plain  bool
	// partly is set for a list of which some elements may be lifted.
	partly *lifted
}

// structParts returns the entries of a struct that is declared in one or more places, where each is known by name and
// has that one place.
func (l *lifter) structParts(decls []*ast.Field) ([]part, bool) {
	var out []part
	seen := map[string]bool{}
	for _, d := range decls {
		s, ok := d.Value.(*ast.StructLit)
		if !ok {
			return nil, false
		}
		for _, elt := range s.Elts {
			f, ok := elt.(*ast.Field)
			if !ok {
				return nil, false
			}
			name, ok := fieldName(f)
			if !ok || seen[name] || isHidden(f.Label) && len(decls) > 1 {
				return nil, false
			}
			seen[name] = true
			p := part{entry: entry{name: name, label: f.Label}, field: f, hidden: isHidden(f.Label)}
			if !p.hidden {
				p.plain = isPlain(f.Value)
			}
			out = append(out, p)
		}
	}
	for i, p := range out {
		if p.plain {
			continue
		}
		if !p.hidden {
			out[i].partly = l.listParts(p.field.Value)
		}
		l.linked(p.field.Value)
	}
	return out, true
}

// listParts returns the elements of a list, where each that is written is one of them; nil where it is no such list. It
// notes the identifiers of those that are not plain.
func (l *lifter) listParts(x ast.Expr) *lifted {
	list, ok := x.(*ast.ListLit)
	if !ok || !isStatic(list) {
		return nil
	}
	out := &lifted{odd: l.odd, elements: make([]ast.Expr, len(list.Elts))}
	for i, e := range list.Elts {
		if isPlain(e) {
			out.elements[i] = e
		} else {
			l.linked(e)
		}
	}
	return out
}

// liftList takes the plain elements out of a list.
func (l *lifter) liftList(x ast.Expr, parts *lifted) {
	list := x.(*ast.ListLit)
	var left []ast.Expr
	for i, e := range list.Elts {
		if parts.elements[i] == nil {
			left = append(left, e)
		}
	}
	l.count += len(list.Elts) - len(left)
	list.Elts = left
}

// liftStruct takes the plain entries out of a struct.
func (l *lifter) liftStruct(decls []*ast.Field, parts []part) *lifted {
	stays := map[ast.Decl]bool{}
	out := &lifted{odd: l.odd, entries: []entry{}}
	for _, p := range ordered(parts) {
		switch {
		case p.plain && !l.names[p.name]:
			p.value = p.field.Value
			l.count++
		case p.partly != nil && !l.names[p.name]:
			l.liftList(p.field.Value, p.partly)
			p.list = p.partly
			stays[p.field] = true
		default:
			stays[p.field] = true
		}
		if !p.hidden {
			out.entries = append(out.entries, p.entry)
		}
	}
	for _, d := range decls {
		s := d.Value.(*ast.StructLit)
		if pos := s.Pos(); !s.Lbrace.IsValid() {
			s.Lbrace = pos // the place of `a: b: c`, whatever is left of it
		}
		var left []ast.Decl
		for _, elt := range s.Elts {
			if stays[elt] {
				left = append(left, elt)
			}
		}
		s.Elts = left
	}
	return out
}

// imported notes the name of an import.
func (l *lifter) imported(spec *ast.ImportSpec) {
	info, err := astutil.ParseImportSpec(spec)
	if err != nil {
		l.never = true
	}
	l.names[info.Ident] = true
}

// embedsSchema reports whether a declaration embeds the schema's definition of a package, as plain "cue vet" needs it
// (editor.go): npgen's own, which is open and says nothing of the liftable fields.
func (l *lifter) embedsSchema(d *ast.EmbedDecl) bool {
	x, ok := d.Expr.(*ast.SelectorExpr)
	if !ok || labelName(x.Sel) != "#Policy" {
		return false
	}
	id, ok := x.X.(*ast.Ident)
	if !ok {
		return false
	}
	spec, ok := id.Node.(*ast.ImportSpec)
	if !ok || spec.Path.Value != strconv.Quote(schema.ImportPath) {
		return false
	}
	imported := l.inst.LookupImport(schema.ImportPath)
	return imported != nil && l.isOpen(imported.Files, "#Policy")
}

// isOpen reports whether a definition is one struct that is open and has none of the liftable fields.
func (l *lifter) isOpen(files []*ast.File, definition string) bool {
	var found []*ast.Field
	for _, f := range files {
		for _, d := range f.Decls {
			if f, ok := d.(*ast.Field); ok && labelName(f.Label) == definition {
				found = append(found, f)
			}
		}
	}
	if len(found) != 1 {
		return false
	}
	s, ok := found[0].Value.(*ast.StructLit)
	if !ok {
		return false
	}
	open := false
	for _, elt := range s.Elts {
		switch elt := elt.(type) {
		case *ast.Ellipsis:
			open = elt.Type == nil
		case *ast.Field:
			if name, ok := fieldName(elt); !ok || l.liftable[name] {
				return false
			}
		default:
			return false
		}
	}
	return open
}
