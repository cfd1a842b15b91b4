package stream

import (
	"bytes"
	"encoding/json"
	"slices"

	"go.yaml.in/yaml/v3"
)

// The form of YAML that nearly all manifests have: mappings and lists in blocks, keys of one word, each value in its line
// or as text behind `|`. It is read here, in a fraction of the time, under one law: the JSON is that of sigs.k8s.io/yaml,
// byte by byte, and the values are those of YAML 1.2, too; or the document is left to the libraries. A fuzz test holds it.

// plain returns the JSON of a document of that form; false is any other.
func plain(text []byte) ([]byte, bool) {
	r := &plainReader{text: text, out: make([]byte, 0, len(text))}
	isPlain := r.document()
	return r.out, isPlain
}

// Node returns the root of a YAML document with the places of its parts, as yaml.v3 gives it, but perhaps without comments.
// It is nil where the document has none, or places that cannot be told.
func Node(text []byte) *yaml.Node {
	if n, ok := nodeOf(text, true); ok {
		return n
	}
	var doc yaml.Node
	if yaml.Unmarshal(text, &doc) != nil || len(doc.Content) == 0 {
		return nil
	}
	return doc.Content[0]
}

// plainReader stands at a line.
type plainReader struct {
	text []byte
	// line is its number, from 1, and at where the next one starts.
	line, at int
	// indent is the column at which content starts, which has no space at its end; nil is the end of the text. In the line
	// of a list's item they are those behind the dash.
	indent  int
	content []byte
	out     []byte
	// node is the last value that was taken, where hasNodes is set.
	node     *yaml.Node
	hasNodes bool
	// room is for nodes, more of them each time, and words is the texts that there were.
	room  []yaml.Node
	words map[string]string
	// hasComment is set once there was a comment.
	hasComment bool
}

// Tree returns the root of a document of the plain form that has no comments, just as yaml.v3 gives it; false is any other.
func Tree(text []byte) (*yaml.Node, bool) { return nodeOf(text, false) }

func nodeOf(text []byte, mayComment bool) (*yaml.Node, bool) {
	r := &plainReader{text: text, out: make([]byte, 0, len(text)), hasNodes: true}
	isPlain := r.document() && (mayComment || !r.hasComment)
	return r.node, isPlain
}

// document takes a document whole.
func (r *plainReader) document() bool {
	for _, c := range r.text {
		if c != '\n' && c != '\t' && (c < ' ' || c > '~') { // tabs may stand in a text behind `|`, and nowhere else
			return false
		}
	}
	r.next()
	if r.content != nil && r.indent == 0 && string(r.content) == "---" && r.line == 1 {
		r.next()
	}
	return r.content != nil && r.indent == 0 && r.mapping(0, 0) && r.content == nil
}

// mostDepth is how deep blocks and brackets may lie in each other.
const mostDepth = 60

// next goes to the next line that has more than a comment.
func (r *plainReader) next() {
	for r.at < len(r.text) {
		line := r.rawLine()
		content := bytes.TrimLeft(line, " ")
		if r.indent = len(line) - len(content); len(content) > 0 && content[0] != '#' {
			r.content = bytes.TrimRight(content, " ")
			return
		}
		r.hasComment = r.hasComment || len(content) > 0
	}
	r.content = nil
}

// rawLine takes the next line, without its end.
func (r *plainReader) rawLine() []byte {
	line, _, _ := bytes.Cut(r.text[r.at:], []byte("\n"))
	r.line++
	r.at = min(r.at+len(line)+1, len(r.text))
	return line
}

// isItem reports whether the line starts an item of a list.
func (r *plainReader) isItem() bool {
	return len(r.content) > 0 && r.content[0] == '-' && (len(r.content) == 1 || r.content[1] == ' ')
}

// member is a key of a mapping, and where it stands in the JSON with its value.
type member struct {
	key      string
	from, to int
}

