package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// endless is a package that CUE evaluates for longer than anyone waits.
const endless = `package policy

namespace: "shop"
_a: [for i in [0, 1, 2, 3, 4, 5, 6, 7] for j in [0, 1, 2, 3, 4, 5, 6, 7] {x: i, y: j}]
_b: [for i in _a for j in _a {x: i, y: j}]
_c: [for i in _b for j in _b {x: i, y: j}]
workloads: {for i, _ in _c {"w\(i)": ports: http: 80}}
`

const small = "package policy\n\nnamespace: \"shop\"\nworkloads: {a: {}, b: ports: http: 80}\nallow: [\"a -> b\"]\n"

// terminal is a pseudo terminal: what is written to it is typed, what is read is shown.
type terminal struct {
	master, slave *os.File
	mu            sync.Mutex
	shown         bytes.Buffer
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err := errors.Join(err, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{master: master, slave: slave}
	t.Cleanup(func() { slave.Close(); master.Close() })
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, err := master.Read(buffer)
			if err != nil {
				return
			}
			term.mu.Lock()
			term.shown.Write(buffer[:n])
			term.mu.Unlock()
		}
	}()
	return term
}

func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.shown.String()
}

// readsInput reports whether a process waits for standard input.
func readsInput(process int) bool {
	calls, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", process))
	return slices.ContainsFunc(calls, func(name string) bool {
		call, err := os.ReadFile(name)
		return err == nil && bytes.HasPrefix(call, fmt.Appendf(nil, "%d 0x0 ", unix.SYS_READ))
	})
}

// until waits for something that surely happens.
func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for range 6000 {
		if happened() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain: %s", what)
}

// Ctrl-C and SIGTERM end every command, whether it reads what never ends or evaluates it. The output folder stays as it was,
// and nothing is left behind.
func TestInterrupt(t *testing.T) {
	for name, tt := range map[string]struct {
		args string
		// reads says that the command waits for standard input; else it evaluates.
		reads bool
	}{
		"build reads":               {"build - -o out", true},
		"vet reads":                 {"vet -", true},
		"vet manifests":             {"vet small --manifests -", true},
		"diff reads":                {"diff small -", true},
		"review reads":              {"review -", true},
		"list reads":                {"list -", true},
		"krm reads":                 {"krm", true},
		"build evaluates":           {"build endless -o out", false},
		"vet evaluates":             {"vet endless", false},
		"diff evaluates a revision": {"diff git:HEAD:endless small", false},
	} {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(name+" "+sig.String(), func(t *testing.T) {
				t.Parallel()
				interrupt(t, strings.Fields(tt.args), tt.reads, sig)
			})
		}
	}
}

func interrupt(t *testing.T, args []string, reads bool, sig syscall.Signal) {
	dir, tmp := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"endless/policy.cue": endless, "small/policy.cue": small} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	run(t, dir, "npgen", "build", "small", "-o", "out", "-q")
	run(t, dir, "git", "init", "-q")
	run(t, dir, "git", "add", ".")
	run(t, dir, "git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "a")
	before := files(t, dir)

	term := newTerminal(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npgen", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+tmp, "TERM=xterm")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = term.slave, term.slave, term.slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if reads {
		until(t, "it reads standard input", func() bool { return readsInput(cmd.Process.Pid) })
	} else {
		until(t, "it says what it is busy with", func() bool { return strings.Contains(term.text(), " s)") })
	}
	if sig == syscall.SIGINT {
		_, err := term.master.Write([]byte{3}) // as typed
		if err != nil {
			t.Fatal(err)
		}
	} else if err := cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 128+int(sig) {
		t.Errorf("exit status %d, %v; shown: %s", got, cmd.ProcessState, term.text())
	}
	if after := files(t, dir); before != after {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if left := files(t, tmp); left != "" {
		t.Errorf("left behind: %s", left)
	}
}
