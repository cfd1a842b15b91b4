package manifest

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/gen/budget"
)

// Builds of different graphs at once into one folder leave what one of them wrote, never a mix.
func TestLockKeepsBuildsApart(t *testing.T) {
	a := layout(t, "shop", "pay/api", "shop/api", "shop/web", "pay/deny", "shop/deny")
	b := layout(t, "shop", "log/api", "shop/db", "log/deny")
	for range 20 {
		dir := t.TempDir()
		errs := make(chan error)
		for _, files := range []Files{a, b, a, b} {
			go func() {
				_, err := writeFiles(dir, files, WriteOptions{})
				errs <- err
			}()
		}
		for range 4 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		got := Files{}
		for name := range tree(t, dir) {
			if content, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
				got[name] = content
			}
		}
		if !cmp.Equal(a, got) && !cmp.Equal(b, got) {
			t.Fatalf("a mix: %v", sortedKeys(got))
		}
	}
}

// Who waits in vain is told who has the folder, and has changed nothing.
func TestLockSaysWhoHasIt(t *testing.T) {
	dir, files := t.TempDir(), shop(t)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	held, err := (&plan{dir: dir}).takeLock(root)
	if err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	_, err = writeFiles(dir, files, WriteOptions{Patience: time.Nanosecond})
	refused, ok := errors.AsType[*RefusedError](err)
	if want := fmt.Sprintf("another build (process %d), which is writing to `%s`", os.Getpid(), filepath.ToSlash(dir)); !ok || !strings.Contains(err.Error(), want) || refused.Help == "" {
		t.Errorf("got error %v, want %s", err, want)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
	held.release()
	build(t, dir, files)
	holds(t, dir, files)
}

// What a killed build left is no lock, and is swept up: its lock file, temporary files, and folders that are empty.
func TestLockOfTheDead(t *testing.T) {
	dir, files := t.TempDir(), shop(t)
	build(t, dir, files)
	put(t, dir, lockName, lockHead+"process 1\nfolder made\nfolder full\nfolder shop\nfolder ..\nfolder a/b\nfolder .git\n")
	put(t, dir, "full/mine.yaml", "kind: X\n")
	put(t, dir, "made/.npgen-0.tmp", Mark+"\n")
	put(t, dir, "a/b/x", "")
	for _, folder := range []string{".git", "empty"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if changes := build(t, dir, files); len(changes.Written)+len(changes.Removed) > 0 {
		t.Errorf("changes %v", changes)
	}
	holds(t, dir, files, "full/mine.yaml", "a/b/x")
	all := tree(t, dir)
	if all["made"] != "" || all["empty"] == "" || all[".git"] == "" || all["full"] == "" {
		t.Errorf("folders: %v", slices.Sorted(maps.Keys(all)))
	}
}

// A file of somebody else in the place of the lock is neither written to nor removed.
func TestLockIsNoOtherFile(t *testing.T) {
	for name, make := range map[string]func(dir string) error{
		"text":   func(dir string) error { return os.WriteFile(filepath.Join(dir, lockName), []byte("mine\n"), 0o644) },
		"folder": func(dir string) error { return os.Mkdir(filepath.Join(dir, lockName), 0o755) },
		"link":   func(dir string) error { return os.Symlink("mine.yaml", filepath.Join(dir, lockName)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "mine.yaml", "")
			if err := make(dir); err != nil {
				t.Fatal(err)
			}
			before := tree(t, dir)
			_, err := writeFiles(dir, shop(t), WriteOptions{})
			if _, ok := errors.AsType[*RefusedError](err); !ok || !strings.Contains(err.Error(), lockName) {
				t.Errorf("got error %v", err)
			}
			if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A run that ends writes nothing more.
func TestWriteInARunThatEnds(t *testing.T) {
	base, run := t.TempDir(), budget.NewRun()
	run.End()
	if _, err := writeFiles(filepath.Join(base, "a/b"), shop(t), WriteOptions{Run: run}); !errors.Is(err, budget.ErrEnded) {
		t.Errorf("got error %v", err)
	}
	if all := tree(t, base); len(all) > 0 {
		t.Errorf("made %v", all)
	}
}
