package revision_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen/confine"
	"github.com/npgen/npgen/gen/revision"
)

// repository is a git repository of a test, without the configuration of whoever runs it.
type repository struct {
	*testing.T
	dir string
}

func newRepository(t *testing.T) repository {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(home, "gitconfig"))
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	r := repository{t, t.TempDir()}
	r.git("config", "--global", "user.name", "test")
	r.git("config", "--global", "user.email", "test@example.com")
	r.git("init", "-q")
	return r
}

func (r repository) git(args ...string) string {
	r.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r repository) file(name, text string) {
	r.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		r.Fatal(err)
	}
}

// entry puts something into the index that no work tree needs to hold: a link or submodule, also where there are none.
func (r repository) entry(mode, content, name string) {
	r.Helper()
	hash := content
	if mode != "160000" {
		r.file(".git/blob", content)
		hash = r.git("hash-object", "-w", ".git/blob")
	}
	r.git("update-index", "--add", "--cacheinfo", mode+","+hash+","+name)
}

func (r repository) commit() {
	r.Helper()
	r.git("commit", "-q", "-m", "test")
}

// refused holds that a path cannot be read of a revision, and why.
func (r repository) refused(path, why string) {
	r.Helper()
	tree, err := revision.Checkout(nil, r.dir, "HEAD", path)
	if err == nil {
		tree.Close()
		r.Errorf("%s was read", path)
	} else if !strings.Contains(err.Error(), why) {
		r.Errorf("%s: the error is %q, without %q", path, err, why)
	}
}

// read returns a file of a revision.
func (r repository) read(path string) (string, error) {
	r.Helper()
	tree, err := revision.Checkout(nil, r.dir, "HEAD", path)
	if err != nil {
		return "", err
	}
	defer tree.Close()
	data, err := tree.Root.ReadFile(filepath.Join(tree.Dir, path), 1<<20)
	return string(data), err
}

const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"

