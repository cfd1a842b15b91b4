// Package stream reads a stream of manifests as kubectl does, and as the API machinery does behind it.
//
// In: the bytes of a file or of standard input. Out: its documents, each with the JSON that kubectl makes of it, and the
// objects that it applies of that. It refuses, document by document and with a reason, what kubectl refuses, so that a
// reader can go on behind it and say what is missing.
//
// kubectl makes UTF-8 of what starts with a mark of UTF-16, and reads with NewYAMLOrJSONDecoder of k8s.io/apimachinery/pkg/util/yaml: a stream that starts with `{` is JSON
// values, one behind the other, until one is none; everything else is YAML, cut at the lines that start with `---`, of
// which sigs.k8s.io/yaml reads the first document and nothing that stands behind its end. A fuzz test holds this package
// to those libraries.
package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	encoding "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Document is one document of a stream.
type Document struct {
	// Line is the first line of the text, from 1.
	Line int
	Text []byte
	// Refused is why kubectl reads nothing of the text, or nil; RefusedAt is the line for it.
	Refused   error
	RefusedAt int

	isJSON bool
}

// Split divides a stream into its documents. Those without content are left out.
func Split(data []byte) []Document {
	data = decoded(data)
	s := &splitter{data: data, line: 1}
	if isJSON(data[:min(len(data), lookAhead)]) {
		s.values()
	}
	s.documents()
	return s.out
}

// decoded returns a stream in UTF-8, as kubectl does: a mark at the start says whether it is UTF-16, and bytes that are no
// text become U+FFFD.
func decoded(data []byte) []byte {
	if utf8.Valid(data) && !bytes.HasPrefix(data, []byte("\ufeff")) {
		return data
	}
	out, _, err := transform.Bytes(encoding.BOMOverride(encoding.UTF8.NewDecoder()), data)
	if err != nil {
		return data
	}
	return out
}

// lookAhead is how many bytes kubectl looks at to tell JSON from YAML.
const lookAhead = 4096

func isJSON(start []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeftFunc(start, unicode.IsSpace), []byte("{"))
}

type splitter struct {
	data []byte
	// at is how far the stream is divided, line the line there.
	at, line int
	out      []Document
}

// add adds a document that ends at an offset, and goes there.
func (s *splitter) add(end int, d Document) {
	d.Text = s.data[s.at:end]
	d.Line = s.line
	s.line += bytes.Count(d.Text, []byte("\n"))
	s.at = end
	if d.Refused != nil || hasContent(d.Text) {
		s.out = append(s.out, d)
	}
}

// skip goes to an offset.
func (s *splitter) skip(to int) {
	s.line += bytes.Count(s.data[s.at:to], []byte("\n"))
	s.at = to
}

// hasContent reports whether there may be more than comments and a marker before them. A character that YAML may refuse is
// content even in a comment.
func hasContent(text []byte) bool {
	if line, behind, _ := bytes.Cut(text, []byte("\n")); isMarker(line, "---") && !bytes.HasPrefix(line, []byte("---#")) {
		text = behind
	}
	for line := range bytes.Lines(text) {
		line = bytes.TrimLeft(bytes.TrimRight(line, "\r\n"), " ")
		isPlain := !bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r > '~' })
		if len(line) > 0 && (line[0] != '#' || !isPlain) {
			return true
		}
	}
	return false
}

// isMarker reports whether a line is a marker, and has at most a comment behind it.
func isMarker(line []byte, marker string) bool {
	behind, found := bytes.CutPrefix(line, []byte(marker))
	behind = bytes.TrimSpace(behind)
	return found && (len(behind) == 0 || behind[0] == '#')
}

// values takes JSON values. Behind more than one of them only JSON may follow; what follows fewer is YAML.
func (s *splitter) values() {
	decoder := json.NewDecoder(bytes.NewReader(s.data))
	for values := 0; ; values++ {
		var value json.RawMessage
		err := decoder.Decode(&value)
		switch {
		case errors.Is(err, io.EOF):
			s.at = len(s.data)
			return
		case err != nil && values > 1:
			s.add(len(s.data), Document{RefusedAt: s.line, Refused: fmt.Errorf("what stands behind JSON objects is not JSON: %w", err)})
			return
		case err != nil:
			if !s.space() {
				s.add(len(s.data), Document{RefusedAt: s.line, Refused: fmt.Errorf("this is neither JSON nor YAML: %w", err)})
			}
			return
		}
		end := int(decoder.InputOffset())
		s.skip(end - len(value))
		s.add(end, Document{isJSON: true})
	}
}

// space skips the white space behind JSON, up to the next line. It reports whether kubectl goes on with YAML there.
func (s *splitter) space() bool {
	for {
		const least = 4 // fewer bytes are not looked at
		r, size := utf8.DecodeRune(s.data[s.at:])
		switch {
		case len(s.data)-s.at < least, r == utf8.RuneError:
			return false
		case !unicode.IsSpace(r):
			return true
		}
		s.skip(s.at + size)
		if r == '\n' {
			return true
		}
	}
}

// documents takes YAML documents. A line that starts with `---` ends one; kubectl refuses such a line where it holds more
// than a comment, and with it what stands before it and behind it.
func (s *splitter) documents() {
	var refused error
	end, number, refusedAt := s.at, s.line-1, 0
	for line := range bytes.Lines(s.data[s.at:]) {
		start := end
		end += len(line)
		number++
		switch {
		case !bytes.HasPrefix(line, []byte("---")):
		case !isMarker(line, "---"):
			if refused == nil {
				refused, refusedAt = fmt.Errorf("kubectl refuses %s, as `---` stands alone in its line; it applies neither what is before it nor what is behind", shortened(line)), number
			}
		case start > s.at:
			s.add(start, Document{Refused: refused, RefusedAt: refusedAt})
			s.skip(end)
			refused = nil
		}
	}
	s.add(len(s.data), Document{Refused: refused, RefusedAt: refusedAt})
}

// shortened returns the start of a line as a message can have it.
func shortened(line []byte) string {
	const most = 40
	line = bytes.TrimSpace(line)
	if len(line) > most {
		line = append(bytes.Clone(line[:most]), "..."...)
	}
	return fmt.Sprintf("`%s`", strings.ReplaceAll(strings.Trim(fmt.Sprintf("%q", line), `"`), `\"`, `"`))
}
