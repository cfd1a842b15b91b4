package stream

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen/internal/streamtest"
)

// FuzzPlain holds the law of the fast reader: what it reads is what sigs.k8s.io/yaml reads, byte by byte, what YAML 1.2 reads,
// and all of the document.
func FuzzPlain(f *testing.F) {
	for i := range byte(200) {
		f.Add([]byte{i, 0, i, 1, 2, i})
	}
	f.Fuzz(func(t *testing.T, choices []byte) { samePlain(t, plainText(choices)) })
}

// TestRandomPlain tries documents of random lines, and sees that enough of them are read.
func TestRandomPlain(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	read := 0
	for range 200_000 {
		choices := make([]byte, 2+r.IntN(16))
		for i := range choices {
			choices[i] = byte(r.IntN(256))
		}
		read += samePlain(t, plainText(choices))
		if t.Failed() {
			return
		}
	}
	if read < 10_000 {
		t.Errorf("only %d documents were read", read)
	}
}

// TestPlainManifests reads what people write.
func TestPlainManifests(t *testing.T) {
	for name, text := range map[string]string{
		"deployment": "---\n# a comment\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels: {app: web, \"x\": 1}\n",
	} {
		if _, ok := plain([]byte(text)); ok {
			t.Errorf("%s: quoted keys are left to the library", name)
		}
	}
	for _, text := range []string{
		"---\n# a comment\nspec:\n  replicas: 2\n  selector:\n    matchLabels: {app: web}\n  template:\n    spec:\n      containers:\n      - name: web # why\n        image: \"web:1.2\"\n        args: [\"-c\", 'a b', x]\n        ports:\n          - containerPort: 8080\n            name: http\n        resources:\n          limits: {memory: 64Mi, cpu: 100m}\n\n      - name: side\n        image: reg.io/side@sha256:00ff\n        empty:\n      nodes: []\n",
		"data:\n  a: |\n    one\n      two < & \"\n\n    three\n\n  b: |-\n    end\n",
		"metadata:\n  annotations:\n    a/b: 10.0.0.0/8\n    c: 10.0.0.1\nkind: List\n",
		"a:\n  b: text that\n   goes on\n  c: 'quoted: # \n    # and on'\nd:\n- \"x\n  y\"\n- z\n  z # c\n",
	} {
		if samePlain(t, []byte(text)) != 1 {
			t.Errorf("this is left to the library:\n%s", text)
		}
	}
}

// samePlain returns 1 where the document is read.
func samePlain(t *testing.T, text []byte) int {
	t.Helper()
	got, ok := plain(text)
	if !ok {
		return 0
	}
	want, err := yaml.YAMLToJSONStrict(lineFeeds(text))
	if err != nil || string(want) != string(got) {
		t.Errorf("read as  %s\nto be    %s %v\nof:\n%s", got, want, err, text)
	}
	if (Document{Text: text}).Behind() {
		t.Errorf("not all of it is read:\n%s", text)
	}
	var node yamlv3.Node
	if err := yamlv3.Unmarshal(lineFeeds(text), &node); err != nil {
		t.Errorf("%v:\n%s", err, text)
	}
	sameNodes(t, Node(lineFeeds(text)), node.Content[0], text)
	if _, ok := Tree(text); ok == hasComment(&node) {
		t.Errorf("whether there are comments, to be %t, in:\n%s", !ok, text)
	}
	var json strings.Builder
	writeNode(&json, node.Content[0])
	if a, b := streamtest.Canonical([]byte(json.String())), streamtest.Canonical(got); a != b {
		t.Errorf("read as  %s\nYAML 1.2 %s\nof:\n%s", b, a, text)
	}
	return 1
}

// hasComment reports whether a node or one in it has a comment.
func hasComment(n *yamlv3.Node) bool {
	return n.HeadComment+n.LineComment+n.FootComment != "" || slices.ContainsFunc(n.Content, hasComment)
}

// sameNodes compares what positions are told by.
func sameNodes(t *testing.T, got, want *yamlv3.Node, text []byte) {
	t.Helper()
	if got == nil || got.Kind != want.Kind || got.Tag != want.Tag || got.Value != want.Value || got.Line != want.Line || got.Column != want.Column || got.Style != want.Style || len(got.Content) != len(want.Content) {
		t.Errorf("node %+v\nto be %+v\nof:\n%s", got, want, text)
		return
	}
	for i := range got.Content {
		sameNodes(t, got.Content[i], want.Content[i], text)
	}
}

