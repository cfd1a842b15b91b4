//go:build linux

package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const folderPattern = "npgen-e2e-run-*"

// folder is where a run keeps its files. The run holds a lock on it, which ends with the process, so that a later run
// can tell and remove the folders of runs that were killed.
type folder struct {
	path string
	lock *os.File
}

func newFolder() (*folder, error) {
	if err := sweep(os.TempDir()); err != nil {
		return nil, err
	}
	path, err := os.MkdirTemp("", folderPattern)
	if err != nil {
		return nil, err
	}
	lock, err := lockFolder(path)
	if err != nil {
		return nil, err
	}
	return &folder{path, lock}, nil
}

func lockFolder(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// sweep removes the folders of runs that are gone.
func sweep(dir string) error {
	found, err := filepath.Glob(filepath.Join(dir, folderPattern))
	if err != nil {
		return err
	}
	for _, path := range found {
		// A folder is made first and then locked: leave one alone that somebody may be about to lock.
		if info, err := os.Stat(path); err != nil || time.Since(info.ModTime()) < 10*time.Second {
			continue
		}
		lock, err := lockFolder(path)
		if err != nil {
			continue // its run goes on
		}
		err = os.RemoveAll(path)
		lock.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// remove removes the folder. A test that is being interrupted may still write to it, so it tries again.
func (f *folder) remove() error {
	err := await(time.Second, func() error { return os.RemoveAll(f.path) })
	f.lock.Close()
	return err
}
