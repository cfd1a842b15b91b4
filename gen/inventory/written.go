package inventory

import (
	"bytes"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/stream"
)

// document is one document of a file.
type document struct {
	file string
	// line is the first line of the text, from 1.
	line int
	text []byte
	// root is the document with the places of its parts, once somebody has asked for one.
	root     *yaml.Node
	isParsed bool
	// isPlain is set where all readers of YAML take every value for the same.
	isPlain bool
	// lineStarts is where its lines start, once somebody has asked for a place, and content the line at which its content does.
	lineStarts []int
	// itemLines is the lines of the items of a list, see itemLine.
	itemLines []int
	content   int
}

// lines returns where the lines of the text start.
func (d *document) lines() []int {
	if d.lineStarts == nil {
		text := bytes.TrimSuffix(d.text, []byte("\n"))
		d.lineStarts = make([]int, 1, bytes.Count(text, []byte("\n"))+1)
		for at := bytes.IndexByte(text, '\n'); at >= 0; {
			start := at + 1
			d.lineStarts = append(d.lineStarts, start)
			if at = bytes.IndexByte(text[start:], '\n'); at >= 0 {
				at += start
			}
		}
	}
	return d.lineStarts
}

// node returns the document's YAML, or nil where it has places that cannot be told.
func (d *document) node() *yaml.Node {
	if d != nil && !d.isParsed {
		d.isParsed = true
		d.root = stream.Node(d.text)
	}
	if d == nil {
		return nil
	}
	return d.root
}

// pos returns where a line of the text stands, from 1. The YAML library counts one too many where the text ends too early.
func (d *document) pos(line int) diag.Pos {
	return diag.Pos{File: d.file, Line: d.line + min(max(line, 1), len(d.lines())) - 1}
}

// start returns where the content of the document starts.
func (d *document) start() diag.Pos {
	for line := 0; d.content == 0 && line < len(d.lines()); line++ {
		text, _, _ := bytes.Cut(d.text[d.lines()[line]:], []byte("\n"))
		text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
		isMarker := bytes.HasPrefix(text, []byte("---")) && len(bytes.Trim(text[len("---"):], " \t")) == 0
		if len(text) > 0 && text[0] != '#' && text[0] != '%' && !isMarker {
			d.content = line + 1
		}
	}
	return d.pos(d.content)
}

// itemLine returns the line of an item of a list, from 1, where that can be told without its YAML; else 0. In blocks all of
// an item but its dash is deeper than that.
func (d *document) itemLine(item int) int {
	if d.isPlain && d.itemLines == nil {
		d.itemLines = []int{}
		const none, first = -1, -2
		column := none // of the dashes, among the items
		for line, start := range d.lines() {
			content := bytes.TrimLeft(d.text[start:], " ")
			at := len(d.text) - start - len(content)
			if bytes.HasPrefix(d.text[start:], []byte("items:")) {
				column = first
				continue
			}
			if column == none || len(content) == 0 || content[0] == '\n' || content[0] == '#' {
				continue
			}
			if column == first {
				column = at
			}
			switch {
			case at == column && content[0] == '-':
				d.itemLines = append(d.itemLines, line+1)
			case at <= column:
				column = none
			}
		}
	}
	if item > len(d.itemLines) {
		return 0
	}
	return d.itemLines[item-1]
}

// Written is an object as it stands in its file. The zero Written stands nowhere.
type Written struct {
	document *document
	// item is the place of the object among the items of a list, from 1; 0 is the document itself.
	item int
	// object is what it says of itself, for positions.
	object *diag.Object
}

// called notes what the object is called, in the positions that were made of it, too.
func (w Written) called(namespace, name string) {
	w.object.Namespace, w.object.Name = namespace, name
}

// Node returns the object's YAML.
func (w Written) Node() *yaml.Node {
	root := w.document.node()
	if w.item == 0 {
		return root
	}
	_, items := child(root, "items")
	_, item := child(items, w.item-1)
	return item
}

// IsPlain reports whether all readers of YAML take every value of the object for the same, so that what was read strictly
// is what is written.
func (w Written) IsPlain() bool { return w.document != nil && w.document.isPlain }

// File returns the file as the user named it.
func (w Written) File() string {
	if w.document == nil {
		return ""
	}
	return w.document.file
}

// start returns where the object starts.
func (w Written) start() diag.Pos {
	pos := w.document.start()
	switch {
	case w.item == 0:
	case w.document.itemLine(w.item) > 0:
		pos = w.document.pos(w.document.itemLine(w.item))
	default:
		if n := w.Node(); n != nil {
			pos = w.document.pos(n.Line)
		}
	}
	pos.Object = w.object
	return pos
}

