package ignore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/ignore"
)

func said(comments []ignore.Comment) []string {
	out := []string{}
	for _, c := range comments {
		out = append(out, fmt.Sprintf("%d:%d->%d %s|%s", c.Pos.Line, c.Pos.Col, c.Line, c.Rule, c.Reason))
	}
	return out
}

func TestInYAML(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"behind a line":                       {"a: 1 # npgen:ignore r: why\n", []string{"1:6->1 r|why"}},
		"in front of a line":                  {"# npgen:ignore r: why: so\na: 1\n", []string{"1:1->2 r|why: so"}},
		"two in front":                        {"a:\n  # npgen:ignore r: x\n  # npgen:ignore s: y\n  - b\n", []string{"2:3->4 r|x", "3:3->4 s|y"}},
		"without a reason":                    {"a: 1 # npgen:ignore r\n", []string{"1:6->1 r|"}},
		"with an empty reason":                {"a: 1 # npgen:ignore r:  \n", []string{"1:6->1 r|"}},
		"without a rule":                      {"a: 1 # npgen:ignore\n", []string{"1:6->1 |"}},
		"a line end of Windows":               {"a: 1 # npgen:ignore r: why\r\nb: 2\r\n", []string{"1:6->1 r|why"}},
		"another word":                        {"a: 1 # npgen:ignored r: why\n", []string{}},
		"in a quoted text":                    {"a: \"1 # npgen:ignore r: why\"\n", []string{}},
		"in a block of text":                  {"a: |\n  # npgen:ignore r: why\n  b\n", []string{}},
		"no comment without a blank in front": {"a: 1# npgen:ignore r: why\n", []string{}},
		"texts and comments": {
			"a: |\n  # npgen:ignore r: text\nb: 1 # npgen:ignore r: why\nc: '# npgen:ignore r: text'\n# npgen:ignore r: last\nd: 2\n",
			[]string{"3:6->3 r|why", "5:1->6 r|last"},
		},
		"JSON":                 {"{\"a\": \"# npgen:ignore r: why\"}\n", []string{}},
		"what does not parse":  {"# npgen:ignore r: why\na: {{ .Values.x }}: b # npgen:ignore r: why\n", []string{"1:1->2 r|why"}},
		"a comment at the end": {"a: 1\n# npgen:ignore r: why", []string{"2:1->3 r|why"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, said(ignore.InYAML("x.yaml", 1, []byte(c.text)))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := said(ignore.InYAML("x.yaml", 41, []byte("---\na: 1 # npgen:ignore r: why\n"))); !slices.Equal(got, []string{"42:6->42 r|why"}) {
		t.Errorf("in a second document: %s", got)
	}
}

// TestMany holds that a document of texts that look like comments takes no time that grows with their square.
func TestMany(t *testing.T) {
	text := strings.Repeat("- |\n  # npgen:ignore r: why\n", 20000) + "- a # npgen:ignore r: why\n"
	if got := ignore.InYAML("x.yaml", 1, []byte(text)); len(got) > 1 {
		t.Errorf("%d comments", len(got))
	}
}

func TestInCUE(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"behind a line":            {"a: 1 // npgen:ignore r: why\n", []string{"1:6->1 r|why"}},
		"in a list":                {"a: [\n\t// npgen:ignore r: why\n\t\"x\",\n\t\"y\", // npgen:ignore s: y\n]\n", []string{"2:2->3 r|why", "4:7->4 s|y"}},
		"at the head":              {"// npgen:ignore r: why\npackage a\n", []string{"1:1->2 r|why"}},
		"in a text":                {"a: \"// npgen:ignore r: why\"\n", []string{}},
		"behind a value in a text": {"b: 1\na: \"\\(b) // npgen:ignore r: why\"\n", []string{}},
		"in lines of text":         {"a: \"\"\"\n\t// npgen:ignore r: why\n\t\"\"\"\n", []string{}},
		"with a mark of YAML":      {"a: 1 // # npgen:ignore r: why\n", []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, said(ignore.InCUE("x.cue", []byte(c.text)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestApply(t *testing.T) {
	comments := ignore.InYAML("x.yaml", 1, []byte("a: 1 # npgen:ignore half-open: why\nb: 2 # npgen:ignore forbidden-flow: why\nc: 3 # npgen:ignore half-open: why\n"))
	var findings diag.List
	findings.Warnf(diag.HalfOpen, diag.Pos{File: "x.yaml", Line: 1, Col: 4}, "ignored")
	findings.Infof(diag.HalfOpen, diag.Pos{File: "x.yaml", Line: 1, Col: 2}, "ignored as well")
	findings.Warnf(diag.NoEffect, diag.Pos{File: "x.yaml", Line: 1}, "of another rule")
	findings.Warnf(diag.HalfOpen, diag.Pos{File: "y.yaml", Line: 1}, "in another file")
	findings.Warnf(diag.ForbiddenFlow, diag.Pos{File: "x.yaml", Line: 2}, "of a rule that stays")
	check := func(steps diag.Steps, want ...string) {
		t.Helper()
		got := []string{}
		for _, d := range ignore.Apply(findings, comments, steps) {
			got = append(got, d.Message+"|"+d.Ignored)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	all := []string{"ignored|why", "ignored as well|why", "of another rule|", "in another file|", "of a rule that stays|", "findings of `forbidden-flow` cannot be ignored|"}
	check(diag.OfReview, append(all, "there is no warning or info of `half-open` at line 3 to ignore|")...)
	check(diag.OfManifests, all...)
	findings.Errorf(diag.HalfOpen, diag.Pos{File: "x.yaml", Line: 3}, "an error")
	check(diag.OfReview, "ignored|why", "ignored as well|why", "of another rule|", "in another file|", "of a rule that stays|", "an error|", "findings of `forbidden-flow` cannot be ignored|")
}

func TestAdded(t *testing.T) {
	in := func(text string) []ignore.Comment { return ignore.InYAML("x.yaml", 1, []byte(text)) }
	before := in("a: 1 # npgen:ignore r: why\nb: 2 # npgen:ignore r: why\n")
	after := in("c: 0\nb: 2 # npgen:ignore r: why\na: 1 # npgen:ignore r: why\nd: 4 # npgen:ignore r: why\na: 1 # npgen:ignore r: why\n")
	if got := said(ignore.Added(before, after)); !slices.Equal(got, []string{"4:6->4 r|why", "5:6->5 r|why"}) {
		t.Errorf("got %s", got)
	}
}

// TestSteps holds the rules to the packages that speak of them.
func TestSteps(t *testing.T) {
	names := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\t(?:const )?(\w+)\s+= "([a-z0-9-]+)"`).FindAllStringSubmatch(read(t, "../diag/rules.go"), -1) {
		names[m[1]] = m[2]
	}
	want := map[string]diag.Steps{diag.TestFails: diag.OfTests, diag.NoPolicies: diag.OfReview}
	for folder, step := range map[string]diag.Steps{
		"load": diag.OfPackages, "graph": diag.OfPackages, "check": diag.OfPackages, "policy": diag.OfPackages,
		"inventory": diag.OfManifests, "compare": diag.OfComparing, "review": diag.OfReview, "krm": diag.OfFunction, "doctor": diag.OfCluster,
	} {
		files, err := filepath.Glob("../" + folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(folder, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, m := range regexp.MustCompile(`diag\.(\w+)`).FindAllStringSubmatch(read(t, file), -1) {
				if rule, ok := names[m[1]]; ok {
					want[rule] |= step
				}
			}
		}
	}
	for _, r := range diag.Rules() {
		if r.Steps != want[r.ID] {
			t.Errorf("`%s` has the steps %b, and the packages that speak of it are %b", r.ID, r.Steps, want[r.ID])
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
