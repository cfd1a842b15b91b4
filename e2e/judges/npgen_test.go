package judges

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program is npgen as users run it.
type program struct{ path string }

func newProgram(t *testing.T) program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "npgen")
	build := exec.Command("go", "build", "-o", path, "./cmd/npgen")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program{path}
}

// reply is what npgen said.
type reply struct {
	out, err string
	status   int
}

func (p program) run(t *testing.T, args ...string) reply {
	t.Helper()
	var out, talk bytes.Buffer
	cmd := exec.Command(p.path, args...)
	cmd.Stdout, cmd.Stderr = &out, &talk
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return reply{out.String(), talk.String(), cmd.ProcessState.ExitCode()}
}

// save writes a file of a test and returns its path.
func save(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