// At returns where a YAML node of the object stands.
func (w Written) At(n *yaml.Node) diag.Pos {
	path, _ := pathTo(w.Node(), n)
	return w.at(n, path)
}

// at is At for a node whose path in the object is known.
func (w Written) at(n *yaml.Node, path []any) diag.Pos {
	if n == nil || w.document == nil {
		return diag.Pos{}
	}
	line := max(n.Line, 1)
	pos := w.document.pos(line)
	pos.Col = w.document.column(line, n.Column)
	if w.object != nil {
		pos.Object, pos.Field = w.object, diag.FieldPath(path)
	}
	return pos
}

// Key returns where the key of a field stands, or an item of a list: Key("spec", "ingress", 0, "from"). Where the path
// ends early, that is the last part of it that is there.
func (w Written) Key(path ...any) diag.Pos {
	key, _, n := w.find(path)
	return w.at(key, path[:n])
}

// Value returns where the value of a field stands, or an item of a list.
func (w Written) Value(path ...any) diag.Pos {
	_, value, n := w.find(path)
	return w.at(value, path[:n])
}

// Has reports whether a field is written, whatever its value.
func (w Written) Has(path ...any) bool {
	value := w.Node()
	for _, step := range path {
		if _, value = child(value, step); value == nil {
			return false
		}
	}
	return true
}

// find returns the key (or the item) and the value at a path, as far as the path leads: so many steps.
func (w Written) find(path []any) (key, value *yaml.Node, steps int) {
	value = w.Node()
	key = value
	for i, step := range path {
		k, v := child(value, step)
		if v == nil {
			return key, value, i
		}
		key, value = k, v
	}
	return key, value, len(path)
}

// pathTo returns the path from a node to another in it, which is a value or a key. What stands behind an alias is found
// where it is written.
func pathTo(root, n *yaml.Node) ([]any, bool) {
	if root == n || root == nil {
		return nil, root == n
	}
	for i, c := range root.Content {
		var step any = i
		if root.Kind == yaml.MappingNode {
			step = root.Content[i-i%2].Value
		}
		if rest, found := pathTo(c, n); found {
			return append([]any{step}, rest...), true
		}
	}
	return nil, false
}

// child returns the key and value of a field, or an item of a list twice; it follows aliases and merged mappings. Of a
// key that stands twice, or in a merged mapping too, the last one counts.
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
		switch {
		case n.Content[i].Tag == "!!merge":
			if k, v := merged(n.Content[i+1], step); v != nil {
				key, value = k, v
			}
		case n.Content[i].Value == step:
			key, value = n.Content[i], n.Content[i+1]
		}
	}
	return key, value
}

// merged returns a field of what stands behind a merge key: a mapping, or a list of them, of which the first counts.
func merged(n *yaml.Node, step any) (key, value *yaml.Node) {
	if list := Resolve(n); list != nil && list.Kind == yaml.SequenceNode {
		for _, m := range list.Content {
			if k, v := child(m, step); v != nil {
				return k, v
			}
		}
		return nil, nil
	}
	return child(n, step)
}

// Resolve returns the node that an alias stands for, or the node itself.
func Resolve(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// keyTwice returns a key that stands twice in a mapping, or nil.
func keyTwice(n *yaml.Node) *yaml.Node {
	if n == nil {
		return nil
	}
	seen := map[string]bool{}
	for i, c := range n.Content {
		isKey := n.Kind == yaml.MappingNode && i%2 == 0 && c.Kind == yaml.ScalarNode && c.Tag != "!!merge"
		if isKey && seen[c.Value] {
			return c
		}
		if isKey {
			seen[c.Value] = true
		} else if found := keyTwice(c); found != nil {
			return found
		}
	}
	return nil
}

// column returns a column in bytes of one that the YAML library counts in characters, both from 1.
func (d *document) column(line, characters int) int {
	if line > len(d.lines()) {
		return characters
	}
	text := d.text[d.lines()[line-1]:]
	at := 0
	for i := 1; i < characters && at < len(text) && text[at] != '\n'; i++ {
		_, n := utf8.DecodeRune(text[at:])
		at += n
	}
	return at + 1
}

// Move names another file as that in which the policy stands, so many lines further down.
func (p *Policy) Move(file string, lines int) {
	moved := *p.document
	moved.file, moved.line = file, moved.line+lines
	p.document = &moved
	p.Pos.File = file
	p.Pos.Line += lines
}
