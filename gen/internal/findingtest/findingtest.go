// Package findingtest runs policy packages and NetworkPolicies that are written as text and compares their findings with
// those wanted.
//
// In: txtar files. Each folder in one is a case: its .cue files, or without any its YAML for a review, and the file `want`
// with its findings as npgen reports them. Out: test failures; with -update the file `want` is written. It refuses findings that no report can show.
package findingtest

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/load"
)

// Deadline is what a package may take at the most, on a machine that does much else.
const Deadline = 20 * time.Second

// Run runs every case of the txtar files that a pattern names, such as "testdata/*.txtar". The test package has the
// flag -update.
func Run(t *testing.T, pattern string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files match %s: %v", pattern, err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		before := txtar.Format(archive)
		for i := range archive.Files {
			if name, ok := strings.CutSuffix(archive.Files[i].Name, "/want"); ok {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
					runCase(t, archive, name, &archive.Files[i])
				})
			}
		}
		if after := txtar.Format(archive); !bytes.Equal(before, after) {
			if err := os.WriteFile(file, after, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func runCase(t *testing.T, archive *txtar.Archive, name string, want *txtar.File) {
	t.Helper()
	var files []txtar.File
	for _, f := range archive.Files {
		if path, ok := strings.CutPrefix(f.Name, name+"/"); ok && path != "want" {
			files = append(files, txtar.File{Name: path, Data: f.Data})
		}
	}
	var b bytes.Buffer
	if err := Findings(t, files).Write(&b, diag.Text, diag.Options{}); err != nil {
		t.Fatal(err)
	}
	if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
		want.Data = b.Bytes()
	} else if diff := cmp.Diff(string(want.Data), b.String()); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// Findings builds packages given as files and returns their findings. A folder with .cue files at its top is one
// package; else each of its subfolders is one, in order. Where there is YAML and no package, the YAML is reviewed.
func Findings(t *testing.T, files []txtar.File) diag.List {
	t.Helper()
	dir := t.TempDir()
	var args []string
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
		folder, _, below := strings.Cut(f.Name, "/")
		switch {
		case !below && strings.HasSuffix(f.Name, ".cue"):
			args = []string{"."}
		case below && folder != "cue.mod" && !slices.Contains(args, ".") && !slices.Contains(args, folder):
			args = append(args, folder)
		}
	}
	env := load.Env{Dir: dir, Stdin: bytes.NewReader(nil)}
	of := func(ext string) bool {
		return slices.ContainsFunc(files, func(f txtar.File) bool { return filepath.Ext(f.Name) == ext })
	}
	if of(".yaml") && !of(".cue") {
		return review(t, env)
	}
	return Build(t, env, args...)
}

// review reviews a folder and returns the findings, after it has held each to what every finding must be.
func review(t *testing.T, env load.Env) diag.List {
	t.Helper()
	reviewed, err := gen.Review(env, gen.Input{Paths: []string{"."}})
	if err != nil {
		t.Fatal(err)
	}
	check(t, env, reviewed.Findings, reviewed.Source)
	return reviewed.Findings
}

// Build builds packages and returns their findings, after it has held each to what every finding must be.
func Build(t *testing.T, env load.Env, args ...string) diag.List {
	t.Helper()
	start := time.Now()
	result, err := gen.Build(env, args)
	if err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d > Deadline {
		t.Errorf("took %v", d)
	}
	check(t, env, result.Findings, result.Source)
	return result.Findings
}

func isRule(id string) bool {
	_, known := diag.RuleOf(id)
	return known
}

// check holds each finding to what every finding must be.
func check(t *testing.T, env load.Env, findings diag.List, source func(string) ([]byte, error)) {
	t.Helper()
	places := places{source: source, lines: map[string][]string{}}
	for _, d := range findings {
		switch {
		case !isRule(d.Rule):
			t.Errorf("unknown rule: %s", d)
		case !d.Pos.IsValid() && d.Rule != diag.EmptyPackage:
			t.Errorf("no position: %s", d)
		case d.Message == "" || strings.ContainsAny(d.Message+d.Help, "\n\r") || strings.HasSuffix(d.Message, ".") && !strings.HasSuffix(d.Message, "..."):
			t.Errorf("not one line without a full stop: %s\n%s", d, d.Help)
		case strings.Contains(d.Message+d.Help, env.Dir):
			t.Errorf("a path that the user did not write: %s\n%s", d, d.Help)
		}
		places.check(t, d.Pos)
		for _, r := range d.Related {
			places.check(t, r.Pos)
		}
	}
}

// places holds the lines of the files that findings speak of.
type places struct {
	source func(file string) ([]byte, error)
	lines  map[string][]string
}

// check checks that a position with a line lies in a file that was read.
func (x places) check(t *testing.T, p diag.Pos) {
	t.Helper()
	if p.Line == 0 {
		return
	}
	lines, known := x.lines[p.File]
	if !known {
		data, err := x.source(p.File)
		if err != nil {
			t.Errorf("position %s: %v", p, err)
		}
		lines = strings.SplitAfter(string(data), "\n")
		x.lines[p.File] = lines
	}
	// Of an object in a manifest the line is known.
	isObject := p.Col == 0 && filepath.Ext(p.File) == ".yaml"
	if p.Line > len(lines) || p.Col < 1 && !isObject || p.Col > max(1, len(lines[p.Line-1])) {
		t.Errorf("position %s is not in the file", p)
	}
}
