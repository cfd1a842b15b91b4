//go:build unix

package manifest

import (
	"errors"
	"os"
	"syscall"
)

// lockFile locks a file for this process, by flock(2), or returns errHeld. On a file system that has no locks it does
// nothing.
func lockFile(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return errHeld
		}
		return nil
	}
}
