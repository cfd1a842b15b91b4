package stream

import (
	"bytes"
	"slices"
)

// The form of YAML that nearly all manifests have: mappings and lists in blocks, keys of one word, each value in its line
// or as text behind `|`. It is read here, in a fraction of the time, under one law: the JSON is that of sigs.k8s.io/yaml,
// byte by byte, and the values are those of YAML 1.2, too; or the document is left to the libraries. A fuzz test holds it.

// plain returns the JSON of a document of that form; false is any other.
func plain(text []byte) ([]byte, bool) {
	for _, c := range text {
		if c != '\n' && (c < ' ' || c > '~') {
			return nil, false
		}
	}
	r := &plainReader{text: text, out: make([]byte, 0, len(text))}
	r.next()
	if r.content != nil && r.indent == 0 && string(r.content) == "---" && r.from == 0 {
		r.next()
	}
	if r.content == nil || r.indent != 0 || !r.mapping(0, 0) || r.content != nil {
		return nil, false
	}
	return r.out, true
}

// plainReader stands at a line.
type plainReader struct {
	text []byte
	// from is where the line starts, at where the next one does.
	from, at int
	// indent is the column at which content starts, which has no space at its end; nil is the end of the text. In the line
	// of a list's item they are those behind the dash.
	indent  int
	content []byte
	out     []byte
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
	}
	r.content = nil
}

// rawLine takes the next line, without its end.
func (r *plainReader) rawLine() []byte {
	line, _, _ := bytes.Cut(r.text[r.at:], []byte("\n"))
	r.from = r.at
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
	for r.content != nil && r.indent == indent && !r.isItem() {
		key, value, isField := bytes.Cut(r.content, []byte(":"))
		if !isField || !IsSurelyKey(key) || len(value) > 0 && value[0] != ' ' {
			return false
		}
		r.out = append(r.out, ',')
		from := len(r.out)
		r.out = append(append(append(r.out, '"'), key...), '"', ':') // no key has a character that JSON escapes
		if !r.field(bytes.TrimLeft(value, " "), indent, depth) {
			return false
		}
		members = append(members, member{string(key), from, len(r.out)})
	}
	return len(members) > 0 && (r.content == nil || r.indent <= indent) && r.close(start, members)
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
		r.next()
		switch {
		case r.content == nil || r.indent < indent, r.indent == indent && !r.isItem():
			r.out = append(r.out, "null"...)
			return true
		case r.isItem():
			return r.list(r.indent, depth+1)
		}
		return r.mapping(r.indent, depth+1)
	case string(value) == "|" || string(value) == "|-":
		return r.literal(indent, len(value) == 1)
	}
	return r.inLine(value, indent)
}

// inLine takes a value that ends with its line; what follows may not be deeper than the column of its key or dash.
func (r *plainReader) inLine(value []byte, indent int) bool {
	rest, ok := r.value(value, false, 0)
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
	start := len(r.out)
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
			continue
		}
		r.indent += len(r.content) - len(item)
		r.content = item
		if !r.mapping(r.indent, depth+1) {
			return false
		}
	}
	r.out[start] = '['
	r.out = append(r.out, ']')
	return r.content == nil || r.indent <= indent
}

// literal takes the lines of a text behind `|`, of a key at a column.
func (r *plainReader) literal(indent int, endsLine bool) bool {
	block, blank, hasText := 0, 0, false
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
		case !hasText && depth <= indent:
			return false
		case !hasText:
			block, hasText = depth, true
		case depth < block && depth > indent:
			return false
		case depth < block:
			r.at = before
			return r.endLiteral(endsLine)
		default:
			r.out = append(r.out, `\n`...)
		}
		for ; blank > 0; blank-- {
			r.out = append(r.out, `\n`...)
		}
		r.out = appendEscaped(r.out, line[block:])
	}
	return hasText && r.endLiteral(endsLine)
}