// mapping takes a mapping whose keys stand at a column.
func (r *plainReader) mapping(indent, depth int) bool {
	if depth > mostDepth {
		return false
	}
	var room [8]member
	members, start := room[:0], len(r.out)
	node := r.nodeAt(yaml.MappingNode, "!!map", r.content)
	for r.content != nil && r.indent == indent && !r.isItem() {
		key, value, isField := bytes.Cut(r.content, []byte(":"))
		if !isField || !IsSurelyKey(key) || len(value) > 0 && value[0] != ' ' {
			return false
		}
		r.out = append(r.out, ',')
		from := len(r.out)
		r.key(node, key, r.content)
		if !r.field(bytes.TrimLeft(value, " "), indent, depth) {
			return false
		}
		members = append(members, member{string(key), from, len(r.out)})
		r.addTo(node)
	}
	r.node = node
	return len(members) > 0 && (r.content == nil || r.indent <= indent) && r.close(start, members)
}

// key writes a key, which has no character that JSON escapes; text starts with it.
func (r *plainReader) key(of *yaml.Node, key, text []byte) {
	r.out = append(append(append(r.out, '"'), key...), '"', ':')
	if r.hasNodes {
		r.node = r.nodeAt(yaml.ScalarNode, "!!str", text)
		r.node.Value = r.word(key)
		r.addTo(of)
	}
}

// nodeAt returns a node that starts with some text of the line, which goes on to its end; nil where there are no nodes.
func (r *plainReader) nodeAt(kind yaml.Kind, tag string, text []byte) *yaml.Node {
	if !r.hasNodes {
		return nil
	}
	if len(r.room) == cap(r.room) {
		r.room = make([]yaml.Node, 0, min(2*cap(r.room)+16, 1024))
	}
	r.room = append(r.room, yaml.Node{Kind: kind, Tag: tag, Line: r.line, Column: r.indent + len(r.content) - len(text) + 1})
	return &r.room[len(r.room)-1]
}

// word returns a text, the same one for what there was before.
func (r *plainReader) word(s []byte) string {
	if w, known := r.words[string(s)]; known {
		return w
	}
	if r.words == nil {
		r.words = map[string]string{}
	}
	w := string(s)
	r.words[w] = w
	return w
}

// addTo adds the last value to a node.
func (r *plainReader) addTo(n *yaml.Node) {
	if r.hasNodes {
		n.Content = append(n.Content, r.node)
	}
}

// close makes an object of what was written since start: its members, each behind a comma.
func (r *plainReader) close(start int, members []member) bool {
	byKey := func(a, b member) int { return bytes.Compare([]byte(a.key), []byte(b.key)) }
	if !slices.IsSortedFunc(members, byKey) {
		slices.SortFunc(members, byKey)
		sorted := make([]byte, 0, len(r.out)-start)
		for _, m := range members {
			sorted = append(append(sorted, ','), r.out[m.from:m.to]...)
		}
		copy(r.out[start:], sorted)
	}
	for i := 1; i < len(members); i++ {
		if members[i].key == members[i-1].key {
			return false
		}
	}
	r.out[start] = '{'
	r.out = append(r.out, '}')
	return true
}

// field takes the value of a key at a column, of which the rest of the line is given.
func (r *plainReader) field(value []byte, indent, depth int) bool {
	switch {
	case len(value) == 0 || value[0] == '#':
		r.hasComment = r.hasComment || len(value) > 0
		null := r.nodeAt(yaml.ScalarNode, "!!null", r.content[bytes.IndexByte(r.content, ':')+1:])
		r.next()
		switch {
		case r.content == nil || r.indent < indent, r.indent == indent && !r.isItem():
			r.out, r.node = append(r.out, "null"...), null
			return true
		case r.isItem():
			return r.list(r.indent, depth+1)
		}
		return r.mapping(r.indent, depth+1)
	case string(value) == "|" || string(value) == "|-":
		return r.literal(value, indent)
	}
	return r.inLine(value, indent)
}

