package manifest

import (
	"cmp"
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

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/prove"
)

// WriteOptions is what the user may allow.
type WriteOptions struct {
	// Adopt takes over a folder that was built from other packages. It never covers files that npgen did not write.
	Adopt bool
	// Run is the run that the work is part of, if any. Where it ends early the folder is left as it was, or as it was to
	// become where the first file had been replaced.
	Run *budget.Run
	// Limits is what the work may take on.
	Limits budget.Limits
	// Patience is how long to wait for another build that writes to the folder; zero is ten seconds.
	Patience time.Duration
}

// Changes says what Write did to each of npgen's files, as sorted paths relative to the folder, with slashes.
type Changes struct {
	Written   []string
	Removed   []string
	Unchanged []string
	// Gone is the kinds of objects that the folder held and holds no more: what was applied of them stays in the cluster
	// until it is pruned.
	Gone []string
}

// Verified is files that may be written: prove.Proven, or what was found to be safe on the way to such.
type Verified interface {
	Holds() bool
	Files() map[string][]byte
}

// Write makes dir hold files that were verified, and of npgen's files no others: those with the mark in dir and in the folders in it
// are removed when they are not wanted, and so are the folders that this empties. Files without the mark stay as they
// are. A file that differs in line ends alone is unchanged, and unchanged files are not written.
//
// It returns a RefusedError, before any change, where a file in the way is not npgen's or dir was built from other
// packages. After another error each file holds its old content or its new, never a part; Changes and the error then
// say what was done. No two builds write to a folder at once: the second waits, and is refused where that takes too long. What a killed build left behind is
// removed by the next one that has something to do here.
func Write(dir string, verified Verified, opts WriteOptions) (Changes, error) {
	if !verified.Holds() {
		return Changes{}, prove.ErrNotProven
	}
	return writeFiles(dir, verified.Files(), opts)
}

func writeFiles(dir string, files Files, opts WriteOptions) (Changes, error) {
	p, err := newPlan(dir, files, opts)
	if err != nil {
		return Changes{}, err
	}
	if p.isDone() {
		return Changes{Unchanged: p.unchanged}, nil
	}
	// What was seen before the lock may have changed.
	changes, err := p.applyTo(opts, func() (*plan, error) { return newPlan(dir, files, opts) })
	changes.Gone = p.goneKinds()
	return changes, err
}

// writer carries a plan out. What it made and has not used yet is known to it, to be taken back.
type writer struct {
	*plan
	opts WriteOptions
	root *os.Root
	lock *lock
	// above are the folders it made down to the output folder, inside the ones in there.
	above, inside []string
	// staged maps the file that waits to be renamed to its temporary name.
	staged  map[string]string
	changes Changes
}

// applyTo carries out what again returns once the folder is locked; the plan itself is the one from before.
func (p *plan) applyTo(opts WriteOptions, again func() (*plan, error)) (Changes, error) {
	w := &writer{plan: p, opts: opts, staged: map[string]string{}}
	err := opts.Run.Whole(func() error { return w.run(again) })
	slices.Sort(w.changes.Written)
	return w.changes, err
}

func (w *writer) run(again func() (*plan, error)) error {
	err := w.lockFolder(again)
	if err == nil {
		w.changes.Unchanged = w.unchanged
		err = w.replace()
	}
	if err != nil {
		w.takeBack()
		err = w.report(err)
	}
	w.leave(err != nil)
	return err
}

// lockFolder makes the output folder where there is none, locks it, and looks what is to be done.
func (w *writer) lockFolder(again func() (*plan, error)) error {
	if err := w.makeAbove(w.dir); err != nil {
		return err
	}
	var err error
	if w.root, err = os.OpenRoot(w.dir); err != nil {
		return w.fail("write", ".", err)
	}
	if w.lock, err = w.waitForLock(); err != nil {
		return err
	}
	if w.plan, err = again(); err != nil {
		return err
	}
	return w.lock.note(w.folders())
}

// patience is the default of WriteOptions.Patience: many times what a build writes for.
const patience = 10 * time.Second

// waitForLock takes the lock of the folder, where need be after another build.
func (w *writer) waitForLock() (*lock, error) {
	const pause = 5 * time.Millisecond
	for left := cmp.Or(w.opts.Patience, patience); ; left -= pause {
		l, err := w.takeLock(w.root)
		if !errors.Is(err, errHeld) {
			return l, err
		}
		if left <= 0 {
			return nil, &RefusedError{Message: err.Error(), Help: "build one after the other into a folder, or give another one"}
		}
		if err := w.opts.Run.Err(); err != nil {
			return nil, err
		}
		time.Sleep(pause)
	}
}

// replace writes what is wanted and removes what is not.
func (w *writer) replace() error {
	for _, name := range w.write {
		if err := w.opts.Run.Err(); err != nil {
			return err
		}
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
	for _, folder := range w.lock.folders {
		// A folder that still holds something stays, as Remove then fails.
		if info, err := w.root.Lstat(folder); err == nil && info.IsDir() {
			_ = w.root.Remove(folder)
		}
	}
}

// folders returns the folders that may be empty where the work ends before its end.
func (p *plan) folders() []string {
	var out []string
	for _, name := range slices.Concat(p.write, p.remove) {
		if folder := path.Dir(name); folder != "." {
			out = append(out, folder)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
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
}

// leave lets go of the folder; where the work failed it removes those that it made down to there, if they hold nothing.
func (w *writer) leave(failed bool) {
	if w.lock != nil {
		w.lock.release()
	}
	if w.root != nil {
		w.root.Close()
	}
	if !failed {
		return
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
)

func isTemporary(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, temporaryPrefix) && strings.HasSuffix(base, temporarySuffix)
}
