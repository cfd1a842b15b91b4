// Package revision reads files as they were in a git revision.
//
// In: a working folder inside a git work tree, and the name of a revision. Out: a temporary folder that holds the files
// of that revision which a package or a folder of manifests may need, and the place in it that the working folder has
// in the work tree. It refuses names that are no commit, and it never changes the work tree: git is asked for objects
// only.
package revision

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/npgen/npgen/gen/budget"
)

// Tree is a revision on disk.
type Tree struct {
	root string
	// done says that nothing needs to be taken back any more where the run ends early.
	done func()
	// mu is held while something is made in the tree; after it was removed nothing more is.
	mu      sync.Mutex
	removed bool
	// Dir is the working folder's place in the tree. It exists, also where the revision does not have the folder.
	Dir string
}

// Close removes the tree from the disk.
func (t *Tree) Close() error {
	defer t.done()
	return t.remove()
}

func (t *Tree) remove() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.removed = true
	if t.root == "" {
		return nil
	}
	return os.RemoveAll(t.root)
}

// making calls a function that makes something in the tree.
func (t *Tree) making(f func() error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.removed {
		return budget.ErrEnded
	}
	return f()
}

// Checkout writes the files of a revision to a temporary folder: YAML, JSON and CUE, and all that lies below the paths,
// which are slash-separated and relative to dir. Links and submodules are left out. The caller closes the tree; a run that
// ends early removes it as well.
func Checkout(run *budget.Run, dir, rev string, paths ...string) (*Tree, error) {
	g := git{ctx: run.Context(), dir: dir}
	top, err := g.line("rev-parse", "--show-toplevel")
	if err != nil {
		return nil, fmt.Errorf("`git:%s` needs a git work tree: %w", rev, err)
	}
	prefix, err := g.line("rev-parse", "--show-prefix")
	if err != nil {
		return nil, err
	}
	commit, err := g.line("rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil || commit == "" {
		return nil, fmt.Errorf("git knows no revision `%s` here; fetch it first, in CI with the whole history", rev)
	}
	for i, p := range paths {
		paths[i] = path.Join(prefix, p)
		if paths[i] == ".." || strings.HasPrefix(paths[i], "../") {
			return nil, fmt.Errorf("`%s` lies outside of the git work tree", p)
		}
	}
	g.dir = top
	files, err := g.files(commit, paths)
	if err != nil {
		return nil, err
	}
	t := &Tree{}
	if t.done, err = run.OnEnd(func() { _ = t.remove() }); err != nil {
		return nil, err
	}
	err = t.making(func() (err error) {
		if t.root, err = os.MkdirTemp("", "npgen-revision-"); err != nil {
			return err
		}
		t.Dir = filepath.Join(t.root, filepath.FromSlash(prefix))
		return os.MkdirAll(t.Dir, 0o700)
	})
	if err == nil {
		err = g.write(t, files)
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

type git struct {
	ctx context.Context
	dir string
}

func (g git) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(g.ctx, "git", args...)
	cmd.Dir = g.dir
	return cmd
}

// run returns what git prints. Its error is what git says.
func (g git) run(args ...string) ([]byte, error) {
	cmd := g.command(args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if message := strings.TrimSpace(stderr.String()); err != nil && message != "" {
		return out, errors.New(strings.TrimPrefix(message, "fatal: "))
	}
	return out, err
}

func (g git) line(args ...string) (string, error) {
	out, err := g.run(args...)
	return strings.TrimSuffix(strings.TrimSuffix(string(out), "\n"), "\r"), err
}

// blob is a file of a tree.
type blob struct{ name, hash string }

// files returns the files of a commit that may be needed.
func (g git) files(commit string, paths []string) ([]blob, error) {
	out, err := g.run("ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	var files []blob
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		head, name, ok := strings.Cut(entry, "\t")
		fields := strings.Fields(head)
		if !ok || len(fields) != 3 || fields[1] != "blob" || fields[0] == "120000" || !filepath.IsLocal(filepath.FromSlash(name)) {
			continue
		}
		if isNeeded(name, paths) {
			files = append(files, blob{name, fields[2]})
		}
	}
	return files, nil
}

// isNeeded reports whether a file lies below one of the paths, or is one that a package elsewhere may import or embed.
func isNeeded(name string, paths []string) bool {
	if slices.Contains([]string{".cue", ".yaml", ".yml", ".json"}, strings.ToLower(path.Ext(name))) {
		return true
	}
	return slices.ContainsFunc(paths, func(p string) bool {
		return p == "." || p == name || strings.HasPrefix(name, p+"/")
	})
}

// write writes blobs into a tree, all from one git process.
func (g git) write(t *Tree, files []blob) error {
	cmd := g.command("cat-file", "--batch")
	var names strings.Builder
	for _, f := range files {
		names.WriteString(f.hash + "\n")
	}
	cmd.Stdin = strings.NewReader(names.String())
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	in := bufio.NewReader(stdout)
	for _, f := range files {
		if err := t.making(func() error { return writeBlob(t.root, f, in) }); err != nil {
			_ = cmd.Process.Kill()
			return errors.Join(err, cmd.Wait())
		}
	}
	return cmd.Wait()
}

// writeBlob writes the next object of a batch: a line with its hash, type and size, the content, a line end.
func writeBlob(root string, f blob, in *bufio.Reader) error {
	head, err := in.ReadString('\n')
	if err != nil {
		return fmt.Errorf("git cat-file: %w", err)
	}
	fields := strings.Fields(head)
	if len(fields) != 3 || fields[0] != f.hash || fields[1] != "blob" {
		return fmt.Errorf("git cannot read %s: %s", f.name, strings.TrimSpace(head))
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return err
	}
	file := filepath.Join(root, filepath.FromSlash(f.name))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.CopyN(out, in, size)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	_, err = in.Discard(1)
	return err
}
