package apiserver

import (
	"path/filepath"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

// TestShipped judges every committed file of policies.
func TestShipped(t *testing.T) {
	for _, pattern := range []string{"examples/*/policies/*/*.yaml", "examples/clusters/policies/*/*/*.yaml", "testdata/golden/*/want/*/*.yaml"} {
		total := 0
		for _, path := range tool.Glob(t, pattern) {
			if filepath.Base(path) == "kustomization.yaml" {
				continue
			}
			count, faults := Judge([]byte(tool.Read(t, path)))
			if count == 0 {
				t.Errorf("%s: no objects", path)
			}
			for _, fault := range faults {
				t.Errorf("%s: %s", path, fault)
			}
			total += count
		}
		if total == 0 {
			t.Errorf("%s: no objects", pattern)
		}
		t.Logf("%s: %d objects", pattern, total)
	}
}
