package confine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Around returns the root for a path that the user named: the git work tree or the CUE module that it lies in, whichever
// is the larger, or else the folder itself, for a file the one it lies in. A path that is named through a link in a work
// tree or module, and leads out of it, is refused: who wrote the link is not who named it. A link that lies in neither is
// the user's own.
func Around(path string) (Root, error) {
	var l lookout
	prefixes := []string{path}
	for parent := filepath.Dir(path); parent != prefixes[len(prefixes)-1]; parent = filepath.Dir(parent) {
		prefixes = append(prefixes, parent)
	}
	for _, prefix := range slices.Backward(prefixes) {
		if err := l.enter(prefix); err != nil {
			return Root{}, named(path, err)
		}
	}
	if top := l.top(); top != "" {
		return Root{dir: top}, nil
	}
	if info, err := os.Stat(l.real); err == nil && info.IsDir() && l.real != path {
		return Around(l.real)
	}
	if info, err := os.Stat(l.real); err != nil || info.IsDir() {
		return Root{dir: l.real}, named(path, err)
	}
	// Mounted from a ConfigMap, the file lies below the folder that shows it.
	if shown, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		if _, within := below(shown, l.real); within {
			return Root{dir: shown}, nil
		}
	}
	return Root{dir: filepath.Dir(l.real)}, nil
}

// Working returns the root for what is given without a path, as standard input, in a working folder.
func Working(dir string) (Root, error) {
	r, err := Around(dir)
	if err == nil && filepath.Dir(r.dir) == r.dir && !isTop(r.dir) {
		return Root{}, nil // in a container: all of it is no place for a package
	}
	return r, err
}

// Inside returns an error where a path that stands in a file, rather than on the command line, does not lie in the root
// of the working folder.
func Inside(dir, path string) error {
	outer, err := Around(dir)
	if err != nil {
		return err
	}
	_, err = outer.Stat(path)
	return err
}

// lookout goes down a path and notes what it lies in.
type lookout struct {
	// real is the last folder, links resolved; repository and module are the innermost so far, if any.
	real, repository, module string
}

func (l *lookout) enter(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	if top := l.top(); top != "" {
		if _, within := below(top, real); !within {
			return Refusal(fmt.Sprintf("the link `%s` leads out of `%s`, to `%s`", filepath.ToSlash(path), filepath.ToSlash(top), filepath.ToSlash(real)))
		}
	}
	l.real = real
	if has(real, ".git") {
		l.repository = real
	}
	if has(real, "cue.mod") {
		l.module = real
	}
	return nil
}

// top returns the larger of the repository and the module.
func (l *lookout) top() string {
	if _, within := below(l.module, l.repository); l.repository == "" || l.module != "" && within {
		return l.module
	}
	return l.repository
}

func isTop(dir string) bool { return has(dir, ".git") || has(dir, "cue.mod") }

func has(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return err == nil
}

// Descriptor reports whether a path is one by which a shell hands over an open file, as `<(...)` does.
func Descriptor(path string) bool {
	return path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/")
}

// Leaves returns an error where a path that the user named, or what there is of it, leads out of the work tree or module
// that it is named in.
func Leaves(path string) error {
	for {
		_, err := Around(path)
		switch {
		case IsRefusal(err):
			return err
		case err == nil || filepath.Dir(path) == path:
			return nil
		}
		path = filepath.Dir(path)
	}
}
