package gen_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
)

var update = flag.Bool("update", false, "write the golden folders")

// warnings lists the warnings that a golden gives on purpose, by rule; infos are free.
var warnings = map[string][]string{
	"dns-choice": {diag.HalfDead},
}

// TestGolden builds every package below testdata/golden/<case> together and holds the folder that npgen writes to
// testdata/golden/<case>/want, byte by byte.
func TestGolden(t *testing.T) {
	for _, name := range goldens(t) {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("..", "testdata", "golden", name)
			result := build(t, dir, "./...")
			checkFindings(t, result.Findings, warnings[name])
			files, err := result.Files(manifest.Named(result.PackageNames()))
			if err != nil {
				t.Fatal(err)
			}
			proof, err := result.ProveFiles(files)
			if err != nil || len(proof.Differences) > 0 {
				t.Errorf("the proof fails: %v %v", proof.Differences, err)
			}
			want := filepath.Join(dir, "want")
			if *update {
				proven, err := proof.Proven()
				if err != nil {
					t.Fatal(err)
				}
				if _, err := manifest.Write(want, proven, manifest.WriteOptions{Adopt: true}); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(readFolder(t, want), asText(files)); diff != "" {
				t.Errorf("%s differs (-file +npgen):\n%s", want, diff)
			}
		})
	}
}

// goldens returns the names of the cases.
func goldens(t testing.TB) []string {
	t.Helper()
	return subfolders(t, filepath.Join("..", "testdata", "golden"))
}

func subfolders(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, e.Name())
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s is empty", dir)
	}
	return out
}

// build builds packages that are named from a folder; errors end the test.
func build(t testing.TB, dir string, packages ...string) *gen.Result {
	t.Helper()
	result, err := gen.Build(env(t, dir), packages)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range result.Findings {
		if f.Severity == diag.Error {
			t.Error(f)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return result
}

func env(t testing.TB, dir string) load.Env {
	t.Helper()
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return load.Env{Dir: dir}
}

func checkFindings(t *testing.T, findings diag.List, want []string) {
	t.Helper()
	var got []string
	for _, f := range findings {
		if f.Severity == diag.Warning {
			got = append(got, f.Rule)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("warnings %q, want %q", got, want)
	}
}

// readFolder returns the files of a folder by their paths.
func readFolder(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func asText(files manifest.Files) map[string]string {
	out := map[string]string{}
	for path, data := range files {
		out[path] = string(data)
	}
	return out
}
