//go:build linux

package cluster

import (
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a server that runs until it is stopped.
type process struct {
	cmd  *exec.Cmd
	log  tail
	done chan struct{}
}

func (s *space) serve(path string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := s.start(p.cmd); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// stop asks a process to end and waits for that; it kills it after the grace.
func (p *process) stop(grace time.Duration) {
	if p == nil {
		return
	}
	if grace > 0 {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.done:
			return
		case <-time.After(grace):
		}
	}
	_ = p.cmd.Process.Kill()
	<-p.done
}

// ended returns an error with the end of the log if the process does not run any more.
func (p *process) ended() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s: %v\n%s", p.cmd.Path, p.cmd.ProcessState, p.log.String())
	default:
		return nil
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text string
}

const tailBytes = 3 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text += string(p)
	if over := len(t.text) - tailBytes; over > 0 {
		t.text = t.text[over:]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.text)
}

// await asks every few milliseconds until the answer is nil, and gives up after the limit with the last answer.
func await(limit time.Duration, ask func() error) error {
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		err := ask()
		if err == nil || time.Since(start) > limit {
			return err
		}
	}
}

// await asks until the answer is nil, as long as the process runs.
func (p *process) await(limit time.Duration, ask func() error) error {
	var ended error
	err := await(limit, func() error {
		if ended = p.ended(); ended != nil {
			return nil
		}
		return ask()
	})
	if ended != nil {
		return ended
	}
	if err != nil {
		return fmt.Errorf("%s is not ready: %w\n%s", p.cmd.Path, err, p.log.String())
	}
	return nil
}
