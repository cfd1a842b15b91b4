//go:build linux

package cluster

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// space is a network namespace without a name. A thread of this process lives in it, and when the thread ends the
// kernel removes the namespace with its links, addresses, routes and rules: however this process ends, nothing stays.
type space struct {
	// path is what `ip link ... netns` takes.
	path string
	work chan func()
}

func newSpace() (*space, error) {
	s := &space{work: make(chan func())}
	ready := make(chan error)
	go func() {
		// Never unlocked: the thread is not fit for other goroutines, and ends with this one.
		runtime.LockOSThread()
		err := unix.Unshare(unix.CLONE_NEWNET)
		s.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
		ready <- err
		if err != nil {
			return
		}
		for f := range s.work {
			f()
		}
	}()
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("a network namespace: %w", err)
	}
	return s, nil
}

// do runs a function in the namespace. Sockets that it makes and processes that it starts stay there.
func (s *space) do(f func() error) error {
	done := make(chan error)
	s.work <- func() { done <- f() }
	return <-done
}

// close ends the thread. Sockets in the namespace must be closed before, as they hold it.
func (s *space) close() { close(s.work) }

// start starts a command that is killed with this process, as the kernel kills it with the thread that started it.
func (s *space) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return s.do(cmd.Start)
}

// run runs a command to its end, with text as standard input.
func (s *space) run(stdin, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := s.start(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s%s", strings.Join(cmd.Args, " "), err, stdin, out.String())
	}
	return nil
}

// sysctl writes settings of the kernel for this namespace, given as path below /proc/sys and value.
func (s *space) sysctl(settings ...[2]string) error {
	return s.do(func() error {
		for _, set := range settings {
			// The kernel looks at the namespace of the thread that opens the file.
			if err := os.WriteFile("/proc/sys/"+set[0], []byte(set[1]), 0o644); err != nil {
				return err
			}
		}
		return nil
	})
}
