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
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	repository := source(t, tool.GoReleaser, tool.CycloneDX)
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
		bom := strings.TrimSuffix(found[0], ".tar.gz") + ".cdx.json"
		want := []string{sumOf(t, found[0]), sumOf(t, bom)}
		if got := slices.Sorted(strings.Lines(sums[i])); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("checksums.txt is %q, want %q", got, want)
		}
		program := unpack(t, data)["npgen"]
		checkMaterials(t, dir, bom)
		if bytes.Contains(program, []byte(filepath.Dir(filepath.Dir(dir)))) {
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

// sumOf returns the line of checksums.txt for a file.
func sumOf(t *testing.T, path string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(tool.Read(t, path)))
	return hex.EncodeToString(sum[:]) + "  " + filepath.Base(path) + "\n"
}

// checkMaterials holds a bill of materials to the modules that `go version -m` finds in the program, version by version.
func checkMaterials(t *testing.T, dir, bom string) {
	t.Helper()
	var read struct {
		Format   string `json:"bomFormat"`
		Metadata struct {
			Component struct{ Name, Version string }
		}
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal([]byte(tool.Read(t, bom)), &read); err != nil {
		t.Fatal(err)
	}
	if read.Format != "CycloneDX" || read.Metadata.Component.Name != "github.com/npgen/npgen" || !strings.HasPrefix(read.Metadata.Component.Version, "v0.1.0") {
		t.Errorf("%s is of %+v", bom, read.Metadata.Component)
	}
	var got, want []string
	for _, c := range read.Components {
		if c.Name != "std" { // Go's own library, which is no module
			got = append(got, c.Name+" "+c.Version)
		}
	}
	programs, err := filepath.Glob(filepath.Join(dir, "dist", "npgen_*", "npgen"))
	if err != nil || len(programs) != 1 {
		t.Fatalf("programs: %v %v", programs, err)
	}
	for line := range strings.Lines(tool.Run(t, dir, "go", "version", "-m", programs[0])) {
		if fields := strings.Fields(line); fields[0] == "dep" {
			want = append(want, fields[1]+" "+fields[2])
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 10 {
		t.Errorf("%s (-program +bill):\n%s", bom, diff)
	}
}

// release makes a release for this machine's platform, unsigned: a signature needs the identity of the job. It returns
// the folder of its files.
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
	tool.Run(t, dir, "goreleaser", "release", "--snapshot", "--clean", "--skip=sign", "--config", file)
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
	checkBuild(t, program, strings.TrimSpace(tool.Run(t, repository, "git", "rev-parse", "HEAD")))
}

// checkBuild holds what a program says of its build to what docs/integrations.md says that it says.
func checkBuild(t *testing.T, program, revision string) {
	t.Helper()
	said := tool.Run(t, ".", "go", "version", "-m", program)
	for _, want := range []string{
		"mod\tgithub.com/npgen/npgen\t" + version, "build\t-trimpath=true\n", "build\tCGO_ENABLED=0\n", "build\tGOOS=" + runtime.GOOS + "\n",
		"build\tGOARCH=" + runtime.GOARCH + "\n", "build\tvcs.revision=" + revision + "\n", "build\tvcs.modified=false\n",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("go version -m has no %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, "-ldflags") {
		t.Errorf("go version -m has the linker's flags, and docs/integrations.md says that it has not:\n%s", said)
	}
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
