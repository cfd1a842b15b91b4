package load

import (
	"errors"
	"fmt"
	"iter"
	"strconv"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"
)

// node is a value of a package as the decoder reads it: evaluated by CUE, or a literal that was lifted out of the
// syntax tree (lift.go), or a struct or list of both.
type node struct {
	cue cue.Value
	// lifted is set where the evaluated struct or list is not all of it.
	lifted *lifted
	// literal stands instead of the evaluated value; label is the name of its field, where it has one.
	literal ast.Expr
	label   ast.Label
}

// value returns a value with its default chosen. A literal has none.
func value(n node) node {
	if n.literal == nil {
		if v, ok := n.cue.Default(); ok {
			n.cue = v
		}
	}
	return n
}

// broken reports whether CUE has found a fault in the value itself, which is reported already.
func broken(n node) bool { return n.Kind() == cue.BottomKind }

// Exists reports whether there is a value at all.
func (n node) Exists() bool { return n.literal != nil || n.cue.Exists() }

// Kind returns the kind of a concrete value.
func (n node) Kind() cue.Kind {
	if n.literal == nil {
		return n.cue.Kind()
	}
	return literalKind(n.literal)
}

// IncompleteKind returns the kinds that a value may have.
func (n node) IncompleteKind() cue.Kind {
	if n.literal == nil {
		return n.cue.IncompleteKind()
	}
	return literalKind(n.literal)
}

func literalKind(x ast.Expr) cue.Kind {
	switch x := x.(type) {
	case *ast.StructLit:
		return cue.StructKind
	case *ast.ListLit:
		return cue.ListKind
	case *ast.BasicLit:
		switch x.Kind {
		case token.STRING:
			return cue.StringKind
		case token.INT:
			return cue.IntKind
		case token.TRUE, token.FALSE:
			return cue.BoolKind
		}
	}
	return cue.BottomKind
}

// errKind says that a literal is of another kind than asked for. No report holds it: it is what cue.Value says too.
var errKind = errors.New("a literal of another kind")

// basic returns the text of a literal that has one of the given kinds.
func (n node) basic(kinds ...token.Token) (string, error) {
	lit, ok := n.literal.(*ast.BasicLit)
	for _, k := range kinds {
		if ok && lit.Kind == k {
			return lit.Value, nil
		}
	}
	return "", errKind
}

// str returns a string.
func (n node) str() (string, error) {
	if n.literal == nil {
		return n.cue.String()
	}
	text, err := n.basic(token.STRING)
	if err != nil {
		return "", err
	}
	return text[1 : len(text)-1], nil // a lifted string has no escapes
}

// boolean returns a boolean.
func (n node) boolean() (bool, error) {
	if n.literal == nil {
		return n.cue.Bool()
	}
	text, err := n.basic(token.TRUE, token.FALSE)
	return text == "true", err
}

// integer returns an integer; an error says that it is none, or none of 64 bits.
func (n node) integer() (int64, error) {
	if n.literal == nil {
		return n.cue.Int64()
	}
	text, err := n.basic(token.INT)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

// elements returns the elements of a list.
func (n node) elements() (iter.Seq[node], error) {
	if n.literal == nil {
		it, err := n.cue.List()
		if err == nil && n.lifted != nil {
			return n.lifted.list(&it), nil
		}
		return func(yield func(node) bool) {
			for it.Next() && yield(node{cue: it.Value()}) {
			}
		}, err
	}
	list, ok := n.literal.(*ast.ListLit)
	if !ok {
		return nil, errKind
	}
	return func(yield func(node) bool) {
		for _, e := range list.Elts {
			if !yield(node{literal: e}) {
				return
			}
		}
	}, nil
}

// length returns the number of elements of a list.
func (n node) length() (int64, error) {
	switch {
	case n.lifted != nil && n.lifted.elements != nil:
		return int64(len(n.lifted.elements)), nil
	case n.literal == nil:
		return n.cue.Len().Int64()
	}
	list, ok := n.literal.(*ast.ListLit)
	if !ok {
		return 0, errKind
	}
	return int64(len(list.Elts)), nil
}

// fields returns the regular fields of a struct.
func (n node) fields() (iter.Seq2[string, node], error) {
	if n.literal == nil {
		it, err := n.cue.Fields()
		if err != nil {
			return nil, err
		}
		if n.lifted != nil {
			return n.lifted.fields(it), nil
		}
		return func(yield func(string, node) bool) {
			for it.Next() && yield(it.Selector().Unquoted(), node{cue: it.Value()}) {
			}
		}, nil
	}
	s, ok := n.literal.(*ast.StructLit)
	if !ok {
		return nil, errKind
	}
	return func(yield func(string, node) bool) {
		for _, d := range s.Elts {
			if f, ok := d.(*ast.Field); ok && !yield(labelName(f.Label), node{literal: f.Value, label: f.Label}) {
				return
			}
		}
	}, nil
}

// field returns a field of a struct; one that does not exist where there is none.
func (n node) field(name string) node {
	if n.literal == nil && n.lifted == nil {
		return node{cue: n.cue.LookupPath(cue.MakePath(cue.Str(name)))}
	}
	if fields, err := n.fields(); err == nil {
		for of, v := range fields {
			if of == name {
				return v
			}
		}
	}
	return node{}
}

// source returns what a value is written as, if that is known: that of its field, where it has one.
func (n node) source() ast.Node {
	if n.literal != nil {
		return n.literal
	}
	source := n.cue.Source()
	if f, ok := source.(*ast.Field); ok {
		return f.Value
	}
	return source
}

// text returns a value as CUE writes it.
func (n node) text() string {
	if n.literal == nil {
		return fmt.Sprint(n.cue)
	}
	text, _ := n.basic(token.STRING, token.INT, token.TRUE, token.FALSE)
	return text
}