func TestLinks(t *testing.T) {
	r := newRepository(t)
	r.file("teams/shop/p.bin", "shop")
	r.git("add", "-A")
	for name, target := range map[string]string{
		"policy": "teams/shop", "again": "./policy", "teams/up": "../again", "deep/a/b": "../../teams/up/p.bin",
		"slash": "teams/shop/", "out": "..", "absolute": "/etc", "root": "/", "through": "teams/../../x", "loop": "loop/x",
		"a": "b", "b": "a", "nothing": "gone", "folder/out.yaml": "/proc/self/environ",
	} {
		r.entry("120000", target, name)
	}
	r.commit()
	for _, path := range []string{"teams/shop/p.bin", "policy/p.bin", "again/p.bin", "teams/up/p.bin", "deep/a/b", "slash/p.bin"} {
		if got, err := r.read(path); got != "shop" || err != nil {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	for path, why := range map[string]string{
		"out": "`out` is a link that leads out", "absolute": "to `/etc`", "absolute/passwd": "`absolute` is a link", "root": "to `/`",
		"through": "`through` is a link that leads out", "loop": "in circles", "a": "in circles", "nothing": "`gone`",
		"folder": "`folder/out.yaml` is a link that leads out of the revision, to `/proc/self/environ`", ".": "is a link",
	} {
		r.refused(path, why)
	}
}

func TestSubmodule(t *testing.T) {
	r := newRepository(t)
	r.file("x.yaml", "a: 1\n")
	r.git("add", "-A")
	r.commit()
	r.entry("160000", r.git("rev-parse", "HEAD"), "vendor/lib")
	r.entry("120000", "vendor/lib", "linked")
	r.entry("120000", "vendor/lib/policy", "inside")
	r.commit()
	for _, path := range []string{"vendor/lib", "vendor", "vendor/lib/policy", "linked", "inside", "."} {
		r.refused(path, "`vendor/lib` is a submodule")
	}
	if got, err := r.read("x.yaml"); got != "a: 1\n" || err != nil {
		t.Errorf("what lies beside a submodule: %q, %v", got, err)
	}
}

func TestLargeFileStorage(t *testing.T) {
	r := newRepository(t)
	r.file("policy/p.yaml", pointer)
	r.file("lib/data.yaml", pointer)
	r.file("other/x.cue", "a: 1\n")
	r.git("add", "-A")
	r.entry("120000", "../lib/data.yaml", "links/l.yaml")
	r.commit()
	r.refused("policy", "`policy/p.yaml`: it lies in Git LFS")
	r.refused("links", "`lib/data.yaml`: it lies in Git LFS")
	// What is not asked for is refused when it is read.
	tree, err := revision.Checkout(nil, r.dir, "HEAD", "other")
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	if _, err := tree.Root.ReadFile(filepath.Join(tree.Dir, "lib/data.yaml"), 1<<20); !confine.IsRefusal(err) {
		t.Errorf("a pointer was read: %v", err)
	}
}

// runs returns a program that says that it ran, and whether it did.
func runs(t *testing.T) (program string, ran func() bool) {
	t.Helper()
	dir := t.TempDir()
	program, mark := filepath.Join(dir, "program"), filepath.Join(dir, "ran")
	if err := os.WriteFile(program, []byte("#!/bin/sh\ntouch "+mark+"\nexit 1\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	return program, func() bool { _, err := os.Stat(mark); return err == nil }
}

// TestPartialClone holds that what a partial clone lacks is not fetched, from a remote that is a command.
func TestPartialClone(t *testing.T) {
	r := newRepository(t)
	program, ran := runs(t)
	r.file("policy/p.yaml", "a: 1\n")
	r.git("add", "-A")
	r.commit()
	hash := r.git("rev-parse", "HEAD:policy/p.yaml")
	r.git("config", "remote.origin.url", "ext::"+program)
	r.git("config", "remote.origin.promisor", "true")
	r.git("config", "remote.origin.partialclonefilter", "blob:none")
	r.git("config", "extensions.partialClone", "origin")
	r.git("config", "core.repositoryformatversion", "1")
	r.git("config", "protocol.ext.allow", "always")
	r.git("config", "protocol.allow", "always")
	if err := os.Remove(filepath.Join(r.dir, ".git", "objects", hash[:2], hash[2:])); err != nil {
		t.Fatal(err)
	}
	r.refused("policy", "`policy/p.yaml`: it is not in the repository; is this a partial clone?")
	if ran() {
		t.Error("the remote's command ran")
	}
	// The trap is one: git by itself runs it.
	cmd := exec.Command("git", "cat-file", "-p", hash)
	cmd.Dir = r.dir
	if _ = cmd.Run(); !ran() {
		t.Error("the remote's command does not run without what npgen sets")
	}
}

// TestBareRepository holds that a bare repository among the files of another is none.
func TestBareRepository(t *testing.T) {
	r := newRepository(t)
	program, ran := runs(t)
	r.file("policy/p.yaml", "a: 1\n")
	r.git("add", "-A")
	r.commit()
	bare := filepath.Join(r.dir, "sub")
	r.git("clone", "-q", "--bare", r.dir, bare)
	inner := repository{t, bare}
	inner.git("config", "core.bare", "false")
	inner.git("config", "core.worktree", r.dir)
	inner.git("config", "core.fsmonitor", program)
	inner.git("config", "core.sshCommand", program)
	inner.git("config", "core.pager", program)
	inner.refused("policy", "")
	if ran() {
		t.Error("a command of the configuration ran")
	}
}

// TestConfiguration holds that commands of the repository's configuration do not run.
func TestConfiguration(t *testing.T) {
	r := newRepository(t)
	program, ran := runs(t)
	r.file("policy/p.yaml", "a: 1\n")
	r.file(".gitattributes", "*.yaml filter=x diff=x\n")
	r.git("add", "-A")
	r.commit()
	for _, key := range []string{
		"core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "diff.external", "pager.ls-tree", "pager.cat-file",
		"filter.x.smudge", "filter.x.process", "diff.x.textconv", "alias.rev-parse", "alias.ls-tree", "alias.cat-file", "credential.helper",
	} {
		r.git("config", key, program)
	}
	if got, err := r.read("policy/p.yaml"); got != "a: 1\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if ran() {
		t.Error("a command of the configuration ran")
	}
}
