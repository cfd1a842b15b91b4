package release

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

// TestVersion builds npgen as people do, and reads what it says of itself.
func TestVersion(t *testing.T) {
	repository := source(t)
	build := func(t *testing.T, dir string, flags ...string) string {
		t.Helper()
		program := filepath.Join(t.TempDir(), "npgen")
		args := append([]string{"build", "-trimpath", "-o", program}, flags...)
		tool.Run(t, dir, "go", append(args, "./cmd/npgen")...)
		return program
	}
	revision := func(t *testing.T, dir string) string { return tool.Run(t, dir, "git", "rev-parse", "HEAD")[:12] }
	t.Run("at a tag", func(t *testing.T) {
		says(t, build(t, repository), regexp.QuoteMeta("v0.1.0 ("+revision(t, repository)+")"))
	})
	t.Run("without version control", func(t *testing.T) {
		says(t, build(t, repository, "-buildvcs=false"), "devel")
	})
	t.Run("an unpacked archive of the sources", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "npgen-0.1.0")
		if err := os.CopyFS(dir, os.DirFS(repository)); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
			t.Fatal(err)
		}
		says(t, build(t, dir), "devel")
	})
	t.Run("with changes", func(t *testing.T) {
		dir := clone(t, repository, "changed")
		tool.Write(t, dir, map[string]string{"cmd/npgen/changed.txt": "x"})
		says(t, build(t, dir), regexp.QuoteMeta("v0.1.0+dirty ("+revision(t, dir)+")"))
	})
	t.Run("after a tag", func(t *testing.T) {
		dir := clone(t, repository, "after")
		tool.Run(t, dir, "git", "commit", "-q", "--allow-empty", "-m", "more")
		says(t, build(t, dir), `v0\.1\.1-0\.[0-9]{14}-`+revision(t, dir))
	})
	t.Run("without a tag", func(t *testing.T) {
		dir := clone(t, repository, "untagged")
		tool.Run(t, dir, "git", "tag", "-d", version)
		says(t, build(t, dir), `v0\.0\.0-[0-9]{14}-`+revision(t, dir))
	})
	t.Run("from a module proxy", func(t *testing.T) {
		bin := t.TempDir()
		t.Setenv("GOBIN", bin)
		t.Setenv("GOPROXY", proxy(t, repository))
		t.Setenv("GOSUMDB", "off")
		// A module cache of its own, so that no other build finds this version there.
		t.Setenv("GOMODCACHE", t.TempDir())
		t.Setenv("GOFLAGS", "-modcacherw")
		tool.Run(t, t.TempDir(), "go", "install", "-trimpath", "github.com/npgen/npgen/cmd/npgen@"+version)
		says(t, filepath.Join(bin, "npgen"), `v0\.1\.0`)
	})
}

// proxy returns a module proxy as a folder, with the release, before the one that is made of the go command's cache
// (Go Modules Reference, GOPROXY protocol).
func proxy(t *testing.T, repository string) string {
	t.Helper()
	dir, cache := t.TempDir(), os.Getenv("GOMODCACHE")
	versions := filepath.Join(dir, "github.com", "npgen", "npgen", "@v")
	tool.Write(t, versions, map[string]string{
		"list":            version + "\n",
		version + ".info": `{"Version": "` + version + `", "Time": "2026-01-02T03:04:05Z"}`,
		version + ".mod":  tool.Read(t, filepath.Join(repository, "go.mod")),
	})
	tool.Run(t, repository, "git", "archive", "--format=zip", "--prefix=github.com/npgen/npgen@"+version+"/",
		"--output="+filepath.Join(versions, version+".zip"), version)
	if _, err := os.Stat(filepath.Join(cache, "cache", "download")); err != nil {
		t.Fatal(err)
	}
	return strings.Join([]string{"file://" + filepath.ToSlash(dir), "file://" + filepath.ToSlash(filepath.Join(cache, "cache", "download")), "off"}, ",")
}