// writeNode writes a node as JSON, each scalar as its tag says.
func writeNode(b *strings.Builder, n *yamlv3.Node) {
	switch {
	case n.Kind == yamlv3.MappingNode:
		b.WriteByte('{')
		for i := 0; i < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			writeNode(b, n.Content[i])
			b.WriteByte(':')
			writeNode(b, n.Content[i+1])
		}
		b.WriteByte('}')
	case n.Kind == yamlv3.SequenceNode:
		b.WriteByte('[')
		for i, c := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			writeNode(b, c)
		}
		b.WriteByte(']')
	case n.Tag == "!!int" || n.Tag == "!!bool":
		b.WriteString(n.Value)
	case n.Tag == "!!null":
		b.WriteString("null")
	case n.Tag == "!!str":
		b.WriteString(strconv.Quote(n.Value))
	default:
		b.WriteString(strconv.Quote(n.Tag + n.Value))
	}
}

// plainText makes a document of lines, each at some column, most of them in the form that is read.
func plainText(choices []byte) []byte {
	if len(choices) > 0 && choices[0]%16 == 15 {
		return choices[1:]
	}
	keys := []string{"a", "b", "app.kubernetes.io/name", "no", "c1", "a-b", "<<", "\"q\"", "1", "kind", "x y", "null", "On"}
	values := []string{
		"", "", "", "b", "text of words", "8080", "0", "012", "1e3", "0x1f", "1_000", "1.5", "-1", "true", "yes", "null", "~", "Null", "10.0.0.0/8", "10.0.0.1", "1.2.3", "100m", "64Mi", "1h30m", "2001-01-01", "12:30:45",
		"\"quoted # it\"", "'single: x'", "\"a\\n\"", "'it''s'", "\"open", "'open", "a # comment", "a#b", "# comment", "a: b", "a:", "a:b", "http://x:80/y", "{}", "[]", "{a: b}", "{a: b, a: c}", "{b: [1, x], a: {}}", "[a, 'b c', \"d\"]", "[a,b]", "[a, b,]", "{a:b}", "{a: 0b1, b: 1f}", "{a: }", "[", "|", "|-", ">", "|+", "| # c", "&x a", "*x", "!!str 1",
		"a  b", "é", "<&>\"\\", "a\tb", "[]]", "{} # c", "{}x", ".inf", "@a", "%a", "- a", "-", "? a", "1f", "5g", "0b1", "0o17", "1e5g", "0x1g", "n", "y", "a ", "x, y", "{a: [[1, 2], [{b: c}]]}", "[{}, []]",
	}
	usual := []string{"", "", "b", "text of words", "8080", "10.0.0.0/8", "\"quoted # it\"", "{a: b}", "[]", "|", "|-", "a # comment", "64Mi", "[a, 'b c', \"d\"]", "\"open", "'open"}
	var b strings.Builder
	indent := 0
	for i := 0; i+1 < len(choices); i += 2 {
		how, c := choices[i], int(choices[i+1])
		switch how % 8 {
		case 0:
			indent = min(indent+2, 8)
		case 1, 2:
			indent = int(how/8) % 5 * 2
		case 3:
			indent = max(indent-2, 0)
		}
		if i == 0 && how%2 == 0 {
			indent = 0
		}
		line := keys[c%7%len(keys)]
		if how > 240 {
			line = keys[c%len(keys)]
		}
		value := usual[c/7%len(usual)]
		if c%5 == 0 {
			value = values[(c*7+int(how))%len(values)]
		}
		line += ": " + value
		switch how / 8 % 32 {
		case 0, 1, 2, 3, 4:
			line = "- " + line
		case 5, 6:
			line = "- " + value
		case 7:
			line = []string{"", "# c", "  ", "---", "...", " text", "b", "-   a: b", "- - a", "%x", "\r", "\tx", "a\tb", "\t", "more text", "end\"", "it's", "x'", "y # c"}[c%19]
		case 8, 9, 10:
			line = strings.TrimSuffix(line, " ")
		}
		b.WriteString(strings.Repeat(" ", indent) + line + "\n")
	}
	text := b.String()
	if len(choices)%5 == 0 {
		text = strings.TrimSuffix(text, "\n")
	}
	return []byte(text)
}
