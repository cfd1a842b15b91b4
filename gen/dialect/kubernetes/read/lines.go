package read

import (
	"bytes"
	"strings"

	"github.com/npgen/npgen/gen/dialect/kubernetes/stream"
)

// lines reads the lines of an emitted document.
type lines struct {
	rest   []byte
	gaveUp bool
	// words holds texts that come again and again.
	words map[string]string
	// joined is room for the lines of a text.
	joined []byte
}

// folded reads the text behind a key, and the lines below into which a long one is divided.
func (r *lines) folded(first []byte, indent int) string {
	text, found := bytes.CutPrefix(first, []byte(" "))
	if !found {
		r.gaveUp = true
	}
	if r.continues(indent) {
		text = bytes.Clone(text)
		for r.continues(indent) {
			text = append(append(text, ' '), r.lineAt(indent)...)
		}
	}
	if !bytes.HasPrefix(text, []byte("'")) {
		return r.sure(text)
	}
	// Quotes stand around what starts as `* -> web:80` does or holds `: `; one that is meant stands twice.
	inside, closed := bytes.CutSuffix(text[1:], []byte("'"))
	quoted := string(inside)
	if !closed || !stream.IsVisible(inside) || strings.Contains(strings.ReplaceAll(quoted, "''", ""), "'") {
		r.gaveUp = true
	}
	return strings.ReplaceAll(quoted, "''", "'")
}

// literal reads the lines of a literal block, none of them empty or indented further.
func (r *lines) literal(indent int) string {
	r.joined = r.joined[:0]
	for r.continues(indent) {
		line := r.lineAt(indent)
		if !stream.IsVisible(line) {
			r.gaveUp = true
		}
		r.joined = append(append(r.joined, line...), '\n')
	}
	text, found := bytes.CutSuffix(r.joined, []byte("\n"))
	if !found {
		r.gaveUp = true
	}
	return string(text)
}

// number reads a port: one to five digits, none of them a leading zero, which YAML 1.1 takes for octal.
func (r *lines) number() int32 {
	r.must(" ")
	line := r.line()
	if len(line) == 0 || len(line) > len("65535") || line[0] == '0' {
		r.gaveUp = true
		return 0
	}
	n := int32(0)
	for i := range len(line) {
		if line[i] < '0' || line[i] > '9' {
			r.gaveUp = true
			return 0
		}
		n = n*10 + int32(line[i]-'0')
	}
	return n
}

// field reads a line with a text that comes again and again behind a prefix.
func (r *lines) field(prefix string) string {
	r.must(prefix)
	return r.word(r.line())
}

// sure returns a text that YAML takes for just that, and else gives up.
func (r *lines) sure(text []byte) string {
	if !stream.IsSurelyText(text) {
		r.gaveUp = true
	}
	return string(text)
}

// word is as sure, for what comes again and again.
func (r *lines) word(text []byte) string {
	if word, known := r.words[string(text)]; known {
		return word
	}
	word := r.sure(text)
	if !r.gaveUp {
		r.words[word] = word
	}
	return word
}

// line takes the rest of a line. Each line ends in a line feed, the last one too.
func (r *lines) line() []byte {
	line, rest, found := bytes.Cut(r.rest, []byte("\n"))
	if !found {
		r.gaveUp = true
	}
	r.rest = rest
	return line
}

func (r *lines) lineAt(indent int) []byte { return r.line()[indent:] }

func (r *lines) take(prefix string) bool { return r.takeAt(0, prefix) }

func (r *lines) must(prefix string) {
	if !r.take(prefix) {
		r.gaveUp = true
	}
}

// takeAt takes a line's indentation and what follows it, both or none.
func (r *lines) takeAt(indent int, text string) bool {
	end := indent + len(text)
	if !isIndented(r.rest, indent) || len(r.rest) < end || string(r.rest[indent:end]) != text {
		return false
	}
	r.rest = r.rest[end:]
	return true
}

// continues reports whether a line starts exactly at an indentation.
func (r *lines) continues(indent int) bool {
	return isIndented(r.rest, indent) && len(r.rest) > indent && r.rest[indent] != ' ' && r.rest[indent] != '\n'
}

// fields returns the lines of a map at an indentation.
func (r *lines) fields(indent int) []byte {
	return r.while(func(rest []byte) bool { return isIndented(rest, indent) })
}

// items returns the lines of a list whose dashes stand at an indentation.
func (r *lines) items(indent int) []byte {
	return r.while(func(rest []byte) bool {
		return isIndented(rest, indent) && len(rest) > indent && (rest[indent] == '-' || rest[indent] == ' ')
	})
}

// while returns the lines up to the first that something is not true of.
func (r *lines) while(is func(rest []byte) bool) []byte {
	end := 0
	for is(r.rest[end:]) {
		length := bytes.IndexByte(r.rest[end:], '\n') + 1
		if length == 0 {
			return r.rest
		}
		end += length
	}
	return r.rest[:end]
}

func isIndented(text []byte, indent int) bool {
	const deepest = "                        "
	return len(text) >= indent && string(text[:indent]) == deepest[:indent]
}

// listItem is where the reader is in a list, whose dashes stand under the key of the list.
type listItem struct {
	*lines
	indent int
	// first says that the next key stands behind the dash; items counts.
	first bool
	items int
}

func (r *lines) list(indent int) *listItem { return &listItem{lines: r, indent: indent + 2} }

// next goes to the next item. A list has one at least, and an item something.
func (l *listItem) next() bool {
	if l.first || l.gaveUp {
		l.gaveUp = true
		return false
	}
	if !l.takeAt(l.indent-2, "-") {
		l.gaveUp = l.items == 0
		return false
	}
	l.first = true
	l.items++
	return true
}

// empty takes an item that is an empty map.
func (l *listItem) empty() bool {
	if !l.first || !l.take(" {}\n") {
		return false
	}
	l.first = false
	return true
}

// key takes a key of the item, with its colon.
func (l *listItem) key(key string) bool {
	before, indent := l.rest, l.indent
	if l.first {
		indent = len(" ")
	}
	if !l.takeAt(indent, key) || !l.take(":") {
		l.rest = before
		return false
	}
	l.first = false
	return true
}

// text takes an item that is a text.
func (l *listItem) text() string {
	l.first = false
	return l.field(" ")
}
