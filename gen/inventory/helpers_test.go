package inventory

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/load"
)

var update = flag.Bool("update", false, "write the golden files")

// read reads manifests from standard input.
func read(t testing.TB, manifests string) (*Inventory, diag.List) {
	t.Helper()
	inv, findings, err := Read("", []string{"-"}, strings.NewReader(manifests), budget.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return inv, findings
}

// link reads and links a policy package; the findings are those of the package alone.
func link(t testing.TB, source string) (*graph.Graph, diag.List) {
	t.Helper()
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	sources, err := load.Sources(dir, []string{"-"})
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := load.Packages(load.Env{Dir: dir, Stdin: strings.NewReader(source)}, sources)
	if err != nil {
		t.Fatal(err)
	}
	g, findings := graph.Link(loaded.Packages)
	return g, append(loaded.Findings, findings...)
}

// golden compares what f makes of each archive's other files with its file `want`.
func golden(t *testing.T, pattern, want string, f func(t *testing.T, file func(name string) string) string) {
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, file := range a.Files {
				files[file.Name] = string(file.Data)
			}
			got := f(t, func(name string) string { return files[name] })
			if !*update {
				if diff := cmp.Diff(files[want], got); diff != "" {
					t.Errorf("-want +got (-update writes it anew):\n%s", diff)
				}
				return
			}
			i := len(a.Files)
			for j, file := range a.Files {
				if file.Name == want {
					i = j
				}
			}
			a.Files = append(a.Files[:i], txtar.File{Name: want, Data: []byte(got)})
			if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// report returns findings as the text report writes them.
func report(t testing.TB, l diag.List) string {
	t.Helper()
	var b strings.Builder
	if err := l.Write(&b, diag.Text, diag.Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
