package load

import (
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"
)

// isPlain reports whether an expression is a literal that means itself, in every version of CUE: a string without
// escapes, a decimal number, a boolean, or a list or struct of such, with names that are written out, each once.
// Everything else that CUE may write a constant in is left to CUE.
func isPlain(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.BasicLit:
		switch x.Kind {
		case token.STRING:
			return isPlainString(x.Value)
		case token.INT:
			return isPlainNumber(x.Value)
		}
		return x.Kind == token.TRUE || x.Kind == token.FALSE
	case *ast.ListLit:
		return !slices.ContainsFunc(x.Elts, func(e ast.Expr) bool { return !isPlain(e) })
	case *ast.StructLit:
		var few [8]string
		names := few[:0]
		for _, elt := range x.Elts {
			f, ok := elt.(*ast.Field)
			if !ok {
				return false
			}
			name, ok := fieldName(f)
			if !ok || isHidden(f.Label) || !isPlain(f.Value) {
				return false
			}
			names = append(names, name)
		}
		return areUnique(names)
	}
	return false
}

// isPlainString reports whether a string literal holds its characters just as they are: printable ASCII in double
// quotes, on one line.
func isPlainString(lit string) bool {
	if len(lit) < 2 || lit[0] != '"' || lit[len(lit)-1] != '"' {
		return false
	}
	for _, c := range []byte(lit[1 : len(lit)-1]) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// isPlainNumber reports whether an integer is written in decimal digits alone, and fits in 64 bits.
func isPlainNumber(lit string) bool {
	return len(lit) < 19 && strings.Trim(lit, "0123456789") == "" && (lit == "0" || lit != "" && lit[0] != '0')
}

func areUnique(names []string) bool {
	if len(names) < 2 {
		return true
	}
	slices.Sort(names)
	return len(slices.Compact(names)) == len(names)
}

// fieldName returns the name of a field that has it written out, and nothing beside it that could matter: no alias, no
// mark for optional or required fields, no attribute.
func fieldName(f *ast.Field) (string, bool) {
	if f.Alias != nil || f.Constraint != token.ILLEGAL || len(f.Attrs) > 0 {
		return "", false
	}
	switch l := f.Label.(type) {
	case *ast.Ident:
		return l.Name, isASCII(l.Name)
	case *ast.BasicLit:
		if l.Kind == token.STRING && isPlainString(l.Value) {
			return l.Value[1 : len(l.Value)-1], true
		}
	}
	return "", false
}

// isHidden reports whether a label is that of a hidden field or a definition.
func isHidden(l ast.Label) bool {
	id, ok := l.(*ast.Ident)
	return ok && strings.HasPrefix(id.Name, "_") || ok && strings.HasPrefix(id.Name, "#")
}

// isStatic reports whether each expression in a list is one element of it.
func isStatic(list *ast.ListLit) bool {
	return !slices.ContainsFunc(list.Elts, func(e ast.Expr) bool {
		switch e.(type) {
		case *ast.Comprehension, *ast.Ellipsis:
			return true
		}
		return false
	})
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
