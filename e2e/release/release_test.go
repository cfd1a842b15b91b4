// Package release holds the builds of npgen that users get: by goreleaser, by the go command, from a module proxy.
//
// In: the work tree as a repository of its own, tagged as a release. Out: what goreleaser says of its configuration, two
// releases made in two folders, and what `npgen version` prints after each kind of build. It refuses archives that
// differ, and a version that is not the one built.
package release

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/npgen/npgen/e2e/tool"
)

const version = "v0.1.0"

// source returns a repository with the release, and gives the test git, go and the tools named.
func source(t *testing.T, tools ...string) string {
	t.Helper()
	tool.KeepGo(t)
	dirs := tool.System(t, "git", "go", "sh")
	tool.Setup(t, tools...)
	tool.AddPath(t, dirs...)
	tool.Git(t)
	t.Setenv("CGO_ENABLED", "0")
	return tool.Release(t, version)
}

// clone returns a copy of a repository in a folder of the given name.
func clone(t *testing.T, repository, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	tool.Run(t, ".", "git", "clone", "-q", repository, dir)
	return dir
}

func TestConfiguration(t *testing.T) {
	repository := source(t, tool.GoReleaser)
	tool.Run(t, repository, "goreleaser", "check")
}

// TestArchives makes the release twice, in folders of different names: every archive has the same bytes. They are made
// for this machine alone; `make snapshot` makes all.
func TestArchives(t *testing.T) {
	repository := source(t, tool.GoReleaser)
	var sums, archives [2]string
	for i, name := range []string{"here", "some/where/else"} {
		dir := clone(t, repository, name)
		dist := release(t, dir)
		sums[i] = tool.Read(t, filepath.Join(dist, "checksums.txt"))
		found, err := filepath.Glob(filepath.Join(dist, "npgen_*.tar.gz"))
		if err != nil || len(found) != 1 {
			t.Fatalf("archives: %v %v", found, err)
		}
		archives[i] = found[0]
		data := []byte(tool.Read(t, found[0]))
		sum := sha256.Sum256(data)
		if want := hex.EncodeToString(sum[:]) + "  " + filepath.Base(found[0]) + "\n"; sums[i] != want {
			t.Errorf("checksums.txt is %q, want %q", sums[i], want)
		}
		if program := unpack(t, data)["npgen"]; bytes.Contains(program, []byte(filepath.Dir(filepath.Dir(dir)))) {
			t.Errorf("the program holds the folder that it was built in")
		}
	}
	if sums[0] != sums[1] {
		t.Errorf("two builds of one commit differ:\n%s%s", sums[0], sums[1])
	}
	checkArchive(t, repository, []byte(tool.Read(t, archives[0])))
	checkRebuilt(t, repository, unpack(t, []byte(tool.Read(t, archives[0])))["npgen"])
}

// checkRebuilt builds the program as docs/integrations.md says that everybody can.
func checkRebuilt(t *testing.T, repository string, want []byte) {
	t.Helper()
	dir := clone(t, repository, "again")
	tool.Run(t, dir, "go", "build", "-trimpath", "-ldflags", "-s -w", "./cmd/npgen")
	if got := tool.Read(t, filepath.Join(dir, "npgen")); got != string(want) {
		t.Error("`go build` gives another program than the archive has")
	}
}

// release makes a release for this machine's platform, without a bill of materials, which needs syft. It returns the
// folder of the archives.
func release(t *testing.T, dir string) string {
	t.Helper()
	config := tool.Read(t, filepath.Join(dir, ".goreleaser.yaml"))
	const platforms = "  goos: [linux, darwin, windows]\n  goarch: [amd64, arm64]\n"
	here := strings.Replace(config, platforms, "  goos: ["+runtime.GOOS+"]\n  goarch: ["+runtime.GOARCH+"]\n", 1)
	if here == config {
		t.Fatalf("the configuration does not build for\n%s", platforms)
	}
	// Outside of the clone, which must stay as it was committed.
	file := filepath.Join(t.TempDir(), "goreleaser.yaml")
	if err := os.WriteFile(file, []byte(here), 0o644); err != nil {
		t.Fatal(err)
	}
	tool.Run(t, dir, "goreleaser", "release", "--snapshot", "--clean", "--skip=sbom", "--config", file)
	return filepath.Join(dir, "dist")
}

// checkArchive holds an archive to its files, their time, which is the commit's, and the version of the program in it.
func checkArchive(t *testing.T, repository string, data []byte) {
	t.Helper()
	committed := strings.TrimSpace(tool.Run(t, repository, "git", "log", "-1", "--format=%cI"))
	want, err := time.Parse(time.RFC3339, committed)
	if err != nil {
		t.Fatal(err)
	}
	for name, h := range headers(t, data) {
		if !h.ModTime.Equal(want) || h.Uname != "root" {
			t.Errorf("%s is of %s and of %s, want %s and root", name, h.ModTime, h.Uname, want)
		}
	}
	files := unpack(t, data)
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		if string(files[name]) != tool.Read(t, filepath.Join(repository, name)) {
			t.Errorf("the archive has another %s", name)
		}
	}
	program := filepath.Join(t.TempDir(), "npgen")
	if err := os.WriteFile(program, files["npgen"], 0o755); err != nil {
		t.Fatal(err)
	}
	revision := tool.Run(t, repository, "git", "rev-parse", "HEAD")[:12]
	says(t, program, regexp.QuoteMeta(version+" ("+revision+")"))
}

func unpack(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	walk(t, data, func(h *tar.Header, r io.Reader) error {
		content, err := io.ReadAll(r)
		out[h.Name] = content
		return err
	})
	return out
}

func headers(t *testing.T, data []byte) map[string]*tar.Header {
	t.Helper()
	out := map[string]*tar.Header{}
	walk(t, data, func(h *tar.Header, _ io.Reader) error {
		out[h.Name] = h
		return nil
	})
	return out
}

func walk(t *testing.T, data []byte, f func(*tar.Header, io.Reader) error) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			err = f(h, r)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// says holds what a program says of its version.
func says(t *testing.T, program, want string) {
	t.Helper()
	got := tool.Run(t, ".", program, "version")
	if !regexp.MustCompile(`^npgen ` + want + ` cue v[0-9.]+ go[0-9.]+\n$`).MatchString(got) {
		t.Errorf("npgen version: %swant: npgen %s ...", got, want)
	}
}
