package krm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/prove"
)

const head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"

const tail = "functionConfig: {apiVersion: npgen.dev/v1alpha1, kind: PolicyPackage, spec: {paths: [policy]}}\n"

// items reads the items of a list with another YAML library than the package uses.
func items(t *testing.T, text []byte) (any, bool) {
	t.Helper()
	var list map[string]any
	if err := sigsyaml.Unmarshal(text, &list); err != nil {
		return nil, false
	}
	if list["items"] == nil {
		return []any{}, true
	}
	return list["items"], true
}

// passes checks that a list, where it is taken, comes out with the items that went in, and stays as it is from then on.
func passes(t *testing.T, in []byte) {
	t.Helper()
	l, _, _ := Read(in, budget.Limits{})
	if l == nil {
		return
	}
	out, err := l.Write(nil)
	if err != nil {
		return // refused
	}
	if want, ok := items(t, in); ok {
		got, ok := items(t, out)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Fatalf("the items changed (-in +out):\n%s\n%s", diff, out)
		}
	}
	again, _, _ := Read(out, budget.Limits{})
	if again == nil {
		t.Fatalf("npgen's own list is refused:\n%s", out)
	}
	if _, err := again.Write(nil); err != nil {
		t.Fatalf("npgen's own list cannot be written: %v\n%s", err, out)
	}
}

func FuzzList(f *testing.F) {
	scripts, err := filepath.Glob("../../cmd/npgen/testdata/script/krm*.txtar")
	if err != nil || len(scripts) == 0 {
		f.Fatalf("no scripts: %v", err)
	}
	for _, s := range scripts {
		data, err := os.ReadFile(s)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(data).Files {
			f.Add(file.Data)
		}
	}
	for _, item := range []string{
		"- a: &x {b: 1}\n  c: *x\n", "- {<<: {a: 1}, b: 2}\n", "- a: |+\n    text\n\n", "- a: \"\\t\\u0000\"\n",
		"- ? [a, b]\n  : c\n", "- a: ' x'\n  b: >\n    a\n     b\n    c\n", "- a: !!binary aGk=\n", "- 1: one\n  true: yes\n",
	} {
		f.Add([]byte(head + "items:\n" + item + tail))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 1<<16 || strings.Count(string(in), "*") > 20 {
			return // aliases of aliases: the other library takes its time
		}
		passes(t, in)
	})
}

// Comments, styles and unknown fields of the list and of its objects stay, and an alias keeps what it stands for.
func TestVerbatim(t *testing.T) {
	text := head + `# before
items:
  # one
  - apiVersion: v1 # version
    kind: ConfigMap
    metadata:
      name: "a" # quoted
    data:
      script: |
        #!/bin/sh
        echo 'hi'
      folded: >-
        one two
      octal: '0644'
      anchored: &x {k: v}
      alias: *x
      # last
  - apiVersion: example.com/v1
    kind: Widget
    metadata: {name: w}
    n: 0x1F
functionConfig: {apiVersion: npgen.dev/v1alpha1, kind: PolicyPackage, spec: {paths: [policy]}}
extra: kept
`
	l, findings, _ := Read([]byte(text), budget.Limits{})
	if l == nil || len(findings) > 0 {
		t.Fatalf("refused: %v", findings)
	}
	out, err := l.Write(nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, string(out)); diff != "" {
		t.Errorf("-in +out:\n%s", diff)
	}
}

// What would not read back as the same is refused: here an item with the anchor is taken away, and its alias stays.
func TestRefusesToChange(t *testing.T) {
	l, _, _ := Read([]byte(head+`items:
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: old, labels: &l {app.kubernetes.io/managed-by: npgen, npgen.dev/package: shop}}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a, labels: *l}
`+tail), budget.Limits{})
	if _, _, err := l.Replace([]string{"shop"}, prove.Proven{}); err == nil {
		t.Error("policies are removed for what nobody proved")
	}
	proof, err := prove.Stream(nil, &graph.Graph{})
	if err != nil {
		t.Fatal(err)
	}
	nothing, err := proof.Proven()
	if err != nil {
		t.Fatal(err)
	}
	removed, findings, err := l.Replace([]string{"shop"}, nothing)
	if err != nil || len(findings) > 0 || len(removed) != 1 {
		t.Fatalf("removed %v, findings %v, error %v", removed, findings, err)
	}
	if out, err := l.Write(nil); err == nil {
		t.Errorf("written:\n%s", out)
	}
}

// same sees every kind of difference in meaning, and none in style.
func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"a: 1", "{a: 1} # x", true},
		{"a: 'x'", "a: x", true},
		{"a: '1'", "a: 1", false},
		{"a: yes", "a: 'yes'", true}, // a string in YAML 1.2
		{"a: true", "a: 'true'", false},
		{"a: 1", "a: 2", false},
		{"a: 1", "b: 1", false},
		{"[a]", "[a, b]", false},
		{"[a]", "{a: }", false},
		{"a: null", "a: ''", false},
	} {
		var a, b yaml.Node
		if yaml.Unmarshal([]byte(c.a), &a) != nil || yaml.Unmarshal([]byte(c.b), &b) != nil {
			t.Fatalf("%s, %s", c.a, c.b)
		}
		if got := same(&a, &b) == nil; got != c.want {
			t.Errorf("%s and %s: same is %v, want %v", c.a, c.b, got, c.want)
		}
	}
}
