package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// lockName is the file in the output folder that a build holds locked while it writes there. It says who holds it, and
// which folders that build may leave empty where it is killed, so that the next one knows them for npgen's.
//
// The lock is the operating system's, so that it ends with the process. Who has it removes the file before letting go;
// who gets it looks whether the file is still the one in the folder.
const lockName = ".npgen-lock"

const (
	lockHead     = "# A build writes here. Without one, this file is of no use.\n"
	processField = "process "
	folderField  = "folder "
)

// lock is the lock of an output folder, held.
type lock struct {
	root *os.Root
	file *os.File
	// folders are those that builds before this one may have left empty.
	folders []string
}

// errHeld says that somebody else has the lock.
var errHeld = errors.New("the output folder is held")

// takeLock takes the lock of a folder. The error is errHeld where another build has it, and a *RefusedError where a file of
// somebody else stands in its place.
func (p *plan) takeLock(root *os.Root) (*lock, error) {
	for {
		if info, err := root.Lstat(lockName); err == nil && !info.Mode().IsRegular() {
			return nil, &RefusedError{Message: fmt.Sprintf("`%s` is %s", p.show(lockName), kind(info)), Help: "remove it: npgen writes its lock there"}
		}
		f, err := root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, p.fail("write", lockName, err)
		}
		l := &lock{root: root, file: f}
		text, err := l.take()
		switch {
		case errors.Is(err, errHeld):
			f.Close()
			return nil, fmt.Errorf("%w by another build%s, which is writing to `%s`", errHeld, processOf(text), p.show("."))
		case err != nil:
			f.Close()
			return nil, p.fail("read", lockName, err)
		case !l.isThere():
			f.Close() // who had it before has removed it
		case text != "" && !strings.HasPrefix(text, lockHead) && !strings.HasPrefix(lockHead, text):
			f.Close()
			return nil, &RefusedError{Message: fmt.Sprintf("`%s` was not written by npgen", p.show(lockName)), Help: "move it away: npgen writes its lock there"}
		default:
			l.folders = foldersIn(text)
			return l, l.note(nil)
		}
	}
}

// take takes the lock, and returns what the file says either way.
func (l *lock) take() (string, error) {
	locked := lockFile(l.file)
	const most = 16 << 20 // far more than a build writes
	text, err := io.ReadAll(io.LimitReader(l.file, most))
	return string(text), errors.Join(locked, err)
}

// isThere reports whether the file that is locked is the one in the folder.
func (l *lock) isThere() bool {
	mine, err := l.file.Stat()
	if err != nil {
		return false
	}
	there, err := l.root.Lstat(lockName)
	return err == nil && os.SameFile(mine, there)
}

// note writes down who has the lock, and which folders this build may leave empty besides those of builds before it.
func (l *lock) note(folders []string) error {
	l.folders = append(l.folders, folders...)
	slices.Sort(l.folders)
	l.folders = slices.Compact(l.folders)
	var text strings.Builder
	fmt.Fprintf(&text, "%s%s%d\n", lockHead, processField, os.Getpid())
	for _, folder := range l.folders {
		fmt.Fprintf(&text, "%s%s\n", folderField, folder)
	}
	_, err := l.file.WriteAt([]byte(text.String()), 0)
	return errors.Join(err, l.file.Truncate(int64(text.Len())))
}

// release removes the file and lets go of the lock. It can do no more than try.
func (l *lock) release() {
	_ = l.root.Remove(lockName)
	_ = l.file.Close()
}

// processOf returns who has the lock, in words.
func processOf(text string) string {
	for line := range strings.Lines(text) {
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), processField); ok {
			if n, err := strconv.Atoi(id); err == nil {
				return fmt.Sprintf(" (process %d)", n)
			}
		}
	}
	return ""
}

// foldersIn returns the folders that a lock file names, as far as they can be npgen's.
func foldersIn(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		folder, ok := strings.CutPrefix(strings.TrimSpace(line), folderField)
		if ok && fs.ValidPath(folder) && !strings.ContainsAny(folder, `/\:`) && !strings.HasPrefix(folder, ".") {
			out = append(out, folder)
		}
	}
	return out
}
