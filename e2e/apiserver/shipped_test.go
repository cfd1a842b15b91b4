package apiserver

import (
	"path/filepath"
	"strings"
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
			text := tool.Read(t, path)
			if strings.Contains(text, "\nkind: CiliumNetworkPolicy\n") {
				continue // the module of judges and the server have its CRD
			}
			count, faults := Judge([]byte(text))
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
