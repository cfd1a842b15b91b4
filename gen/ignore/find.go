package ignore

import (
	"bytes"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"go.yaml.in/yaml/v3"
)

// InCUE returns the comments of a file of CUE, in order. What does not parse has none.
func InCUE(file string, text []byte) []Comment {
	if !bytes.Contains(text, []byte(Mark)) {
		return nil
	}
	parsed, err := parser.ParseFile(file, text, parser.ParseComments)
	if err != nil {
		return nil
	}
	lines := strings.Split(string(text), "\n")
	var out []Comment
	ast.Walk(parsed, func(n ast.Node) bool {
		for _, group := range ast.Comments(n) {
			for _, c := range group.List {
				p := c.Pos()
				if found, ok := comment(file, lines, p.Line()-1, p.Column()-1, "//"); ok {
					out = append(out, found)
				}
			}
		}
		return true
	}, nil)
	slices.SortFunc(out, func(a, b Comment) int { return a.Pos.Compare(b.Pos) })
	return slices.Compact(out)
}

// InYAML returns the comments of a document of YAML whose first line has a number, in order. In what does not parse, lines
// of comments count.
func InYAML(file string, first int, text []byte) []Comment {
	if !bytes.Contains(text, []byte(Mark)) {
		return nil
	}
	lines := strings.Split(string(text), "\n")
	var found []Comment
	for i, line := range lines {
		for col := range line {
			if line[col] != '#' || col > 0 && line[col-1] != ' ' && line[col-1] != '\t' {
				continue
			}
			if c, ok := comment(file, lines, i, col, "#"); ok {
				found = append(found, c)
				break
			}
		}
	}
	var value yaml.Node
	isOutside := func(c Comment) bool { return strings.TrimSpace(lines[c.Pos.Line-1][:c.Pos.Col-1]) == "" }
	if yaml.Unmarshal(text, &value) != nil {
		found = slices.DeleteFunc(found, func(c Comment) bool { return !isOutside(c) })
	} else {
		found = (&document{lines: lines, value: &value, readings: maxReadings}).comments(found)
	}
	for i := range found {
		found[i].Pos.Line += first - 1
		found[i].Line += first - 1
	}
	return found
}

// maxReadings is how often a document is read to tell comments from texts that look like them. Of a document that mixes
// more of both, the rest are none.
const maxReadings = 200

type document struct {
	lines    []string
	value    *yaml.Node
	readings int
}

// comments returns those that are comments: without them, the document says the same.
func (d *document) comments(found []Comment) []Comment {
	if len(found) == 0 || d.readings == 0 {
		return nil
	}
	d.readings--
	without := slices.Clone(d.lines)
	for _, c := range found {
		without[c.Pos.Line-1] = without[c.Pos.Line-1][:c.Pos.Col-1]
	}
	var value yaml.Node
	if yaml.Unmarshal([]byte(strings.Join(without, "\n")), &value) == nil && same(d.value, &value) {
		return found
	}
	if len(found) == 1 {
		return nil
	}
	half := len(found) / 2
	return append(d.comments(found[:half:half]), d.comments(found[half:])...)
}

// same reports whether two nodes say the same.
func same(a, b *yaml.Node) bool {
	return a.Kind == b.Kind && a.Tag == b.Tag && a.Value == b.Value && a.Anchor == b.Anchor &&
		slices.EqualFunc(a.Content, b.Content, same)
}