func (r *plainReader) endLiteral(endsLine bool) bool {
	if endsLine {
		r.out = append(r.out, `\n`...)
	}
	r.out = append(r.out, '"')
	r.next()
	return true
}

// value takes a value that stands in one line, and returns the rest of that. In brackets there are words and what stands in
// quotes.
func (r *plainReader) value(text []byte, inBrackets bool, depth int) (rest []byte, ok bool) {
	switch first := text[0]; {
	case first == '"' || first == '\'':
		inside, rest, closed := bytes.Cut(text[1:], text[:1])
		if !closed || first == '"' && bytes.IndexByte(inside, '\\') >= 0 || len(rest) > 0 && rest[0] == first {
			return nil, false
		}
		r.quoted(inside)
		return rest, true
	case first == '{' || first == '[':
		return r.brackets(text, depth)
	case inBrackets:
		end := 0
		for end < len(text) && isOfWord(text[end]) {
			end++
		}
		return text[end:], r.scalar(text[:end])
	}
	end := len(text)
	if comment := bytes.Index(text, []byte(" #")); comment >= 0 {
		end = comment
	}
	return text[end:], r.scalar(bytes.TrimRight(text[:end], " "))
}

func isOfWord(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '.' || c == '_' || c == '/' || c == '-'
}

// brackets takes a mapping or list in brackets.
func (r *plainReader) brackets(text []byte, depth int) (rest []byte, ok bool) {
	isList, last := text[0] == '[', text[0]+2 // `]` and `}` stand two behind in ASCII
	start := len(r.out)
	var members []member
	text = bytes.TrimLeft(text[1:], " ")
	if depth > mostDepth || len(text) == 0 {
		return nil, false
	}
	if text[0] == last {
		r.out = append(r.out, map[bool]string{true: "[]", false: "{}"}[isList]...)
		return text[1:], true
	}
	for {
		r.out = append(r.out, ',')
		from, key := len(r.out), []byte(nil)
		if !isList {
			var found bool
			if key, text, found = bytes.Cut(text, []byte(": ")); !found || !IsSurelyKey(key) || bytes.ContainsFunc(key, func(c rune) bool { return !isOfWord(byte(c)) }) {
				return nil, false
			}
			r.out = append(append(append(r.out, '"'), key...), '"', ':')
			text = bytes.TrimLeft(text, " ")
		}
		if len(text) == 0 {
			return nil, false
		}
		if text, ok = r.value(text, true, depth+1); !ok {
			return nil, false
		}
		members = append(members, member{string(key), from, len(r.out)})
		text = bytes.TrimLeft(text, " ")
		switch {
		case len(text) > 1 && text[0] == ',' && text[1] == ' ':
			if text = bytes.TrimLeft(text[1:], " "); len(text) == 0 {
				return nil, false
			}
		case len(text) > 0 && text[0] == last && isList:
			r.out[start] = '['
			r.out = append(r.out, ']')
			return text[1:], true
		case len(text) > 0 && text[0] == last:
			return text[1:], r.close(start, members)
		default:
			return nil, false
		}
	}
}

// scalar writes what stands without quotes: a text, a number without sign, or a word of JSON.
func (r *plainReader) scalar(s []byte) bool {
	switch string(s) {
	case "true", "false", "null":
		r.out = append(r.out, s...)
		return true
	}
	switch {
	case IsSurelyText(s) || isSurelyNoNumber(s):
		r.quoted(s)
	case isSurelyNumber(s):
		r.out = append(r.out, s...)
	default:
		return false
	}
	return true
}

func (r *plainReader) quoted(s []byte) {
	r.out = append(appendEscaped(append(r.out, '"'), s), '"')
}

// appendEscaped appends a text of visible characters as encoding/json writes it.
func appendEscaped(out, s []byte) []byte {
	const digits = "0123456789abcdef"
	for _, c := range s {
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '<', '>', '&':
			out = append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			out = append(out, c)
		}
	}
	return out
}
