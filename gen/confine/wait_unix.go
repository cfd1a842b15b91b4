//go:build unix

package confine

import "syscall"

// withoutWaiting opens a FIFO at once, to be looked at.
const withoutWaiting = syscall.O_NONBLOCK
