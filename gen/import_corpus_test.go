//go:build corpus

package gen_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/load"
)

// TestCorpusImport makes a package of each source of real policies: all that Kubernetes takes come back, proven, but for
// ports by name, which the sources have no manifests for.
func TestCorpusImport(t *testing.T) {
	root := os.Getenv("NPGEN_CORPUS")
	sources, err := filepath.Glob(filepath.Join(root, "policies", "*"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("NPGEN_CORPUS=%q has no policies: %v", root, err)
	}
	var sum struct{ documents, taken, named, back, yaml, cue int }
	t.Logf("%-50s %9s %6s %6s %5s %6s %10s %9s", "source", "documents", "taken", "named", "back", "edges", "YAML lines", "CUE lines")
	for _, dir := range sources {
		name := filepath.Base(dir)
		in, err := gen.Import(load.Env{Dir: dir}, gen.ImportInput{Input: gen.Input{Paths: []string{"."}, Namespace: "default"}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		taken, named, back := in.Documents, 0, 0
		for _, m := range in.Missing {
			t.Logf("  %s: %s: %s", name, m.Name, m.Why)
			switch {
			case m.Refused:
				taken--
			case strings.Contains(m.Why, "by name"):
				named++
			}
		}
		if len(in.Differences) == 0 {
			back = in.Policies
		}
		for _, d := range in.Differences {
			t.Logf("  %s: not proven: %s", name, d)
		}
		yaml, cue := linesOf(t, dir), bytes.Count(in.Source, []byte("\n"))
		t.Logf("%-50s %9d %6d %6d %5d %6d %10d %9d", name, in.Documents, taken, named, back, in.Edges, yaml, cue)
		sum.documents += in.Documents
		sum.taken += taken
		sum.named += named
		sum.back += back
		sum.yaml += yaml
		sum.cue += cue
	}
	t.Logf("%-50s %9d %6d %6d %5d %6s %10d %9d", "all", sum.documents, sum.taken, sum.named, sum.back, "", sum.yaml, sum.cue)
	if sum.taken < 600 || sum.back*100 < 97*(sum.taken-sum.named) {
		t.Errorf("%d of %d policies without ports by name come back", sum.back, sum.taken-sum.named)
	}
}

// linesOf counts the lines of YAML below a folder that hold something.
func linesOf(t *testing.T, dir string) int {
	n := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for line := range bytes.Lines(data) {
			if len(bytes.TrimSpace(line)) > 0 {
				n++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
