package review_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/load"
)

// FuzzReview reviews anything: no input may end it, and each finding is one line at a place that is there.
func FuzzReview(f *testing.F) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		f.Fatal(err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if filepath.Ext(file.Name) == ".yaml" {
				f.Add(file.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		reviewed, err := gen.Review(load.Env{Stdin: bytes.NewReader(data)}, gen.Input{Paths: []string{"-"}})
		if err != nil {
			return // it looks like a package
		}
		lines := bytes.Split(data, []byte("\n"))
		for _, d := range reviewed.Findings {
			if strings.ContainsAny(d.Message+d.Help, "\n\r") {
				t.Errorf("more than a line: %q", d.Message+d.Help)
			}
			if d.Pos.Line > len(lines) || d.Pos.Line > 0 && d.Pos.Col > len(lines[d.Pos.Line-1])+1 {
				t.Errorf("not in the file: %s", d)
			}
		}
	})
}
