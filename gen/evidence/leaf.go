package evidence

import (
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// leaf is one value: a variable, an argument, or a value in a longer text.
type leaf struct {
	// key is the name that the value goes by: of a variable, a flag or a field.
	key, value string
	// line is where the value stands in its text, from 0; -1 where the text is the value.
	line int
	// beside is the ports and switches that stand beside the value, by their keys: the other fields of a mapping or
	// section, the other variables of an environment.
	beside map[string]string
}

// isLong reports whether a value is a text with values in it.
func isLong(value string) bool {
	value = strings.TrimSpace(value)
	return strings.Contains(value, "\n") || strings.HasPrefix(value, "{") && strings.HasSuffix(value, "}") ||
		strings.HasPrefix(value, "[") && strings.HasSuffix(value, "]")
}

// leavesOf returns the values of a text: the fields of YAML or JSON, the lines of anything else, without comments.
func leavesOf(key, value string) []leaf {
	if !isLong(value) {
		return []leaf{{key: key, value: value, line: -1}}
	}
	return (&splitter{}).text(key, value, 0)
}

// splitter takes texts apart.
type splitter struct{ depth int }

// deepest is how far texts are looked for in texts, and fields in fields.
const deepest = 100

func (s *splitter) text(key, value string, line int) []leaf {
	s.depth++
	defer func() { s.depth-- }()
	if s.depth >= deepest || strings.HasPrefix(strings.TrimSpace(value), "#!") {
		return lines(value, line)
	}
	var out []leaf
	for in := yaml.NewDecoder(strings.NewReader(value)); ; {
		var doc yaml.Node
		if err := in.Decode(&doc); err == io.EOF && out != nil {
			return out
		} else if err != nil || len(doc.Content) != 1 || !isWhole(doc.Content[0], value) {
			break
		}
		out = append(out, s.node(key, doc.Content[0], line, nil)...)
	}
	return lines(value, line)
}

// isWhole reports whether YAML is a mapping or a list and all of a text: the library reads `[section]` as a list and leaves
// the rest.
func isWhole(root *yaml.Node, text string) bool {
	text = strings.TrimSpace(text)
	isText := root.Kind != yaml.MappingNode && root.Kind != yaml.SequenceNode
	return !isText && (root.Style&yaml.FlowStyle == 0 || text[len(text)-1] == ']' || text[len(text)-1] == '}')
}

// node returns the values of YAML. Aliases stand for what was read where they are defined.
func (s *splitter) node(key string, n *yaml.Node, line int, beside map[string]string) []leaf {
	s.depth++
	defer func() { s.depth-- }()
	if s.depth > deepest {
		return nil
	}
	at := line + n.Line - 1
	var out []leaf
	switch n.Kind {
	case yaml.ScalarNode:
		if isLong(n.Value) {
			if n.Style == yaml.LiteralStyle {
				at++
			}
			return s.text(key, n.Value, at)
		}
		return []leaf{{key: key, value: n.Value, line: at, beside: beside}}
	case yaml.SequenceNode:
		for _, c := range n.Content {
			out = append(out, s.node(key, c, line, nil)...)
		}
	case yaml.MappingNode:
		fields := map[string]string{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i+1].Kind == yaml.ScalarNode && standsBeside(n.Content[i].Value) {
				fields[n.Content[i].Value] = n.Content[i+1].Value
			}
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			out = append(out, s.node(n.Content[i].Value, n.Content[i+1], line, fields)...)
		}
	}
	return out
}

// lines returns the values of a text by its lines: `key=value` or `key: value`, or the line itself.
func lines(text string, line int) []leaf {
	var out []leaf
	section := map[string]string{}
	for l := range strings.Lines(text) {
		at := line
		line++
		l = withoutComment(l)
		if l == "" {
			continue
		}
		if l[0] == '[' {
			section = map[string]string{}
		}
		key, value := assignment(l)
		if standsBeside(key) {
			section[key] = value
		}
		out = append(out, leaf{key: key, value: value, line: at, beside: section})
	}
	return out
}

func standsBeside(key string) bool { return saysPort(key) || saysSwitch(key) }

// withoutComment returns a line without the blanks around it and the comment in it.
func withoutComment(line string) string {
	line = strings.TrimSpace(line)
	for _, start := range []string{"#", "//", ";", "--", "<!--", "/*", "* ", "%"} {
		if strings.HasPrefix(line, start) {
			return ""
		}
	}
	for _, start := range []string{" #", "\t#", " // "} {
		line, _, _ = strings.Cut(line, start)
	}
	return strings.TrimSpace(line)
}

// assignment returns the key and value of a line, or the line as a value of no key.
func assignment(line string) (key, value string) {
	end := strings.IndexFunc(line, func(r rune) bool { return r > 127 || !isHostByte(byte(r)) })
	if end <= 0 {
		return "", line
	}
	key, value = line[:end], strings.TrimSpace(line[end:])
	if rest, ok := strings.CutPrefix(value, "="); ok {
		return key, strings.Trim(strings.TrimSpace(rest), `"',;`)
	}
	if rest, ok := strings.CutPrefix(value, ": "); ok {
		return key, strings.Trim(strings.TrimSpace(rest), `"',;`)
	}
	return "", line
}

// withSiblings gives the variables and flags of each container the ports and switches that stand beside them.
func withSiblings(all []told) []told {
	type scope struct {
		container int
		flags     bool
	}
	ports := map[scope]map[string]string{}
	of := func(t *told) scope { return scope{t.Container, !t.Environment} }
	for i := range all {
		if t := &all[i]; t.line < 0 && standsBeside(t.key) {
			if ports[of(t)] == nil {
				ports[of(t)] = map[string]string{}
			}
			ports[of(t)][t.key] = t.value
		}
	}
	for i := range all {
		if t := &all[i]; t.line < 0 {
			t.beside = ports[of(t)]
		}
	}
	return all
}
