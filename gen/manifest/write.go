package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/npgen/npgen/gen/prove"
)

// WriteOptions is what the user may allow.
type WriteOptions struct {
	// Adopt takes over a folder that was built from other packages. It never covers files that npgen did not write.
	Adopt bool
}

// Changes says what Write did to each of npgen's files, as sorted paths relative to the folder, with slashes.
type Changes struct {
	Written   []string
	Removed   []string
	Unchanged []string
}

// Write makes dir hold files that were proven, and of npgen's files no others: those with the mark in dir and in the folders in it
// are removed when they are not wanted, and so are the folders that this empties. Files without the mark stay as they
// are. A file that differs in line ends alone is unchanged, and unchanged files are not written.
//
// It returns a RefusedError, before any change, where a file in the way is not npgen's or dir was built from other
// packages. After another error each file holds its old content or its new, never a part; Changes and the error then
// say what was done.
func Write(dir string, proven prove.Proven, opts WriteOptions) (Changes, error) {
	if !proven.Holds() {
		return Changes{}, prove.ErrNotProven
	}
	return writeFiles(dir, proven.Files(), opts)
}

func writeFiles(dir string, files Files, opts WriteOptions) (Changes, error) {
	p, err := newPlan(dir, files, opts)
	if err != nil {
		return Changes{}, err
	}
	return p.apply()
}

// writer carries a plan out. What it made and has not used yet is known to it, to be taken back.
type writer struct {
	*plan
	root *os.Root
	// above are the folders it made down to the output folder, inside the ones in there.
	above, inside []string
	// staged maps the file that waits to be renamed to its temporary name.
	staged  map[string]string
	changes Changes
}

func (p *plan) apply() (Changes, error) {
	w := &writer{plan: p, staged: map[string]string{}, changes: Changes{Unchanged: p.unchanged}}
	err := w.run()
	if err != nil {
		w.takeBack()
		err = w.report(err)
	}
	if w.root != nil {
		w.root.Close()
	}
	slices.Sort(w.changes.Written)
	return w.changes, err
}

func (w *writer) run() error {
	if err := w.makeAbove(w.dir); err != nil {
		return err
	}
	var err error
	if w.root, err = os.OpenRoot(w.dir); err != nil {
		return w.fail("write", ".", err)
	}
	for _, name := range w.write {
		if err := w.stage(name); err != nil {
			return w.fail("write", name, err)
		}
	}
	// The root kustomization is last, so that it never names a file that is not there yet.
	slices.SortStableFunc(w.write, func(a, b string) int { return strings.Count(b, "/") - strings.Count(a, "/") })
	for _, name := range w.write {
		if err := w.root.Rename(w.staged[name], name); err != nil {
			return w.fail("write", name, err)
		}
		delete(w.staged, name)
		w.changes.Written = append(w.changes.Written, name)
	}
	for _, name := range w.remove {
		if err := w.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return w.fail("remove", name, err)
		}
		w.changes.Removed = append(w.changes.Removed, name)
	}
	w.sweep()
	return nil
}

// makeAbove makes the output folder and the folders above it.
func (w *writer) makeAbove(dir string) error {
	err := os.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir {
		if err := w.makeAbove(filepath.Dir(dir)); err != nil {
			return err
		}
		err = os.Mkdir(dir, 0o755)
	}
	if err == nil {
		w.above = append(w.above, dir)
		return nil
	}
	if info, statErr := os.Stat(dir); statErr == nil && info.IsDir() {
		return nil
	}
	return fmt.Errorf("cannot make folder `%s`: %w", filepath.ToSlash(dir), errors.Unwrap(err))
}

// stage writes a file under a temporary name in its folder, down to the disk.
func (w *writer) stage(name string) error {
	folder := path.Dir(name)
	if folder != "." {
		switch err := w.root.Mkdir(folder, 0o755); {
		case err == nil:
			w.inside = append(w.inside, folder)
		case !errors.Is(err, fs.ErrExist):
			return err
		}
	}
	temporary := path.Join(folder, fmt.Sprintf("%s%016x%s", temporaryPrefix, rand.Uint64(), temporarySuffix))
	f, err := w.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	w.staged[name] = temporary
	_, err = f.Write(w.files[name])
	if old := w.disk[name]; err == nil && old != nil {
		err = f.Chmod(old.info.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// sweep removes the folders that the removals emptied, and what a killed build left behind.
func (w *writer) sweep() {
	for _, name := range w.abandoned {
		// It is in nobody's way: a failure is no reason to fail the build.
		_ = w.root.Remove(name)
	}
	for _, name := range w.remove {
		if folder := path.Dir(name); folder != "." {
			// A folder that still holds something stays, as Remove then fails.
			_ = w.root.Remove(folder)
		}
	}
}

// takeBack removes the temporary files and the new folders that hold nothing. It can do no more than try: the error
// that led here is the one to report.
func (w *writer) takeBack() {
	for _, temporary := range w.staged {
		_ = w.root.Remove(temporary)
	}
	for _, folder := range w.inside {
		_ = w.root.Remove(folder)
	}
	for _, folder := range slices.Backward(w.above) {
		_ = os.Remove(folder)
	}
}

// report adds to an error what had been done when it happened.
func (w *writer) report(err error) error {
	var done []string
	if len(w.changes.Written) > 0 {
		done = append(done, "wrote "+w.showAll(w.changes.Written))
	}
	if len(w.changes.Removed) > 0 {
		done = append(done, "removed "+w.showAll(w.changes.Removed))
	}
	if len(done) == 0 {
		return err
	}
	return fmt.Errorf("%w; before that npgen %s", err, strings.Join(done, " and "))
}

func (p *plan) showAll(names []string) string {
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = p.show(name)
	}
	return quoted(shown)
}

const (
	temporaryPrefix = ".npgen-"
	temporarySuffix = ".tmp"
	// abandonedAfter is far longer than any build writes: a younger temporary file may belong to one that runs now.
	abandonedAfter = 10 * time.Minute
)

func isTemporary(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, temporaryPrefix) && strings.HasSuffix(base, temporarySuffix)
}

func isAbandoned(info fs.FileInfo) bool { return time.Since(info.ModTime()) > abandonedAfter }