// inLine takes a value that starts in the line, and goes on in lines that are deeper than the column of its key or dash. What
// follows may not be.
func (r *plainReader) inLine(value []byte, indent int) bool {
	place := r.nodeAt(yaml.ScalarNode, "", value)
	rest, ok := r.value(r.joined(value, indent), false, 0)
	if ok && r.hasNodes {
		r.node.Line, r.node.Column = place.Line, place.Column
	}
	r.hasComment = r.hasComment || len(rest) > 0
	if !ok || len(rest) > 0 && (rest[0] != ' ' || bytes.TrimLeft(rest, " ")[0] != '#') {
		return false
	}
	r.next()
	return r.content == nil || r.indent <= indent
}

// list takes a list whose dashes stand at a column.
func (r *plainReader) list(indent, depth int) bool {
	if depth > mostDepth {
		return false
	}
	start, node := len(r.out), r.nodeAt(yaml.SequenceNode, "!!seq", r.content)
	for r.content != nil && r.indent == indent && r.isItem() {
		r.out = append(r.out, ',')
		item := bytes.TrimLeft(r.content[1:], " ")
		if len(item) == 0 || item[0] == '#' || item[0] == '-' && (len(item) == 1 || item[1] == ' ') {
			return false
		}
		key, behind, isField := bytes.Cut(item, []byte(":"))
		if !isField || !IsSurelyKey(key) || len(behind) > 0 && behind[0] != ' ' {
			if !r.inLine(item, indent) {
				return false
			}
			r.addTo(node)
			continue
		}
		r.indent += len(r.content) - len(item)
		r.content = item
		if !r.mapping(r.indent, depth+1) {
			return false
		}
		r.addTo(node)
	}
	r.out[start] = '['
	r.out, r.node = append(r.out, ']'), node
	return r.content == nil || r.indent <= indent
}

// literal takes the lines of a text behind the mark `|` or `|-`, of a key at a column.
func (r *plainReader) literal(mark []byte, indent int) bool {
	block, blank, hasText := 0, 0, false
	node, start := r.nodeAt(yaml.ScalarNode, "!!str", mark), len(r.out)
	if node != nil {
		node.Style = yaml.LiteralStyle // its lines are those of the file (inventory.Text.Line)
	}
	r.out = append(r.out, '"')
	for r.at < len(r.text) {
		before := r.at
		line := r.rawLine()
		depth := len(line) - len(bytes.TrimLeft(line, " "))
		switch {
		case depth == len(line) && (!hasText || depth > block):
			return false
		case depth == len(line):
			blank++
			continue
		case !hasText && (depth <= indent || line[depth] == '\t'):
			return false
		case !hasText:
			block, hasText = depth, true
		case depth < block && depth > indent:
			return false
		case depth < block:
			r.at, r.line = before, r.line-1
			return r.endLiteral(node, start, len(mark) == 1)
		default:
			r.out = append(r.out, `\n`...)
		}
		for ; blank > 0; blank-- {
			r.out = append(r.out, `\n`...)
		}
		r.out = appendEscaped(r.out, line[block:])
	}
	return hasText && r.endLiteral(node, start, len(mark) == 1)
}

// endLiteral ends a text that starts at an offset of the JSON.
func (r *plainReader) endLiteral(node *yaml.Node, start int, endsLine bool) bool {
	if endsLine {
		r.out = append(r.out, `\n`...)
	}
	r.out = append(r.out, '"')
	if r.node = node; node != nil {
		node.Style = yaml.LiteralStyle
		if json.Unmarshal(r.out[start:], &node.Value) != nil {
			return false
		}
	}
	r.next()
	return true
}

// appendEscaped appends a text of visible characters and tabs as encoding/json writes it.
func appendEscaped(out, s []byte) []byte {
	const digits = "0123456789abcdef"
	for _, c := range s {
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\t':
			out = append(out, '\\', 't')
		case '<', '>', '&':
			out = append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			out = append(out, c)
		}
	}
	return out
}
