package manifest

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/dialect/kubernetes/write"

	"github.com/npgen/npgen/gen/internal/policytest"
)

func TestDriftGolden(t *testing.T) {
	base := t.TempDir()
	goldens, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(base)
	files := shop(t)
	build(t, "policies", files)
	edited := bytes.Replace(files["shop/allow.yaml"], []byte("app: web"), []byte("app: wab"), 1)
	put(t, base, "policies/shop/allow.yaml", string(bytes.ReplaceAll(edited, []byte("\n"), []byte("\r\n"))))
	put(t, base, "policies/1-stale/allow.yaml", Mark+"\nstale: true\n")
	put(t, base, "policies/notes.txt", "mine\n")
	if err := os.Remove("policies/123/kustomization.yaml"); err != nil {
		t.Fatal(err)
	}
	before := tree(t, base)
	for dir, file := range map[string]string{"policies": "drift.diff", "./policies/": "drift-dot.diff"} {
		got, err := driftOf(dir, files, WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join(goldens, file), got)
	}
	if diff := cmp.Diff(before, tree(t, base)); diff != "" {
		t.Errorf("Drift wrote: %s", diff)
	}
}

func TestDriftWithoutFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a/b")
	files := shop(t)
	got, err := driftOf(dir, files, WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(got, []byte("--- /dev/null\n+++ "+filepath.ToSlash(dir)+"/")); n != len(files) {
		t.Errorf("%d new files in the diff, want %d:\n%s", n, len(files), got)
	}
	if _, err := os.Stat(filepath.Dir(dir)); err == nil {
		t.Error("Drift made the folder")
	}
}

func TestDriftAdopt(t *testing.T) {
	dir := t.TempDir()
	build(t, dir, layout(t, "old", "shop/web"))
	got, err := driftOf(dir, layout(t, "new", "shop/web"), WriteOptions{Adopt: true})
	if err != nil || !bytes.Contains(got, []byte("-# npgen.dev/packages: old\n+# npgen.dev/packages: new\n")) {
		t.Errorf("drift %s, error %v", got, err)
	}
}

// FuzzWrite holds to this: after any build over any earlier one, the folder gives the stream, there is no drift, a
// second build changes nothing, and what is not npgen's is untouched.
func FuzzWrite(f *testing.F) {
	f.Add([]byte{}, []byte{0})
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7}, []byte{8, 9, 10})
	f.Add([]byte{0, 8, 16, 24, 3, 11}, []byte{3})
	f.Add([]byte{31, 30, 29}, []byte{31, 4, 5, 6})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		dir := t.TempDir()
		put(t, dir, "aa/mine.yaml", "kind: X\n")
		put(t, dir, "mine.yaml", "kind: X\n")
		foreign := tree(t, dir)
		for _, seed := range [][]byte{first, second} {
			in := arbitrary(seed)
			files, err := NetworkPolicies(Named([]string{"p"}), in)
			if err != nil {
				t.Fatal(err)
			}
			want, err := write.Stream(in)
			if err != nil {
				t.Fatal(err)
			}
			drift, err := driftOf(dir, files, WriteOptions{})
			if err != nil {
				t.Fatal(err)
			}
			changes := build(t, dir, files)
			if (len(changes.Written)+len(changes.Removed) > 0) != (len(drift) > 0) {
				t.Errorf("changes %v, but drift %s", changes, drift)
			}
			holds(t, dir, files, "aa/mine.yaml", "mine.yaml")
			if diff := cmp.Diff(string(want), streamOf(t, files, ".")); diff != "" {
				t.Error(diff)
			}
			if drift, err := driftOf(dir, files, WriteOptions{}); len(drift) > 0 || err != nil {
				t.Errorf("drift %s, error %v", drift, err)
			}
			before := tree(t, dir)
			if changes := build(t, dir, files); len(changes.Written)+len(changes.Removed) > 0 {
				t.Errorf("a second build changed %v", changes)
			}
			after := tree(t, dir)
			for name, what := range foreign {
				if after[name] != what {
					t.Errorf("%s was touched", name)
				}
			}
			if !maps.Equal(keys(before), keys(after)) {
				t.Error("a second build made or removed something")
			}
		}
	})
}

func keys(all map[string]string) map[string]bool {
	out := map[string]bool{}
	for name := range all {
		out[name] = true
	}
	return out
}

// arbitrary takes each byte for an object of one of four namespaces, and returns them in stream order.
func arbitrary(seed []byte) []networkingv1.NetworkPolicy {
	var names []string
	for _, b := range seed {
		namespace := []string{"aa", "b-b", "123", "zz"}[b%4]
		names = append(names, namespace+"/"+[]string{"api", "web", "deny", "x-deny"}[b/4%4])
	}
	slices.Sort(names)
	all := policytest.Policies(slices.Compact(names)...)
	slices.SortStableFunc(all, func(a, b networkingv1.NetworkPolicy) int {
		return compareFile(&ObjectsOf([]networkingv1.NetworkPolicy{a})[0], &ObjectsOf([]networkingv1.NetworkPolicy{b})[0])
	})
	return all
}
