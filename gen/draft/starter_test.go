package draft

import (
	"flag"
	"testing"

	"github.com/npgen/npgen/gen/check"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/internal/manifesttest"
)

var update = flag.Bool("update", false, "write the golden files")

func TestStarter(t *testing.T) {
	manifesttest.Golden(t, *update, "testdata/starter/*.txtar", "policy.cue", func(t *testing.T, file func(string) string) string {
		inv, findings := manifesttest.Read(t, file("manifests.yaml"))
		if len(findings) > 0 {
			t.Error(manifesttest.Report(t, findings))
		}
		out := string(Starter(inv, "policy"))
		accepted(t, out)
		return out
	})
}

// accepted fails where the language refuses a package.
func accepted(t testing.TB, source string) {
	t.Helper()
	g, findings := manifesttest.Link(t, source)
	findings = append(findings, check.Graph(g)...)
	if findings.Count(diag.Error) > 0 {
		t.Errorf("%s\nin:\n%s", manifesttest.Report(t, findings), source)
	}
}
