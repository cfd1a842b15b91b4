//go:build unix

package budget

import (
	"syscall"
	"time"
)

// processTime returns the CPU time of the process so far: getrusage(2), user and system.
func processTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
