package tool

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestJudges builds every judge, and holds each to the version that its go.mod names.
func TestJudges(t *testing.T) {
	for name, args := range map[string][]string{
		Cue:       {"version"},
		Kustomize: {"version"},
		Kubectl:   {"version", "--client"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := Bin(t, name)
			out, err := exec.Command(filepath.Join(dir, executable(name)), args...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			version, ok := strings.CutPrefix(filepath.Base(dir), name+"-")
			if !ok || !strings.Contains(string(out), version) {
				t.Errorf("the folder is %s, but the tool says:\n%s", dir, out)
			}
		})
	}
}

// TestFailedBuild sees that a tool that cannot be built is an error, and leaves nothing that a later run takes for it.
func TestFailedBuild(t *testing.T) {
	root, cache := t.TempDir(), t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache)
	t.Setenv("LocalAppData", cache)
	module := filepath.Join(root, "e2e", "tool", "cue")
	if err := os.MkdirAll(module, 0o755); err != nil {
		t.Fatal(err)
	}
	const mod = "module broken\n\ngo 1.26.0\n\nrequire cuelang.org/go v0.17.1\n"
	if err := os.WriteFile(filepath.Join(module, "go.mod"), []byte(mod), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "-mod=readonly")
	t.Setenv("GOPROXY", "off")
	for range 2 {
		if dir, err := bin(root, Cue); err == nil {
			t.Fatalf("built %s from a module without checksums", dir)
		}
	}
	if _, err := bin(root, "helm"); err == nil {
		t.Error("an unknown tool is no error")
	}
}
