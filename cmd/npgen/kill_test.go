package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// graphOf is a package with files in several namespaces, of which another has some more and lacks some.
func graphOf(first, last int) string {
	var text strings.Builder
	text.WriteString("package policy\n\noutput: name: \"kills\"\n")
	for i := first; i <= last; i++ {
		fmt.Fprintf(&text, "namespaces: n%d: {}\nworkloads: \"n%d/a\": {}\nworkloads: \"n%d/b\": ports: http: %d\n", i, i, i, 8000+first)
		fmt.Fprintf(&text, "allow: t%d: [\"n%d/a -> n%d/b\"]\n", i, i, i)
	}
	return text.String()
}

// A build that is killed, at any moment, leaves each file as it was or as it was to become; the next one completes the
// folder, and nothing else is left in it. NPGEN_KILLS is how many are killed.
func TestKills(t *testing.T) {
	kills, err := strconv.Atoi(os.Getenv("NPGEN_KILLS"))
	if err != nil {
		kills = 40
	}
	dir := t.TempDir()
	var whole [2]map[string]string
	for i, text := range []string{graphOf(1, 6), graphOf(4, 9)} {
		name := strconv.Itoa(i)
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "policy.cue"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		run(t, dir, "npgen", "build", name, "-o", "whole"+name, "-q")
		whole[i] = fileTexts(t, filepath.Join(dir, "whole"+name))
	}
	out := filepath.Join(dir, "out")
	start := time.Now()
	run(t, dir, "npgen", "build", "0", "-o", "out", "-q")
	took := time.Since(start)
	begun := 0
	for n := range kills {
		to := (n + 1) % 2
		build := exec.CommandContext(t.Context(), "npgen", "build", strconv.Itoa(to), "-o", "out", "-q", "--adopt")
		build.Dir = dir
		if err := build.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- build.Wait() }()
		if n%4 == 0 {
			time.Sleep(rand.N(took))
		} else if waitFor(out, ended) {
			time.Sleep(rand.N(took / 8))
		}
		_ = build.Process.Kill()
		select {
		case <-ended:
		case <-t.Context().Done():
		}
		for name, text := range fileTexts(t, out) {
			switch {
			case strings.HasPrefix(filepath.Base(name), ".npgen-"):
				begun++
			case text != whole[0][name] && text != whole[1][name]:
				t.Fatalf("kill %d: %s is neither old nor new: %q", n, name, text)
			}
		}
		run(t, dir, "npgen", "build", strconv.Itoa(to), "-o", "out", "-q", "--adopt")
		if want, got := files(t, filepath.Join(dir, "whole"+strconv.Itoa(to))), files(t, out); want != got {
			t.Fatalf("after kill %d the next build leaves:\n%s\nwant:\n%s", n, got, want)
		}
	}
	if begun == 0 {
		t.Error("no kill hit a build while it wrote")
	}
}

// waitFor waits until a build has begun to write, and reports whether it did before it ended.
func waitFor(out string, ended chan error) bool {
	for {
		if found, _ := filepath.Glob(filepath.Join(out, ".npgen-*")); len(found) > 0 {
			return true
		}
		select {
		case err := <-ended:
			ended <- err
			return false
		default:
		}
	}
}

// fileTexts returns the content of each file below a folder.
func fileTexts(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name := range strings.Lines(files(t, dir)) {
		name = strings.TrimSuffix(name, "\n")
		if text, err := os.ReadFile(dir + name); err == nil && strings.HasPrefix(name, "/") {
			out[name] = string(text)
		}
	}
	return out
}
