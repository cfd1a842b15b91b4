package cli

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzBuild runs `npgen build` over arbitrary bytes: it writes all or nothing, and what it says in the end agrees with
// what it did.
func FuzzBuild(f *testing.F) {
	f.Add(starter)
	f.Add([]byte("namespace: \"shop\"\n"))
	f.Add([]byte("package p\n\nnamespace: \"shop\"\nallow: [\"a -> b\"]\n"))
	f.Add([]byte("namespace: \"a\"\nnamespaces: b: {}\nworkloads: \"b/x\": ports: y: 1\nallow: [\"* -> b/x\"]\noutput: grouping: \"edge\"\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		dir := filepath.Join(t.TempDir(), "out")
		run := func(args ...string) (int, string, string) {
			var stdout, stderr bytes.Buffer
			status := Main(append([]string{"build", "-", "-o", dir}, args...), bytes.NewReader(source), &stdout, &stderr)
			return status, stdout.String(), stderr.String()
		}
		status, stdout, stderr := run()
		_, err := os.Stat(dir)
		switch {
		case status == statusTrouble:
			t.Errorf("trouble: %s", stderr)
		case stdout != "":
			t.Errorf("on standard output: %q", stdout)
		case (status == statusFine) != (err == nil):
			t.Errorf("exit status %d, and the folder: %v", status, err)
		case strings.Contains(stderr, "error: ") != (status == statusFinding):
			t.Errorf("exit status %d with %s", status, stderr)
		}
		if status != statusFine {
			return
		}
		before := tree(t, dir)
		if status, stdout, stderr := run("--check", "-q"); status != statusFine || stdout != "" {
			t.Errorf("the folder differs from what was just written: %s%s", stdout, stderr)
		}
		if status, _, stderr := run(); status != statusFine || !strings.Contains(stderr, "0 written, 0 removed") || tree(t, dir) != before {
			t.Errorf("the second build changes the first: %s", stderr)
		}
	})
}

// tree returns all files of a folder in one text.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		out.WriteString(path + "\n" + string(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}
