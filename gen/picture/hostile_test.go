package picture

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen/load"
)

func envOf(t testing.TB, source string) load.Env {
	t.Helper()
	return load.Env{Dir: t.TempDir(), Stdin: strings.NewReader(source)}
}

// hostile has markup, quotes, ends of scripts and lines of each format in all that a picture shows.
func hostile() *Picture {
	nasty := []string{
		`<img src=x onerror=alert(1)>`, `</script><script>alert(1)</script>`, `"]; click n_a "javascript:alert(1)"`, "`**b**`\n%%{init: {}}%%",
		`"]:::x --> y["`, `\"]; evil [label="`, "a\\", "]]>", "&lt;b&gt;", "{{drawing}}", "{{script}}", "#60;b#62;", "end", "::set-output name=x::y", "\u202eabc\u0000\u001b[31m", "\u2028\uffff",
	}
	at := func(i int) string { return nasty[i%len(nasty)] }
	p := &Picture{Title: at(0) + at(1), Notes: nasty}
	for i := range 2 * len(nasty) {
		n := Node{Cluster: "", Namespace: at(i), Name: at(i / 2), Kind: Workload, Isolation: Both}
		if i%5 == 0 {
			n.Namespace, n.Kind = "", Outside
		}
		p.Nodes = append(p.Nodes, n)
	}
	for i, text := range nasty {
		p.Badges = append(p.Badges, Badge{Text: text, End: text, Ports: text, Nodes: 1})
		p.Nodes[i].Badges = []int{i}
		p.Edges = append(p.Edges, Edge{From: i, To: i + 1, State: Same, Ports: text, Notes: []string{text}, Causes: []Cause{{Object: text, Text: text}}})
		p.Edges[i].Causes[0].At.File, p.Edges[i].Causes[0].At.Line = text, 1
	}
	return p
}

// What packages and manifests say is text in every format, whatever it is.
func TestHostile(t *testing.T) {
	whole := hostile()
	small := hostile()
	small.Nodes, small.Edges = small.Nodes[:20], small.Edges[:16]
	for _, p := range []*Picture{whole, small} {
		elements(t, written(t, p, "svg"))
		drawn := written(t, p, "mermaid")
		id := regexp.MustCompile(`\bn_\w*`)
		label := regexp.MustCompile(`"(<b>)?[A-Za-z0-9 .,:/()#;-]*(</b>)?(<br/>[A-Za-z0-9 .,:/()#;-]*)*"`)
		for line := range strings.Lines(drawn) {
			rest := id.ReplaceAllString(label.ReplaceAllString(line, ""), "")
			if strings.ContainsAny(rest, "\"<`") || strings.Contains(rest, "click") || strings.Contains(rest, "%%") {
				t.Errorf("%q", line)
			}
		}
		quoted := regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
		for line := range strings.Lines(written(t, p, "dot")) {
			rest := id.ReplaceAllString(quoted.ReplaceAllString(line, ""), "")
			if strings.ContainsAny(rest, "\"\\<&") || strings.Contains(rest, "evil") {
				t.Errorf("%q", line)
			}
		}
		page := written(t, p, "html")
		if n := strings.Count(page, "<script"); n != 2 || strings.Count(page, "</script>") != 2 || strings.Contains(page, "<img") {
			t.Errorf("%d scripts", n)
		}
		data := pageOf(t, page)
		if len(data.Nodes) != len(p.Nodes) || data.Nodes[1][1] != oneLine(p.Nodes[1].Name) {
			t.Errorf("%v", data.Nodes)
		}
	}
}

// elements reads a drawing as XML, and fails on elements that none has.
func elements(t *testing.T, svg string) {
	t.Helper()
	known := map[string]bool{"svg": true, "title": true, "style": true, "rect": true, "defs": true, "marker": true, "path": true, "g": true, "text": true}
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, is := token.(xml.StartElement); is {
			if !known[start.Name.Local] {
				t.Errorf("element `%s`", start.Name.Local)
			}
			for _, a := range start.Attr {
				if strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("attribute `%s`", a.Name.Local)
				}
			}
		}
	}
}

// Manifests may be called anything, and be drawn.
func TestHostileManifests(t *testing.T) {
	nasty := `"<b onclick=alert(1)>/x but y -> {z=1}"`
	p := text(t, fmt.Sprintf(`apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: %[1]s, namespace: %[1]s}
spec: {podSelector: {matchLabels: {app: a}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: b}}}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: %[1]s, namespace: %[1]s, labels: {app: b}}
spec: {containers: [{name: a, image: a}]}
`, nasty))
	elements(t, written(t, p, "svg"))
	if strings.Contains(written(t, p, "html"), "<b on") {
		t.Error("markup")
	}
}
