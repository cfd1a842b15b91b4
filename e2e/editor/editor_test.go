// Package editor holds what npgen gives to editors against plain CUE.
//
// In: what `npgen init` writes, and every package that npgen ships. Out: the word of `cue vet`, without npgen, without
// a registry and without a network. It refuses a schema that lets a misspelt field pass.
package editor

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/npgen/npgen/e2e/tool"
)

func TestScript(t *testing.T) {
	tool.Setup(t, tool.Cue)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			// testscript passes on nothing but PATH.
			for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"} {
				env.Setenv(name, os.Getenv(name))
			}
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("CUE_CACHE_DIR", filepath.Join(env.WorkDir, ".cache"))
			return nil
		},
	})
}

// TestMistakes sees plain `cue vet` refuse what it can see with the vendored schema, at the user's line, and npgen
// refuse the same. What plain CUE cannot see passes it; a case there that begins to fail is good news to write down.
func TestMistakes(t *testing.T) {
	tool.Setup(t, tool.Cue)
	for _, m := range append(seen(), unseen()...) {
		t.Run(m.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "shop")
			tool.Run(t, filepath.Dir(dir), "npgen", "init", "--editor", "shop")
			tool.Write(t, dir, map[string]string{"mistake.cue": "package policy\n\n" + m.cue + "\n"})

			stdout, stderr, status := tool.Try(t, dir, "npgen", "vet", ".")
			if status != 1 || stdout != "" {
				t.Errorf("npgen: exit status %d\n%s%s", status, stdout, stderr)
			}
			stdout, stderr, status = tool.Try(t, dir, "cue", "vet", "-c", ".")
			if m.says == "" {
				if status != 0 {
					t.Errorf("cue: exit status %d\n%s", status, stderr)
				}
				return
			}
			if status != 1 || stdout != "" || !strings.Contains(stderr, m.says) || !strings.Contains(stderr, "./mistake.cue:3:") {
				t.Errorf("cue: exit status %d, want `%s` at line 3\n%s%s", status, m.says, stdout, stderr)
			}
		})
	}
}

// TestShipped sees plain `cue vet` accept every package that npgen ships: as it is where it imports nothing, and
// beside the schema.
func TestShipped(t *testing.T) {
	tool.Setup(t, tool.Cue)
	alone := 0
	for _, pattern := range []string{"examples/*/policy.cue", "examples/*/*/policy.cue", "testdata/golden/*/want"} {
		for _, found := range tool.Glob(t, pattern) {
			shipped := filepath.Dir(found)
			copied := filepath.Join(t.TempDir(), filepath.Base(shipped))
			if err := os.CopyFS(copied, os.DirFS(shipped)); err != nil {
				t.Fatal(err)
			}
			for _, dir := range packages(t, copied) {
				t.Run(filepath.Base(shipped)+"/"+filepath.Base(dir), func(t *testing.T) {
					if !imports(t, dir) {
						alone++
						tool.Run(t, dir, "cue", "vet", "-c", ".")
					}
					if _, stderr, _ := tool.Try(t, dir, "npgen", "vet", "."); strings.Contains(stderr, "[empty-package]") {
						return // a library
					}
					tool.Run(t, dir, "npgen", "init", "--editor")
					tool.Run(t, dir, "cue", "vet", "-c", ".")
				})
			}
		}
	}
	if alone == 0 {
		t.Error("no shipped package is without imports")
	}
}

// packages returns the folders at and below dir that hold CUE files.
func packages(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Name() == "cue.mod":
			return filepath.SkipDir
		case filepath.Ext(path) == ".cue":
			out = append(out, filepath.Dir(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// imports reports whether a file of a package has an import declaration.
func imports(t *testing.T, dir string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.cue"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(`(?m)^import\b`).Match(data) {
			return true
		}
	}
	return false
}
