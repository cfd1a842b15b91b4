package load_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/internal/findingtest"
)

const head = "package p\n\nnamespace: \"a\"\n"

// TestDeep runs what would end CUE's parser or evaluator, which recurse, or take them minutes.
func TestDeep(t *testing.T) {
	for name, c := range deep(10_000) {
		t.Run(name, func(t *testing.T) { refused(t, head+c+"\n") })
	}
}

// TestDeepEnough holds how deep a file may nest, by what the parser recurses on.
func TestDeepEnough(t *testing.T) {
	// What the parser reads without recursion or takes as faults, or is cheap as deep as an expression may be long.
	shallow := []string{"attributes", "bounds", "closing brackets", "defaults", "lets", "loops", "patterns", "plus"}
	for _, levels := range []int{40, 300} {
		for name, src := range deep(levels) {
			found := slices.ContainsFunc(findingtest.Findings(t, []txtar.File{{Name: "p.cue", Data: []byte(head + src + "\n")}}), func(d diag.Diagnostic) bool {
				return d.Rule == diag.TooDeep
			})
			if found != (levels == 300 && !slices.Contains(shallow, name)) {
				t.Errorf("%s, %d levels: refused %t", name, levels, found)
			}
		}
	}
}

// deep returns texts that nest n deep.
func deep(n int) map[string]string {
	repeated := func(open, middle, shut string) string {
		return strings.Repeat(open, n) + middle + strings.Repeat(shut, n)
	}
	return map[string]string{
		"braces":               "x: " + repeated("{", "", "}"),
		"braces not closed":    "x: " + repeated("{", "", ""),
		"fields in braces":     "x: " + repeated("{a: ", "1", "}"),
		"brackets":             "x: " + repeated("[", "", "]"),
		"brackets not closed":  "x: " + repeated("[", "", ""),
		"parentheses":          "x: " + repeated("(", "1", ")"),
		"labels":               repeated("a: ", "1", ""),
		"quoted labels":        repeated(`"a": `, "1", ""),
		"labels on lines":      repeated("a:\n", "1", ""),
		"labels in a file":     "workloads: " + repeated("a: ", "{}", ""),
		"not":                  "x: " + repeated("!", "true", ""),
		"minus":                "x: " + repeated("-", "1", ""),
		"minus with blanks":    "x: " + repeated("- ", "1", ""),
		"plus":                 "x: " + repeated("+", "1", ""),
		"bounds":               "x: " + repeated(">", "1", ""),
		"defaults":             "x: " + repeated("*", "1", ""),
		"interpolations":       `x: ` + repeated(`"\(`, "1", `)"`),
		"interpolations open":  `x: ` + repeated(`"\(`, "", ""),
		"interpolated labels":  repeated(`"\(`, "1", `)"`) + ": 1",
		"interpolated lines":   "x: " + repeated("\"\"\"\n\\(", "1", ")\n\"\"\""),
		"conditions":           repeated("if true ", "{}", ""),
		"conditions in braces": repeated("if true {", "", "}"),
		"loops":                repeated("for x in [1] ", "{}", ""),
		"lets":                 repeated("for x in [1] let y = 1 ", "{}", ""),
		"calls":                "x: " + repeated("f(", "1", ")"),
		"indices":              "x: " + repeated("a[", "0", "]"),
		"patterns":             repeated("[string]: ", "1", ""),
		"patterns in braces":   repeated("[string]: {", "", "}"),
		"aliases":              repeated("A=a: ", "1", ""),
		"attributes":           "x: 1 " + repeated("@a(", "", ")"),
		"closing brackets":     "x: " + repeated("", "", "]"),
		"mixed":                "x: " + repeated("[{a: ", "1", "}]"),
	}
}

