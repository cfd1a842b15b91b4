package stream

import (
	"bytes"
	"slices"

	"go.yaml.in/yaml/v3"
)

// joined returns a text with the lines below into which it is divided; they are deeper than a column. Other values are in
// their line.
func (r *plainReader) joined(value []byte, indent int) []byte {
	quote := value[0]
	isQuoted := quote == '"' || quote == '\''
	ends := func(text []byte) bool {
		return isQuoted && bytes.IndexByte(text, quote) >= 0 || !isQuoted && bytes.Contains(text, []byte(" #"))
	}
	if ends(value[1:]) || !isQuoted && !isLetter(quote) {
		return value
	}
	out := slices.Clip(value) // what is added goes elsewhere
	for r.at < len(r.text) {
		at, number := r.at, r.line
		line := bytes.TrimRight(r.rawLine(), " ")
		content := bytes.TrimLeft(line, " ")
		if len(content) == 0 || len(line)-len(content) <= indent || content[0] == '#' && !isQuoted {
			r.at, r.line = at, number
			break
		}
		out = append(append(out, ' '), content...)
		if ends(content) {
			break
		}
	}
	return out
}

// value takes a value that stands in one line, and returns the rest of that. In brackets there are words and what stands in
// quotes.
func (r *plainReader) value(text []byte, inBrackets bool, depth int) (rest []byte, ok bool) {
	switch first := text[0]; {
	case first == '"' || first == '\'':
		inside, rest, closed := bytes.Cut(text[1:], text[:1])
		if !closed || bytes.IndexByte(inside, '\t') >= 0 || first == '"' && bytes.IndexByte(inside, '\\') >= 0 || len(rest) > 0 && rest[0] == first {
			return nil, false
		}
		if r.string(inside, text); r.hasNodes {
			r.node.Style = yaml.DoubleQuotedStyle
			if first == '\'' {
				r.node.Style = yaml.SingleQuotedStyle
			}
		}
		return rest, true
	case first == '{' || first == '[':
		return r.brackets(text, depth)
	case inBrackets:
		end := 0
		for end < len(text) && isOfWord(text[end]) {
			end++
		}
		return text[end:], r.scalar(text[:end], text)
	}
	end := len(text)
	if comment := bytes.Index(text, []byte(" #")); comment >= 0 {
		end = comment
	}
	return text[end:], r.scalar(bytes.TrimRight(text[:end], " "), text)
}

func isOfWord(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '.' || c == '_' || c == '/' || c == '-'
}

// brackets takes a mapping or list in brackets.
func (r *plainReader) brackets(text []byte, depth int) (rest []byte, ok bool) {
	isList, last := text[0] == '[', text[0]+2 // `]` and `}` stand two behind in ASCII
	start, node := len(r.out), r.nodeAt(yaml.MappingNode, "!!map", text)
	if r.hasNodes {
		node.Style = yaml.FlowStyle
		if isList {
			node.Kind, node.Tag = yaml.SequenceNode, "!!seq"
		}
	}
	var members []member
	text = bytes.TrimLeft(text[1:], " ")
	if depth > mostDepth || len(text) == 0 {
		return nil, false
	}
	if text[0] == last {
		r.out, r.node = append(r.out, map[bool]string{true: "[]", false: "{}"}[isList]...), node
		return text[1:], true
	}
	for {
		r.out = append(r.out, ',')
		from, key := len(r.out), []byte(nil)
		if !isList {
			var found bool
			at := text
			if key, text, found = bytes.Cut(text, []byte(": ")); !found || !IsSurelyKey(key) || bytes.ContainsFunc(key, func(c rune) bool { return !isOfWord(byte(c)) }) {
				return nil, false
			}
			r.key(node, key, at)
			text = bytes.TrimLeft(text, " ")
		}
		if len(text) == 0 {
			return nil, false
		}
		if text, ok = r.value(text, true, depth+1); !ok {
			return nil, false
		}
		members = append(members, member{string(key), from, len(r.out)})
		r.addTo(node)
		text = bytes.TrimLeft(text, " ")
		switch {
		case len(text) > 1 && text[0] == ',' && text[1] == ' ':
			if text = bytes.TrimLeft(text[1:], " "); len(text) == 0 {
				return nil, false
			}
		case len(text) > 0 && text[0] == last && isList:
			r.out[start] = '['
			r.out, r.node = append(r.out, ']'), node
			return text[1:], true
		case len(text) > 0 && text[0] == last:
			r.node = node
			return text[1:], r.close(start, members)
		default:
			return nil, false
		}
	}
}

// scalar writes what stands without quotes, at the start of a text: a text, a number without sign, or a word of JSON.
func (r *plainReader) scalar(s, at []byte) bool {
	tag := "!!int"
	switch {
	case string(s) == "true", string(s) == "false":
		tag = "!!bool"
	case string(s) == "null":
		tag = "!!null"
	case IsSurelyText(s) || isSurelyNoNumber(s):
		r.string(s, at)
		return true
	case !isSurelyNumber(s):
		return false
	}
	r.out = append(r.out, s...)
	r.scalarNode(tag, s, at)
	return true
}

// string writes a text that starts at another one.
func (r *plainReader) string(s, at []byte) {
	r.out = append(appendEscaped(append(r.out, '"'), s), '"')
	r.scalarNode("!!str", s, at)
}

func (r *plainReader) scalarNode(tag string, s, at []byte) {
	if r.node = r.nodeAt(yaml.ScalarNode, tag, at); r.hasNodes {
		r.node.Value = r.word(s)
	}
}
