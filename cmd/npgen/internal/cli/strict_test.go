package cli

import (
	"path/filepath"
	"testing"
)

// TestStrict holds that nothing which npgen ships has a warning: neither its examples nor what it starts a package with.
func TestStrict(t *testing.T) {
	pages, err := filepath.Glob("../../../../examples/*/README.md")
	if err != nil || len(pages) < 10 {
		t.Fatalf("%d examples: %v", len(pages), err)
	}
	started := t.TempDir()
	if status, _, errs := run(t, "init", started); status != statusFine {
		t.Fatal(errs)
	}
	dirs := []string{started}
	for _, page := range pages {
		dirs = append(dirs, filepath.Dir(page))
	}
	for _, dir := range dirs {
		if status, _, errs := run(t, "vet", "--strict", dir+"/..."); status != statusFine {
			t.Errorf("%s: %s", dir, errs)
		}
	}
}
