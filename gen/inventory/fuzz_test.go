package inventory

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen/budget"
)

// FuzzRead checks that no input makes Read panic.
func FuzzRead(f *testing.F) {
	names, err := filepath.Glob("../[cd]*/testdata/*/*.txtar")
	if err != nil {
		f.Fatal(err)
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
	f.Fuzz(func(t *testing.T, data []byte) {
		inv, findings, err := Read("", []string{"-"}, bytes.NewReader(data), budget.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		report(t, findings)
		_ = inv.Links()
	})
}
