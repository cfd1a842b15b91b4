package manifest

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree returns everything below dir: mode and content (or the target of a link), and the time of the last change of
// files. Two equal trees mean that nothing was touched.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		what := info.Mode().String()
		switch {
		case info.Mode().IsRegular():
			content, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			what += info.ModTime().String() + "\n" + string(content)
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(name)
			if err != nil {
				return err
			}
			what += target
		}
		name, err = filepath.Rel(dir, name)
		all[filepath.ToSlash(name)] = what
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// put makes a file and its folders, with a time in the past so that a rewrite shows.
func put(t testing.TB, dir, name, content string) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	age(t, file, time.Hour)
}

func age(t testing.TB, file string, by time.Duration) {
	t.Helper()
	then := time.Now().Add(-by)
	if err := os.Chtimes(file, then, then); err != nil {
		t.Fatal(err)
	}
}

// build writes files, ages them and returns the changes.
func build(t testing.TB, dir string, files Files) Changes {
	t.Helper()
	changes, err := writeFiles(dir, files, WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name := range files {
		age(t, filepath.Join(dir, name), time.Hour)
	}
	return changes
}

// holds checks that dir has the files of want and those named besides, and no others.
func holds(t testing.TB, dir string, want Files, besides ...string) {
	t.Helper()
	got := Files{}
	for name := range tree(t, dir) {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && !slices.Contains(besides, name) {
			got[name] = content
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func sortedKeys(files Files) []string { return slices.Sorted(maps.Keys(files)) }

func TestWriteMakesFolders(t *testing.T) {
	files := shop(t)
	for _, dir := range []string{".", "out", "a/b/out", "a/b/out/"} {
		base := t.TempDir()
		dir = base + "/" + dir
		changes, err := writeFiles(dir, files, WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Changes{Written: sortedKeys(files)}, changes); diff != "" {
			t.Error(diff)
		}
		holds(t, dir, files)
		if runtime.GOOS == "windows" {
			continue
		}
		for name := range tree(t, base) {
			info, err := os.Stat(filepath.Join(base, name))
			if want := map[bool]fs.FileMode{true: 0o755, false: 0o644}[info.IsDir()]; err != nil || info.Mode().Perm()&^want != 0 {
				t.Errorf("%s has mode %v, error %v", name, info.Mode(), err)
			}
		}
	}
}

func TestWriteTwiceChangesNothing(t *testing.T) {
	dir, files := t.TempDir(), shop(t)
	build(t, dir, files)
	before := tree(t, dir)
	changes, err := writeFiles(dir, files, WriteOptions{})
	if diff := cmp.Diff(Changes{Unchanged: sortedKeys(files)}, changes); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestWriteChangesOnlyWhatDiffers(t *testing.T) {
	dir, files := t.TempDir(), shop(t)
	build(t, dir, files)
	put(t, dir, "shop/allow.yaml", Mark+"\nedited: true\n")
	if err := os.Chmod(filepath.Join(dir, "shop/allow.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "123/default-deny.yaml")); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	changes, err := writeFiles(dir, files, WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := Changes{
		Written:   []string{"123/default-deny.yaml", "shop/allow.yaml"},
		Unchanged: []string{"123/kustomization.yaml", kustomization, "shop/default-deny.yaml", "shop/kustomization.yaml"},
	}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Error(diff)
	}
	holds(t, dir, files)
	after := tree(t, dir)
	if mode, _, _ := strings.Cut(after["shop/allow.yaml"], " "); runtime.GOOS != "windows" && !strings.HasPrefix(mode, "-rw-------") {
		t.Errorf("the mode of a file that was there became %s", mode[:10])
	}
	for _, name := range want.Unchanged {
		if before[name] != after[name] {
			t.Errorf("%s was rewritten", name)
		}
	}
}

func TestWriteRemovesOnlyItsOwn(t *testing.T) {
	dir := t.TempDir()
	build(t, dir, layout(t, "p", "gone/a", "kept/a", "shop/a", "gone/deny", "kept/deny", "shop/deny"))
	foreign := map[string]string{
		"README.md":          "mine\n",
		"kept/notes.yaml":    "# Generated by hand\n",
		"empty/.keep":        "",
		".git/allow.yaml":    Mark + "\n",
		"deep/er/allow.yaml": Mark + "\n",
		// Another build's folder, though its files bear the mark.
		"other/" + kustomization: Mark + "\n" + packagesPrefix + "q\r\n",
		"other/stale.yaml":       Mark + "\n",
	}
	for name, content := range foreign {
		put(t, dir, name, content)
	}
	put(t, dir, "older-layout.yaml", Mark+"\n")
	outside := filepath.Join(t.TempDir(), "allow.yaml")
	put(t, filepath.Dir(outside), "allow.yaml", Mark+"\n")
	link(t, filepath.Dir(outside), filepath.Join(dir, "linked"))
	link(t, outside, filepath.Join(dir, "linked.yaml"))
	before := tree(t, dir)

	files := layout(t, "p", "shop/a", "shop/deny")
	changes := build(t, dir, files)
	want := Changes{
		Written: []string{kustomization},
		Removed: []string{
			"gone/allow.yaml", "gone/default-deny.yaml", "gone/kustomization.yaml",
			"kept/allow.yaml", "kept/default-deny.yaml", "kept/kustomization.yaml", "older-layout.yaml",
		},
		Unchanged: []string{"shop/allow.yaml", "shop/default-deny.yaml", "shop/kustomization.yaml"},
	}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Error(diff)
	}
	after := tree(t, dir)
	holds(t, dir, files, append(slices.Collect(maps.Keys(foreign)), "linked.yaml")...)
	for name := range foreign {
		if after[name] == "" || before[name] != after[name] {
			t.Errorf("%s was touched: %q", name, after[name])
		}
	}
	if after["linked"] == "" || after["linked.yaml"] == "" || len(tree(t, filepath.Dir(outside))) != 1 {
		t.Error("a link was followed or removed")
	}
	if after["gone"] != "" || after["kept"] == "" || after["empty"] == "" {
		t.Error("want exactly the folder gone that was emptied")
	}
}

func link(t testing.TB, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

func TestWriteLineEnds(t *testing.T) {
	dir, files := t.TempDir(), shop(t)
	for name, content := range files {
		put(t, dir, name, strings.ReplaceAll(string(content), "\n", "\r\n"))
	}
	before := tree(t, dir)
	changes := build(t, dir, files)
	if diff, err := driftOf(dir, files, WriteOptions{}); len(diff) > 0 || err != nil || len(changes.Written) > 0 {
		t.Errorf("drift %s, error %v, changes %v", diff, err, changes)
	}
	if len(before) != len(tree(t, dir)) || !strings.Contains(tree(t, dir)[kustomization], "\r\n") {
		t.Error("line ends were rewritten")
	}
	// A stale file and a changed one are known as npgen's all the same.
	fewer := layout(t, "shop pay", "shop/api", "shop/deny")
	build(t, dir, fewer)
	if tree(t, dir)["123"] != "" {
		t.Error("a stale file with CRLF was not removed")
	}
}

func TestWriteRemovesAbandonedTemporaries(t *testing.T) {
	dir, files := t.TempDir(), shop(t)
	build(t, dir, files)
	put(t, dir, "shop/.npgen-old.tmp", Mark+"\n")
	put(t, dir, ".npgen-foreign.tmp", "kind: X\n")
	put(t, dir, ".npgen-young.tmp", Mark+"\n")
	put(t, dir, ".npgen-begun.tmp", "")
	age(t, filepath.Join(dir, ".npgen-young.tmp"), time.Second)
	if diff, err := driftOf(dir, files, WriteOptions{}); len(diff) > 0 || err != nil {
		t.Errorf("drift %s, error %v", diff, err)
	}
	changes := build(t, dir, files)
	if len(changes.Written)+len(changes.Removed) > 0 {
		t.Errorf("changes %v", changes)
	}
	holds(t, dir, files, ".npgen-foreign.tmp")
	if tree(t, dir)[".npgen-foreign.tmp"] == "" {
		t.Error("removed a temporary file of somebody else")
	}
}

// Builds of the same at the same time, as when hooks run side by side, do not trip over each other's temporary files.
func TestWriteAtOnce(t *testing.T) {
	dir, files := t.TempDir(), shop(t)
	errs := make(chan error)
	for range 8 {
		go func() {
			_, err := writeFiles(dir, files, WriteOptions{})
			errs <- err
		}()
	}
	var all []error
	for range 8 {
		all = append(all, <-errs)
	}
	if err := errors.Join(all...); err != nil {
		t.Error(err)
	}
	holds(t, dir, files)
}
