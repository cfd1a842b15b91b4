package tool

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestJudges builds every judge, and holds each to the version that its go.mod names: by what it says of itself where
// it does, else by what the go command wrote into it.
func TestJudges(t *testing.T) {
	for name, args := range map[string][]string{
		Cue:                 {"version"},
		Kustomize:           {"version"},
		Kubectl:             {"version", "--client"},
		KubeAPIServer:       {"--version"},
		Etcd:                {"--version"},
		KubeNetworkPolicies: nil,
		Actionlint:          nil,
		Helm:                {"version"},
		GoReleaser:          nil,
	} {
		t.Run(name, func(t *testing.T) {
			dir := Bin(t, name)
			file := filepath.Join(dir, executable(name))
			version, ok := strings.CutPrefix(filepath.Base(dir), name+"-v")
			if !ok {
				t.Fatalf("the folder is %s", dir)
			}
			if args == nil {
				info, err := buildinfo.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if info.Main.Version != "v"+version {
					t.Errorf("the folder is %s, but the file is of %s", dir, info.Main.Version)
				}
				return
			}
			out, err := exec.Command(file, args...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if !strings.Contains(string(out), version) {
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
		if dir, err := Build(root, Cue); err == nil {
			t.Fatalf("built %s from a module without checksums", dir)
		}
	}
	if _, err := Build(root, "no-such-tool"); err == nil {
		t.Error("an unknown tool is no error")
	}
}
