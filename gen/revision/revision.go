// Package revision reads files as they were in a git revision.
//
// In: a working folder inside a git work tree, and the name of a revision. Out: a temporary folder that holds the files
// of that revision which a package or a folder of manifests may need, and the place in it that the working folder has
// in the work tree. Links lead where git stores that they lead, inside of the revision. It refuses names that are no
// commit, and what is asked for and not in the revision: what lies behind a link that leads out of it, in a submodule, or
// in Git LFS. It never changes the work tree, runs nothing that the repository names and fetches nothing: git is asked
// for objects only.
package revision

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/confine"
)

// Tree is a revision on disk.
type Tree struct {
	folder string
	// done says that nothing needs to be taken back any more where the run ends early.
	done func()
	// mu is held while something is made in the tree; after it was removed nothing more is.
	mu      sync.Mutex
	removed bool
	// Root is the folder with the whole tree, which reading must not leave.
	Root confine.Root
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
	if t.folder == "" {
		return nil
	}
	return os.RemoveAll(t.folder)
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

// Checkout writes the files of a revision to a temporary folder: YAML, JSON and CUE, all that lies below the paths, which
// are slash-separated and relative to dir, and what links among those lead to. The caller closes the tree; a run that ends
// early removes it as well.
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
	asked := make([]string, len(paths))
	for i, p := range paths {
		asked[i] = path.Join(prefix, p)
		if asked[i] == ".." || strings.HasPrefix(asked[i], "../") {
			return nil, fmt.Errorf("`%s` lies outside of the git work tree", p)
		}
	}
	g.dir = top
	all, err := g.entries(commit)
	if err != nil {
		return nil, err
	}
	s := newSnapshot(all)
	needed, err := s.needed(asked)
	if err != nil {
		return nil, fmt.Errorf("git:%s: %w", rev, err)
	}
	t, err := g.write(run, needed, prefix)
	if err != nil {
		return nil, fmt.Errorf("git:%s: %w", rev, err)
	}
	return t, nil
}

// chosen are the entries of a snapshot that are written; asked are those among them of which the user asked for the
// content, by name.
type chosen struct {
	files, links []*entry
	asked        map[string]bool
	// refused says why what an import or embedding may still ask for is not there.
	refused map[string]string
}

// needed returns the files that may be needed, and all links: what is asked for and cannot be had is an error.
func (s snapshot) needed(asked []string) (chosen, error) {
	out := chosen{asked: map[string]bool{}, refused: map[string]string{}}
	var below []string
	for left := asked; len(left) > 0; left = left[1:] {
		name, err := s.resolve(left[0])
		if err != nil {
			return out, err
		}
		if slices.Contains(below, name) {
			continue
		}
		if !s.has(name) && name != path.Clean(left[0]) {
			return out, fmt.Errorf("`%s` is a link to `%s`, which the revision does not have", left[0], name)
		}
		below = append(below, name)
		for _, e := range s.sorted {
			if !isBelow(e.name, name) {
				continue
			}
			switch out.asked[e.name] = true; e.mode {
			case modeSubmodule:
				return out, isSubmodule(e.name)
			case modeLink:
				left = append(left, e.name)
			}
		}
	}
	for _, e := range s.sorted {
		switch name := e.name; {
		case !filepath.IsLocal(filepath.FromSlash(name)):
			if out.asked[name] {
				return out, fmt.Errorf("`%s` is no name for a file here", name)
			}
		case e.mode == modeSubmodule:
		case e.mode == modeLink:
			out.links = append(out.links, e)
		case out.asked[name] || slices.Contains([]string{".cue", ".yaml", ".yml", ".json"}, strings.ToLower(path.Ext(name))):
			out.files = append(out.files, e)
		}
	}
	return out, nil
}

func isBelow(name, folder string) bool {
	return folder == "." || folder == name || strings.HasPrefix(name, folder+"/")
}

// write makes the tree.
func (g git) write(run *budget.Run, c chosen, prefix string) (*Tree, error) {
	t := &Tree{}
	var err error
	if t.done, err = run.OnEnd(func() { _ = t.remove() }); err != nil {
		return nil, err
	}
	err = t.making(func() (err error) {
		t.folder, err = os.MkdirTemp("", "npgen-revision-")
		return err
	})
	if err == nil {
		err = g.fill(t, c, filepath.FromSlash(prefix))
	}
	if err == nil {
		t.Dir = filepath.Join(t.folder, filepath.FromSlash(prefix))
		t.Root, err = confine.At(t.folder, c.refused)
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// fill writes the files and then the links, so that no file is written through a link; where two names are one to the
// file system, the second is an error.
func (g git) fill(t *Tree, c chosen, prefix string) error {
	root, err := os.OpenRoot(t.folder)
	if err != nil {
		return err
	}
	defer root.Close()
	err = g.contents(c.files, func(e *entry, content io.Reader, size int64) error {
		return t.making(func() error { return c.file(root, e, content, size) })
	})
	if err != nil {
		return err
	}
	return t.making(func() error { return c.link(root, prefix) })
}

// link writes the links, and the working folder where there is none.
func (c chosen) link(root *os.Root, prefix string) error {
	for _, e := range c.links {
		name := filepath.FromSlash(e.name)
		if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := root.Symlink(filepath.FromSlash(e.target), name); err != nil {
			return fmt.Errorf("the link `%s` cannot be made: %w", e.name, err)
		}
	}
	if prefix == "" {
		return nil
	}
	if info, err := root.Stat(prefix); err == nil && info.IsDir() {
		return nil
	}
	if err := root.MkdirAll(filepath.Clean(prefix), 0o700); err != nil {
		return fmt.Errorf("the revision has no folder `%s`: %w", filepath.ToSlash(prefix), err)
	}
	return nil
}

// pointer is how the files begin that git has in the place of what lies in Git LFS.
var pointer = []byte("version https://git-lfs.github.com/spec/")

const isPointer = "it lies in Git LFS, and the revision has a pointer to it"

// file writes a file, or refuses what is a pointer to one.
func (c chosen) file(root *os.Root, e *entry, content io.Reader, size int64) error {
	head := make([]byte, min(size, int64(len(pointer))))
	if _, err := io.ReadFull(content, head); err != nil {
		return err
	}
	if bytes.Equal(head, pointer) {
		if c.asked[e.name] {
			return fmt.Errorf("`%s`: %s", e.name, isPointer)
		}
		c.refused[e.name] = isPointer
	}
	name := filepath.FromSlash(e.name)
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	out, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.MultiReader(bytes.NewReader(head), content))
	return errors.Join(err, out.Close())
}
