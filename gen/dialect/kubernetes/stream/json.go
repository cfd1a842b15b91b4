package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	yamlv2 "go.yaml.in/yaml/v2"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// Content is what a document holds.
type Content struct {
	// JSON is what kubectl makes of it, with all written out that its aliases stand for.
	JSON []byte
	// Twice is set where a key stands twice in a mapping; the last one is in it.
	Twice bool
	// Plain is set where all readers of YAML and JSON take every value for the same.
	Plain bool
}

// Content reads a document. Count first what its aliases stand for (Expand).
func (d Document) Content() (Content, error) {
	switch {
	case d.Refused != nil:
		return Content{}, d.Refused
	case d.isJSON:
		data, twice, err := once(d.Text)
		return Content{data, twice, !twice}, err
	}
	if data, isPlain := plain(d.Text); isPlain {
		return Content{JSON: data, Plain: true}, nil
	}
	text := lineFeeds(d.Text)
	data, err := yaml.YAMLToJSONStrict(text)
	if err == nil {
		return Content{JSON: data}, nil
	}
	// Strict YAML refuses keys that stand twice, and those that a merge has given already.
	data, err = yaml.YAMLToJSON(text)
	return Content{JSON: data, Twice: err == nil}, err
}

// once returns JSON in which no key stands twice in an object.
func once(text []byte) ([]byte, bool, error) {
	var value any
	twice, err := kjson.UnmarshalStrict(text, &value)
	if err != nil || len(twice) == 0 {
		return text, false, err
	}
	text, err = json.Marshal(value)
	return text, true, err
}

// lineFeeds returns the text with the ends of lines that kubectl gives to YAML.
func lineFeeds(text []byte) []byte {
	if bytes.Contains(text, []byte("\r\n")) {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	}
	if !bytes.HasSuffix(text, []byte("\n")) {
		text = append(bytes.Clone(text), '\n')
	}
	return text
}

// Behind reports whether something stands behind the end of the document that kubectl reads, so that it is passed over.
func (d Document) Behind() bool {
	if d.isJSON || d.Refused != nil || endsLast(d.Text) {
		return false
	}
	decoder := yamlv2.NewDecoder(bytes.NewReader(lineFeeds(d.Text)))
	var value any
	if err := decoder.Decode(&value); err != nil {
		return false
	}
	for {
		value = nil
		switch err := decoder.Decode(&value); {
		case errors.Is(err, io.EOF):
			return false
		case err != nil || value != nil:
			return true
		}
	}
}

// endsLast reports whether a document surely reaches to the end of the text: a mapping in blocks that starts in the first
// column ends at a marker alone, and there is none.
func endsLast(text []byte) bool {
	if bytes.Count(text, []byte("\r")) != bytes.Count(text, []byte("\r\n")) {
		return false
	}
	for _, marker := range []string{"\n...", "\n---", "\u0085", "\u2028", "\u2029"} {
		if bytes.Contains(text, []byte(marker)) {
			return false
		}
	}
	for line := range bytes.Lines(text) {
		if c := line[0]; 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			return true
		}
		if trimmed := bytes.TrimSpace(line); len(trimmed) > 0 && trimmed[0] != '#' && !isMarker(line, "---") {
			return false
		}
	}
	return false
}
