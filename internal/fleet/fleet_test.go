package fleet_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/internal/fleet"
)

// Every shape of a fleet is the same graph: all its edges, the same policies, and no finding.
func TestShapes(t *testing.T) {
	f, err := fleet.New(300, 1500)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{}
	for _, shape := range fleet.Shapes() {
		dir := t.TempDir()
		for name, text := range f.CUE(shape, "edge") {
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		result, err := gen.Build(load.Env{Dir: dir}, []string{"./..."})
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Findings) > 0 || len(result.Graph.Workloads) != 300 || len(result.Graph.Edges) != 1500 {
			t.Errorf("%s: %d workloads, %d edges, findings %v", shape, len(result.Graph.Workloads), len(result.Graph.Edges), result.Findings)
		}
		got := map[string]any{}
		for _, p := range result.Policies {
			got[p.Namespace+"/"+p.Name] = p.Spec
		}
		if len(want) == 0 {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) < 3000 {
			t.Errorf("%s gives %d other policies:\n%.2000s", shape, len(got), diff)
		}
	}
}

func TestNew(t *testing.T) {
	for _, size := range [][2]int{{99, 500}, {100, 1001}, {100, 249}} {
		if _, err := fleet.New(size[0], size[1]); err == nil {
			t.Errorf("a fleet of %v", size)
		}
	}
	a, err := fleet.New(100, 500)
	if err != nil {
		t.Fatal(err)
	}
	b, err := fleet.New(100, 500)
	if err != nil {
		t.Fatal(err)
	}
	for _, shape := range fleet.Shapes() {
		if !maps.Equal(a.CUE(shape, "workload"), b.CUE(shape, "workload")) {
			t.Errorf("%s: the same size gives two fleets", shape)
		}
	}
	if len(a.Edges) != 500 || len(a.Workloads) != 100 {
		t.Errorf("%d workloads, %d edges", len(a.Workloads), len(a.Edges))
	}
}
