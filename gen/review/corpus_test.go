//go:build corpus

// Real policies are no part of the project: `NPGEN_CORPUS=<folder> go test -tags corpus -run TestCorpus -v ./gen/review`.

package review_test

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/load"
)

const judgedPath = "testdata/corpus_findings.txt"

// judged returns the judgement of each finding, by the finding: why it is true. One that is not in the file has to be
// looked at first; with -update it is written there, without a judgement.
func judged(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile(judgedPath)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if finding, judgement, ok := strings.Cut(strings.TrimSpace(line), " | "); ok {
			out[finding] = judgement
		}
	}
	return out
}

// TestCorpus reviews real policies, those of one folder of a repository together, and real applications with theirs. It
// shows how often each rule speaks, and holds the findings to those that were judged to be true.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("NPGEN_CORPUS")
	if corpus == "" {
		t.Fatal("NPGEN_CORPUS names no folder of policies")
	}
	var found []string
	table := map[string]map[string]int{}
	inputs := inputsOf(t, corpus)
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		reviewed, err := gen.Review(load.Env{Dir: corpus}, gen.Input{Paths: inputs[name]})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range reviewed.Findings {
			if table[d.Rule] == nil {
				table[d.Rule] = map[string]int{}
			}
			table[d.Rule][d.Severity.String()]++
			t.Log(d)
			found = append(found, fmt.Sprintf("%s %s %s %s", d.Pos, d.Severity, d.Rule, objectText(d.Pos)))
		}
	}
	t.Logf("%-20s %8s %8s %8s", "rule", "errors", "warnings", "infos")
	for _, rule := range slices.Sorted(maps.Keys(table)) {
		n := table[rule]
		t.Logf("%-20s %8d %8d %8d", rule, n["error"], n["warning"], n["info"])
	}
	slices.Sort(found)
	known := judged(t)
	if flag.Lookup("update").Value.String() == "true" {
		write(t, found, known)
	}
	for finding, judgement := range known {
		if !strings.HasPrefix(judgement, "true: ") {
			t.Errorf("%s is judged %s", finding, judgement)
		}
	}
	if diff := gocmp.Diff(slices.Sorted(maps.Keys(known)), slices.Compact(found)); diff != "" {
		t.Errorf("findings that nobody judged, or that are gone (-judged +found):\n%s", diff)
	}
}

func write(t *testing.T, found []string, known map[string]string) {
	t.Helper()
	var b strings.Builder
	for _, finding := range slices.Compact(found) {
		fmt.Fprintf(&b, "%s | %s\n", finding, cmp.Or(known[finding], "not yet"))
	}
	if err := os.WriteFile(judgedPath, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

// objectText returns the object in which a finding lies.
func objectText(pos diag.Pos) string {
	if pos.Object == nil {
		return "-"
	}
	return pos.Object.Kind + " " + path.Join(pos.Object.Namespace, pos.Object.Name)
}

// inputsOf returns the paths that are reviewed together: the policies that came from one folder of a repository, or from
// one page, and each application with its policies.
func inputsOf(t *testing.T, corpus string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	files, err := filepath.Glob(filepath.Join(corpus, "policies", "*", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no policies in %s: %v", corpus, err)
	}
	for _, file := range files {
		repository := filepath.Base(filepath.Dir(file))
		source := sourceOf(t, file)
		if path.Ext(source) != ".md" {
			source = path.Dir(source)
		}
		name := repository + "/" + source
		out[name] = append(out[name], filepath.Join("policies", repository, filepath.Base(file)))
	}
	apps, err := filepath.Glob(filepath.Join(corpus, "apps", "*"))
	if err != nil || len(apps) == 0 {
		t.Fatalf("no applications in %s: %v", corpus, err)
	}
	for _, app := range apps {
		out[filepath.Base(app)] = []string{filepath.Join("apps", filepath.Base(app))}
	}
	return out
}

// sourceOf returns the path in its repository that a file came from: its first line is `# source: owner/name:path@commit`.
func sourceOf(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(strings.TrimPrefix(line, "# source: "), ":")
	source, _, _ := strings.Cut(rest, "@")
	return cmp.Or(source, file)
}
