package inventory

import (
	"testing"

	"github.com/npgen/npgen/gen/check"
	"github.com/npgen/npgen/gen/diag"
)

func TestStarter(t *testing.T) {
	golden(t, "testdata/starter/*.txtar", "policy.cue", func(t *testing.T, file func(string) string) string {
		inv, findings := read(t, file("manifests.yaml"))
		if len(findings) > 0 {
			t.Error(report(t, findings))
		}
		out := string(Starter(inv, "policy"))
		accepted(t, out)
		return out
	})
}

// accepted fails where the language refuses a package.
func accepted(t testing.TB, source string) {
	t.Helper()
	g, findings := link(t, source)
	findings = append(findings, check.Graph(g)...)
	if findings.Count(diag.Error) > 0 {
		t.Errorf("%s\nin:\n%s", report(t, findings), source)
	}
}
