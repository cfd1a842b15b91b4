package tool

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Setup gives a test a PATH with npgen and the judges named and nothing else, a home of its own, and no network:
// every proxy is a port that nobody listens on, and the go command asks for no modules. Judges are built before that.
func Setup(t *testing.T, judges ...string) {
	t.Helper()
	dirs := []string{Npgen(t)}
	for _, name := range judges {
		dirs = append(dirs, Bin(t, name))
	}
	t.Setenv("PATH", strings.Join(dirs, string(filepath.ListSeparator)))
	home := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "CUE_CACHE_DIR", "CUE_CONFIG_DIR"} {
		t.Setenv(name, home)
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	t.Setenv("GOPROXY", "off")
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")
	t.Setenv("KUBECONFIG", filepath.Join(home, "none"))
}

// Try runs a command in a folder and returns its output and exit status.
func Try(tb testing.TB, dir, name string, args ...string) (stdout, stderr string, status int) {
	tb.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		tb.Fatalf("%s: %v", name, err)
	}
	return out.String(), talk.String(), cmd.ProcessState.ExitCode()
}

// Run runs a command that must succeed, and returns its output.
func Run(tb testing.TB, dir, name string, args ...string) string {
	tb.Helper()
	stdout, stderr, status := Try(tb, dir, name, args...)
	if status != 0 {
		tb.Fatalf("%s %s: exit status %d\n%s%s", name, strings.Join(args, " "), status, stdout, stderr)
	}
	return stdout
}

// Write writes files, given by their path with slashes below dir, with the folders that they need.
func Write(tb testing.TB, dir string, files map[string]string) {
	tb.Helper()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
}

// Glob returns the paths below the work tree that match a pattern with slashes; none is a failure, so that no test
// passes over an empty folder.
func Glob(tb testing.TB, pattern string) []string {
	tb.Helper()
	found, err := filepath.Glob(filepath.Join(Root(tb), filepath.FromSlash(pattern)))
	if err != nil {
		tb.Fatal(err)
	}
	if len(found) == 0 {
		tb.Fatalf("nothing matches %s", pattern)
	}
	return found
}

// Read returns the text of a file.
func Read(tb testing.TB, path string) string {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}
