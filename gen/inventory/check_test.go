package inventory

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/npgen/npgen/gen/diag"
)

func TestCheck(t *testing.T) {
	golden(t, "testdata/check/*.txtar", "findings", func(t *testing.T, file func(string) string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "app.yaml"), []byte(file("app.yaml")), 0o644); err != nil {
			t.Fatal(err)
		}
		inv, read, err := Read(dir, []string{"app.yaml"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		g, findings := link(t, file("policy.cue"))
		if findings.Count(diag.Error) > 0 && file("refused") == "" {
			t.Error(report(t, findings))
		}
		return report(t, append(read, Check(g, inv)...))
	})
}
