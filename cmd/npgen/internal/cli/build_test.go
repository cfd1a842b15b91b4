package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/prove"
)

// TestFailedProof holds that YAML which does not say what was declared is refused, with the policy and the edge.
func TestFailedProof(t *testing.T) {
	dir := t.TempDir()
	source := "package policy\n\nnamespace: \"shop\"\nworkloads: {web: {}, db: ports: sql: 5432}\nallow: [\"web -> db\"]\n"
	if err := os.WriteFile(filepath.Join(dir, "policy.cue"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	result, err := gen.Build(load.Env{Dir: dir}, []string{"."})
	if err != nil || result.Findings.Count(diag.Error) > 0 {
		t.Fatal(err, result.Findings)
	}
	stream, err := write.Stream(result.Policies)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	f := &buildFlags{stream: &streams{err: &stderr}, quiet: true}
	of := func(stream []byte) func() (prove.Proof, error) {
		return func() (prove.Proof, error) { return result.Prove(stream) }
	}
	if _, err := f.prove(result, of(stream)); err != nil || stderr.Len() > 0 {
		t.Fatalf("the true stream: %v\n%s", err, &stderr)
	}
	changed := bytes.Replace(stream, []byte("port: 5432"), []byte("port: 5433"), 1)
	proven, err := f.prove(result, of(changed))
	if proven.Stream() != nil {
		t.Error("what is not proven is given away")
	}
	if err == nil || !strings.Contains(err.Error(), "nothing is written") {
		t.Errorf("got error %v", err)
	}
	for _, want := range []string{"db-allow-ingress", "ports 5433 are open", "ports 5432 are not open, declared by policy.cue:5:9 `web -> db`"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%q is not in:\n%s", want, &stderr)
		}
	}
}
