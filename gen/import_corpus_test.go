//go:build corpus

package gen_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/load"
)

func TestCorpusImport(t *testing.T) {
	root := os.Getenv("NPGEN_CORPUS")
	folders, err := filepath.Glob(root + "/policies/*")
	if err != nil || len(folders) == 0 {
		t.Fatal("no corpus", err)
	}
	documents, taken, back := 0, 0, 0
	for _, dir := range folders {
		in, err := gen.Import(load.Env{Dir: dir}, gen.ImportInput{Input: gen.Input{Paths: []string{"."}, Namespace: "default"}})
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(dir), err)
			continue
		}
		documents += in.Documents
		refused, missing := 0, 0
		for _, m := range in.Missing {
			if m.Refused {
				refused++
			} else {
				missing++
			}
			t.Logf("  %s %s: %s", filepath.Base(dir), m.Name, m.Why)
		}
		taken += in.Documents - refused
		if len(in.Differences) == 0 {
			back += in.Policies
		}
		t.Logf("%s: %d documents, %d refused by Kubernetes, %d missing, %d imported with %d edges, %d differences, %d bytes", filepath.Base(dir), in.Documents, refused, missing, in.Policies, in.Edges, len(in.Differences), len(in.Source))
		for i, d := range in.Differences {
			if i < 6 {
				t.Logf("    %s", d)
			}
		}
		if os.Getenv("SHOW") != "" && filepath.Base(dir) == os.Getenv("SHOW") {
			t.Logf("%s", in.Source)
		}
	}
	t.Logf("documents %d, taken %d, back %d", documents, taken, back)
}
