package docs_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/load"
)

// TestTargets builds each line of the table in targets.md for each target: a yes is proven output, a no an error.
func TestTargets(t *testing.T) {
	page, err := os.ReadFile("targets.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| What | As it is written |")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := regexp.MustCompile("(?m)^\\| (.+?) \\| `(.+)` \\| (yes|no) \\| (yes|no) \\|$").FindAllStringSubmatch(table, -1)
	if lines := strings.Count(table, "\n"); len(rows) != lines-1 || lines < 20 {
		t.Fatalf("%d rows in %d lines", len(rows), lines)
	}
	answers := map[string]int{}
	for _, row := range rows {
		for i, target := range []string{"kubernetes", "cilium"} {
			t.Run(row[1]+"/"+target, func(t *testing.T) {
				answer, says := row[3+i], targetSays(t, row[2], target)
				answers[answer]++
				if answer != says {
					t.Errorf("the page says %s, npgen %s", answer, says)
				}
			})
		}
	}
	if answers["no"] < 10 || answers["yes"] < 20 {
		t.Errorf("%v", answers)
	}
}

// targetSays builds fields of a package for a target.
func targetSays(t *testing.T, fields, target string) string {
	t.Helper()
	// A comma at the top level stands between fields.
	fields = regexp.MustCompile(`, (allow|output|dns|external|workloads): `).ReplaceAllString(fields, "\n$1: ")
	source := "package policy\nnamespace: \"shop\"\nworkloads: {api: {}, db: {}}\noutput: target: \"" + target + "\"\n" + fields + "\n"
	env := load.Env{Dir: t.TempDir(), Stdin: strings.NewReader(source)}
	result, err := gen.Build(env, []string{"-"})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range result.Findings {
		switch {
		case d.Severity != diag.Error:
		case d.Rule != diag.Unsupported:
			t.Fatalf("%s\n%s", d, source)
		}
	}
	if result.Findings.Count(diag.Error) > 0 {
		return "no"
	}
	stream, err := result.Stream()
	if err != nil {
		t.Fatal(err)
	}
	proof, err := result.Prove(stream)
	if err != nil || len(proof.Differences) > 0 {
		t.Fatalf("%v %v\n%s", err, proof.Differences, source)
	}
	return "yes"
}
