package tool

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// System returns the folders of programs that the machine must have, without doubles, in the order given. One that is
// not there fails the test with the Debian package to install.
func System(tb testing.TB, programs ...string) []string {
	tb.Helper()
	var dirs []string
	for _, name := range programs {
		path, err := exec.LookPath(name)
		if err != nil {
			tb.Fatalf("%s is not in PATH; on Debian: apt-get install %s", name, debian(name))
		}
		if dir := filepath.Dir(path); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// debian returns the package that has a program, where that is not the program's own name.
func debian(program string) string {
	switch program {
	case "go":
		return "golang"
	case "sh":
		return "dash"
	}
	return program
}

// AddPath puts folders behind those of the PATH that Setup has set.
func AddPath(t *testing.T, dirs ...string) {
	t.Helper()
	t.Setenv("PATH", strings.Join(append([]string{os.Getenv("PATH")}, dirs...), string(filepath.ListSeparator)))
}

// KeepGo gives the go command in a test its caches back, which lie in the home that Setup takes away. Call it before
// Setup.
func KeepGo(t *testing.T) {
	t.Helper()
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		dir, err := run(".", nil, "env", name)
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv(name, dir)
	}
}

// Git makes the home of the test one in which git can commit. Call it after Setup.
func Git(t *testing.T) {
	t.Helper()
	Write(t, os.Getenv("HOME"), map[string]string{".gitconfig": `[user]
	name = A Tester
	email = tester@example.com
[init]
	defaultBranch = main
[advice]
	detachedHead = false
`})
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	// Where git itself runs the tests, as in a hook, it says which repository it means.
	for _, name := range []string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"} {
		t.Setenv(name, "")
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
}

// Release commits a copy of the work tree as it is, changes included, to a repository of its own, tagged as a version,
// and returns the folder. The nested modules below e2e are left out, as nobody who uses the module gets them.
func Release(t *testing.T, version string) string {
	t.Helper()
	dir, root := t.TempDir(), Root(t)
	list := Run(t, root, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".", ":!e2e")
	for name := range strings.SplitSeq(strings.TrimSuffix(list, "\x00"), "\x00") {
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil {
			continue // deleted in the work tree
		}
		data := Read(t, filepath.Join(root, name))
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	Run(t, dir, "git", "init", "-q")
	Run(t, dir, "git", "add", "--all")
	Run(t, dir, "git", "commit", "-q", "-m", "release")
	Run(t, dir, "git", "tag", version)
	return dir
}