// TestLong runs what does not nest, but grows.
func TestLong(t *testing.T) {
	for name, src := range map[string]string{
		"indices":        "x: a" + strings.Repeat("[0]", 10_000),
		"indices longer": "x: a" + strings.Repeat("[0]", 500_000),
		"slices":         "x: a" + strings.Repeat("[0:1]", 10_000),
		"calls":          "x: f" + strings.Repeat("()", 10_000),
		"selectors":      "x: a" + strings.Repeat(".b", 10_000),
		"selectors more": "x: a" + strings.Repeat(".b", 500_000),
		"sum":            `x: "a"` + strings.Repeat(`+"a"`, 10_000),
		"sum evaluated":  `x: "a"` + strings.Repeat(`+"a"`, 4_900) + "+1",
		"sum longer":     `x: "a"` + strings.Repeat(`+"a"`, 500_000),
		"sum in edges":   `allow: ["a"` + strings.Repeat(`+"a"`, 4_000) + "]",
		"unifications":   "x: 1" + strings.Repeat(" & 1", 10_000),
		"disjunctions":   "x: 1" + strings.Repeat(" | 1", 10_000),
		"different":      "x: 1" + numbered(4_000, " | %d"),
		"differences":    "x: 1" + strings.Repeat("-1", 10_000),
		"conjunctions":   "x: true" + strings.Repeat(" && true", 10_000),
		"faults":         strings.Repeat("x: ]\n", 100_000),
		"characters":     strings.Repeat("€\n", 500_000),
		"open strings":   strings.Repeat("x: \"\n", 100_000),
		"one string":     `x: "` + strings.Repeat("a", 5<<20) + `"`,
		"one edge":       `allow: ["` + strings.Repeat("a", 5<<20) + `"]`,
		"arrows":         `allow: ["` + strings.Repeat("->", 2<<20) + `"]`,
		"colons":         `allow: ["a -> b` + strings.Repeat(":1", 100_000) + `"]`,
		"ports":          `allow: ["a -> b:1` + strings.Repeat(",1", 500_000) + `"]`,
		"port faults":    `allow: ["a -> b:1` + strings.Repeat(",x y", 20_000) + `"]`,
		"brackets":       `allow: ["a -> ` + strings.Repeat("[", 1<<20) + `"]`,
		"one name":       `namespace: "` + strings.Repeat("a", 1<<20) + `"`,
		"one label":      "workloads: x: labels: " + strings.Repeat("a", 1<<20) + `: "b"`,
		"hashes":         "x: " + strings.Repeat("#", 1<<20) + `"`,
		"backslashes":    `x: "` + strings.Repeat(`\`, 1<<20) + `"`,
		"unknown fields": numbered(5_000, "f%d: 1\n"),
		"unknown names":  "allow: [" + numbered(5_000, `"a%d -> b:80",`) + "]",
		"bad edges":      "allow: [" + numbered(4_000, `"a => b%d",`) + "]",
		"bad labels":     "workloads: {" + numbered(4_000, "w%d: labels: app: 1\n") + "}",
		"conflicts":      "_x: {" + numbered(2_000, "f%d: 1 & 2\n") + "}",
	} {
		t.Run(name, func(t *testing.T) { refused(t, head+src+"\n") })
	}
}

// TestLongAndFine runs long files without a fault.
func TestLongAndFine(t *testing.T) {
	for name, src := range map[string]string{
		"comments":    strings.Repeat("// nothing\n", 100_000),
		"one comment": "//" + strings.Repeat("/", 5<<20),
		"blank lines": strings.Repeat("\n", 1<<20),
		"one why":     "workloads: {b: {}, c: {}}\nallow: [{from: \"b\", to: \"c\", ports: [80], why: \"" + strings.Repeat("a", 5<<20) + "\"}]",
		"hidden":      "_x: {" + numbered(20_000, "f%d: 1\n") + "}",
		"workloads":   "workloads: {" + numbered(3_000, "w%d: {}\n") + "}",
		"edges":       "workloads: {" + numbered(2_000, "w%d: {}\n") + "}\nallow: [" + numbered(2_000, `"w%d -> w0:80",`) + "]",
		"nested":      "_x: " + strings.Repeat("{a: ", 200) + "1" + strings.Repeat("}", 200),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, d := range findingtest.Findings(t, []txtar.File{{Name: "p.cue", Data: []byte(head + src + "\n")}}) {
				t.Error(d)
			}
		})
	}
}

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// refused demands an error, in the file, within the time that findingtest gives.
func refused(t *testing.T, src string) {
	t.Helper()
	t.Parallel()
	findings := findingtest.Findings(t, []txtar.File{{Name: "p.cue", Data: []byte(src)}})
	if findings.Count(diag.Error) == 0 {
		t.Error("no error")
	}
	for _, d := range findings {
		if d.Pos.File != "p.cue" || len(d.Message) > 2000 {
			t.Fatalf("a finding of %d bytes at %s", len(d.Message), d.Pos)
		}
	}
}
