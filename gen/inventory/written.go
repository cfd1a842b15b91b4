package inventory

import (
	"bytes"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/npgen/npgen/gen/diag"
)

// Written is an object as it stands in its file. The zero Written stands nowhere.
type Written struct {
	node *yaml.Node
	file string
	part part
}

// Node returns the object's YAML.
func (w Written) Node() *yaml.Node { return w.node }

// File returns the file as the user named it.
func (w Written) File() string { return w.file }

// At returns where a YAML node of the object stands.
func (w Written) At(n *yaml.Node) diag.Pos {
	if n == nil {
		return diag.Pos{}
	}
	line := max(n.Line, 1)
	return diag.Pos{File: w.file, Line: w.part.line + line - 1, Col: w.part.column(line, n.Column)}
}

// Key returns where the key of a field stands, or an item of a list: Key("spec", "ingress", 0, "from"). Where the path
// ends early, that is the last part of it that is there.
func (w Written) Key(path ...any) diag.Pos {
	key, _ := w.find(path)
	return w.At(key)
}

// Value returns where the value of a field stands, or an item of a list.
func (w Written) Value(path ...any) diag.Pos {
	_, value := w.find(path)
	return w.At(value)
}

// Has reports whether a field is written, whatever its value.
func (w Written) Has(path ...any) bool {
	value := w.node
	for _, step := range path {
		if _, value = child(value, step); value == nil {
			return false
		}
	}
	return true
}

// find returns the key (or the item) and the value at a path, as far as the path leads.
func (w Written) find(path []any) (key, value *yaml.Node) {
	key, value = w.node, w.node
	for _, step := range path {
		k, v := child(value, step)
		if v == nil {
			break
		}
		key, value = k, v
	}
	return key, value
}

// child returns the key and value of a field, or an item of a list twice; it follows aliases and merged mappings.
func child(n *yaml.Node, step any) (key, value *yaml.Node) {
	n = Resolve(n)
	if n == nil {
		return nil, nil
	}
	if i, ok := step.(int); ok {
		if n.Kind != yaml.SequenceNode || i < 0 || i >= len(n.Content) {
			return nil, nil
		}
		return n.Content[i], n.Content[i]
	}
	if n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == step {
			return n.Content[i], n.Content[i+1]
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag != "!!merge" {
			continue
		}
		merged := []*yaml.Node{n.Content[i+1]}
		if list := Resolve(n.Content[i+1]); list != nil && list.Kind == yaml.SequenceNode {
			merged = list.Content
		}
		for _, m := range merged {
			if k, v := child(m, step); v != nil {
				return k, v
			}
		}
	}
	return nil, nil
}

// Resolve returns the node that an alias stands for, or the node itself.
func Resolve(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// column returns a column in bytes of one that the YAML library counts in characters, both from 1.
func (p part) column(line, characters int) int {
	text := p.text
	for ; line > 1; line-- {
		_, rest, ok := bytes.Cut(text, []byte("\n"))
		if !ok {
			return characters
		}
		text = rest
	}
	at := 0
	for i := 1; i < characters && at < len(text) && text[at] != '\n'; i++ {
		_, n := utf8.DecodeRune(text[at:])
		at += n
	}
	return at + 1
}

// Move names another file as that in which the policy stands, so many lines further down.
func (p *Policy) Move(file string, lines int) {
	p.file, p.Pos.File = file, file
	p.part.line += lines
	p.Pos.Line += lines
}
