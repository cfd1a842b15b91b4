//go:build unix

package manifest

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// asNobody runs the calling test again as a user whom permissions bind, since they do not bind root.
func asNobody(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "npgen-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	self, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "test")
	if err := errors.Join(os.WriteFile(program, self, 0o755), os.Chmod(dir, 0o777), os.Chmod(program, 0o755)); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	cmd := exec.Command(program, "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestPermissions(t *testing.T) {
	if os.Geteuid() == 0 {
		asNobody(t)
		return
	}
	dir, files := t.TempDir(), shop(t)
	build(t, dir, files)
	put(t, dir, "secret", "")
	put(t, dir, "private/x", "")
	chmod := func(name string, mode fs.FileMode) {
		t.Helper()
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	defer chmod("private", 0o755)
	chmod("secret", 0)
	chmod("private", 0)
	build(t, dir, files) // what may not be read is no business of npgen's where it writes nothing
	chmod("private", 0o755)
	chmod("secret", 0o644)

	defer chmod("shop", 0o755)
	chmod("shop", 0o555)
	build(t, dir, files) // nothing to write
	before := tree(t, dir)
	more := layout(t, "shop pay", "new/api", "shop/api", "123/deny")
	_, err := writeFiles(dir, more, WriteOptions{})
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "shop/allow.yaml`: permission denied") {
		t.Errorf("got error %v, want one that names the file", err)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
	chmod("shop/allow.yaml", 0)
	if _, err := writeFiles(dir, files, WriteOptions{}); err == nil || !strings.Contains(err.Error(), "cannot read `"+filepath.ToSlash(dir)+"/shop/allow.yaml`") {
		t.Errorf("got error %v, want one that names the file", err)
	}
}
