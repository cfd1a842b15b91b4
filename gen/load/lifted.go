package load

import (
	"iter"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
)

// lifted is what a value consists of that has literals lifted out of it: those, and places for what is left to CUE.
type lifted struct {
	// under is set for a package: what its fields consist of, by name. The other fields are left to CUE.
	under map[string]*lifted
	// entries are set for a struct, in the order of CUE.
	entries []entry
	// elements are set for a list; nil is left to CUE.
	elements []ast.Expr
	// odd is set where what CUE returns does not fit in the places; it is one for a package.
	odd *bool
}

// entry is a field of a struct.
type entry struct {
	name  string
	label ast.Label
	// value is nil where the field is left to CUE; all of it, or, with a list, what is not in the list.
	value ast.Expr
	list  *lifted
}

// list returns the elements of a list, those that were lifted and those that CUE evaluated.
func (l *lifted) list(it *cue.Iterator) iter.Seq[node] {
	return func(yield func(node) bool) {
		for _, e := range l.elements {
			n := node{literal: e}
			if e == nil {
				if !it.Next() {
					*l.odd = true
					return
				}
				n = node{cue: it.Value()}
			}
			if !yield(n) {
				return
			}
		}
		*l.odd = *l.odd || it.Next()
	}
}

// fields returns the fields of a struct, those that were lifted and those that CUE evaluated.
func (l *lifted) fields(it *cue.Iterator) iter.Seq2[string, node] {
	if l.entries == nil {
		return func(yield func(string, node) bool) {
			for it.Next() {
				name := it.Selector().Unquoted()
				if !yield(name, node{cue: it.Value(), lifted: l.under[name]}) {
					return
				}
			}
		}
	}
	evaluated := map[string]node{}
	for it.Next() {
		evaluated[it.Selector().Unquoted()] = node{cue: it.Value()}
	}
	return func(yield func(string, node) bool) {
		found := 0
		for _, e := range l.entries {
			n := node{literal: e.value, label: e.label}
			if e.value == nil {
				evaluated, ok := evaluated[e.name]
				if !ok {
					*l.odd = true
					return
				}
				n, found = node{cue: evaluated.cue, lifted: e.list}, found+1
			}
			if !yield(e.name, n) {
				return
			}
		}
		*l.odd = *l.odd || found < len(evaluated)
	}
}
