//go:build linux

package cluster

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestEnds sees that nothing is left of a cluster, however its test ends: no process, no link, no file. Two of them run
// side by side.
func TestEnds(t *testing.T) {
	links := linkNames(t)
	t.Run("all", func(t *testing.T) {
		for _, c := range []struct {
			how    string
			signal syscall.Signal
			// swept is true where no code runs at the end, so that files stay until the next run.
			swept bool
		}{
			{how: "fail"},
			{how: "panic"},
			{how: "panic elsewhere", swept: true},
			{how: "interrupt", signal: syscall.SIGINT},
			{how: "terminate", signal: syscall.SIGTERM},
			{how: "kill", signal: syscall.SIGKILL, swept: true},
		} {
			t.Run(c.how, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				children := runToEnd(t, dir, c.how, c.signal)
				if len(children) != 3 {
					t.Errorf("processes of the cluster: %v, want 3", children)
				}
				gone := func() error {
					for _, pid := range children {
						if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err == nil {
							return fmt.Errorf("process %d goes on", pid)
						}
					}
					return nil
				}
				if err := await(5*time.Second, gone); err != nil {
					t.Error(err)
				}
				if c.swept {
					sweepOld(t, dir)
				}
				if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
					t.Errorf("left: %v %v", left, err)
				}
			})
		}
	})
	if now := linkNames(t); !slices.Equal(now, links) {
		t.Errorf("links of this machine: %v, were %v", now, links)
	}
}

// runToEnd runs TestCluster until it ends as it is told to, and returns the processes that it had.
func runToEnd(t *testing.T, dir, how string, signal syscall.Signal) (children []int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run", "^TestCluster$")
	cmd.Env = append(os.Environ(), hold+"="+how, "TMPDIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() }).Stop()
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if lines.Text() == holding {
			children = childrenOf(t, cmd.Process.Pid)
			if signal != 0 {
				_ = cmd.Process.Signal(signal)
			} else if _, err := io.WriteString(in, "\n"); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Error("it passes")
	}
	if children == nil {
		t.Fatalf("it did not come to its end:\n%s", said.String())
	}
	return children
}

// childrenOf returns the processes that a process has started.
func childrenOf(t *testing.T, pid int) []int {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	out := []int{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // the thread has ended
		}
		for field := range strings.FieldsSeq(string(data)) {
			var child int
			if _, err := fmt.Sscan(field, &child); err != nil {
				t.Fatal(err)
			}
			out = append(out, child)
		}
	}
	return out
}

// sweepOld sees that the folder of a run that was killed is there, and goes with the next run.
func sweepOld(t *testing.T, dir string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, folderPattern))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if err := sweep(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(found[0]); err != nil {
		t.Errorf("a folder that is only just made is removed: %v", err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(found[0], old, old); err != nil {
		t.Fatal(err)
	}
	if err := sweep(dir); err != nil {
		t.Fatal(err)
	}
}

// TestSweep sees that the folder of a run that goes on is left alone.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	f, err := newFolder()
	if err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(f.path, old, old); err != nil {
		t.Fatal(err)
	}
	if err := sweep(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(f.path); err != nil {
		t.Error(err)
	}
	if err := f.remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(f.path); err == nil {
		t.Error("the folder is still there")
	}
}

func linkNames(t *testing.T) []string {
	t.Helper()
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range links {
		out = append(out, l.Name)
	}
	return out
}
