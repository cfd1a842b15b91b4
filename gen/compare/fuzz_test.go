package compare

import (
	"bytes"
	"path/filepath"
	"testing"

	"cuelang.org/go/cue/format"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/draft"
	"github.com/npgen/npgen/gen/internal/manifesttest"
	"github.com/npgen/npgen/gen/inventory"
)

// FuzzManifests checks that no manifests make Read, Manifests or Starter panic, and that Starter always writes formatted CUE.
func FuzzManifests(f *testing.F) {
	var names []string
	for _, pattern := range []string{"testdata/*.txtar", "../draft/testdata/starter/*.txtar"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			f.Fatalf("no %s: %v", pattern, err)
		}
		names = append(names, found...)
	}
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			if filepath.Ext(file.Name) == ".yaml" {
				f.Add(file.Data)
			}
		}
	}
	f.Add([]byte("&a [*a]"))
	f.Add([]byte("{\"kind\": \"List\", \"items\": [{\t}]}"))
	g, _ := manifesttest.Link(f, "package p\nnamespace: \"shop\"\nworkloads: {web: ports: http: 80, db: {}}\nallow: [\"web -> db:5432\", \"* -> web:443\"]\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		inv, findings, err := inventory.Read("", []string{"-"}, bytes.NewReader(data), budget.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		manifesttest.Report(t, append(findings, Manifests(g, inv)...))
		out := draft.Starter(inv, string(data))
		if formatted, err := format.Source(out); err != nil || !bytes.Equal(formatted, out) {
			t.Fatalf("%v\n%s", err, out)
		}
	})
}
