// Package confine reads files that lie in one folder, wherever links lead.
//
// In: a folder that is not to be left (Around finds it), and absolute paths. Out: regular files, opened; the entries of
// folders. It refuses what lies outside once links are resolved, and what is neither a file nor a folder: to open a FIFO
// is to wait, to open a device may do anything. Whoever wrote the files in the folder chose the links, and must not
// choose what else of the machine is read.
package confine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Root is a folder that reading does not leave. The zero value has no files.
type Root struct {
	// dir is absolute, its links resolved.
	dir string
	// refused says why a file in the folder is not to be read, by its path below dir.
	refused map[string]string
}

// At returns the root that is one folder. Files in it that are not to be read are named by their path below it, with
// slashes, and why.
func At(dir string, refused map[string]string) (Root, error) {
	real, err := filepath.EvalSymlinks(dir)
	return Root{dir: real, refused: refused}, err
}

// Dir returns the folder; empty for the zero Root.
func (r Root) Dir() string { return r.dir }

// Refusal is the cause of an error about a path that is there and not to be read.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// IsRefusal reports whether an error says that a path is not to be read.
func IsRefusal(err error) bool {
	_, is := errors.AsType[Refusal](err)
	return is
}

// notFile is said of FIFOs, devices and sockets.
const notFile Refusal = "not a file or folder"

// Open opens a regular file.
func (r Root) Open(path string) (*os.File, error) {
	return r.open(path, fs.FileMode.IsRegular, errors.New("is a folder"))
}

// ReadFile returns at most a number of bytes of a file.
func (r Root) ReadFile(path string, most int64) ([]byte, error) {
	f, err := r.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// ReadDir returns the entries of a folder by name. Those that are links are not resolved.
func (r Root) ReadDir(path string) ([]fs.DirEntry, error) {
	f, err := r.open(path, fs.FileMode.IsDir, errors.New("is a file"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, named(path, err)
}

// Stat says what a path is, links resolved.
func (r Root) Stat(path string) (fs.FileInfo, error) {
	rel, err := r.inside(path)
	if err != nil {
		return nil, named(path, err)
	}
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		return nil, named(path, err)
	}
	defer root.Close()
	info, err := root.Lstat(rel)
	return info, named(path, err)
}

// open opens a path of a kind. The operating system is asked by way of the folder, so that a link which takes the place
// of a file meanwhile leads nowhere else; what was opened is looked at again.
func (r Root) open(path string, isKind func(fs.FileMode) bool, otherwise error) (*os.File, error) {
	rel, err := r.inside(path)
	if err != nil {
		return nil, named(path, err)
	}
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		return nil, named(path, err)
	}
	defer root.Close()
	check := func(info fs.FileInfo, err error) error {
		switch {
		case err != nil:
			return err
		case !info.IsDir() && !info.Mode().IsRegular():
			return notFile
		case !isKind(info.Mode()):
			return otherwise
		}
		return nil
	}
	if err := check(root.Lstat(rel)); err != nil {
		return nil, named(path, err)
	}
	f, err := root.OpenFile(rel, os.O_RDONLY|withoutWaiting, 0)
	if err != nil {
		return nil, named(path, err)
	}
	if err := check(f.Stat()); err != nil {
		return nil, named(path, errors.Join(err, f.Close()))
	}
	return f, nil
}

// inside returns the path below the root that an absolute path stands for, links resolved.
func (r Root) inside(path string) (string, error) {
	if r.dir == "" {
		return "", Refusal("there is no folder to read from: the working folder is the root of the file system")
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	if real, err = filepath.Abs(real); err != nil {
		return "", err
	}
	rel, within := below(r.dir, real)
	switch kernel := ofKernel(real); {
	case kernel != "" && kernel != ofKernel(r.dir):
		return "", Refusal(fmt.Sprintf("it lies outside of `%s`, in `%s`", filepath.ToSlash(r.dir), kernel))
	case !within:
		return "", Refusal(fmt.Sprintf("it lies outside of `%s`, in `%s`", filepath.ToSlash(r.dir), filepath.ToSlash(real)))
	}
	// A checkout of CI keeps its token there.
	if slices.ContainsFunc(strings.Split(filepath.ToSlash(rel), "/"), func(part string) bool { return strings.EqualFold(part, ".git") }) {
		return "", Refusal("it lies in `.git`, which is git's own")
	}
	if why := r.refused[filepath.ToSlash(rel)]; why != "" {
		return "", Refusal(why)
	}
	return rel, nil
}

// ofKernel returns the folder of Unix systems in which the kernel shows processes and devices, if a path lies there: no
// package does, and where the root is that of the file system they would lie below it.
func ofKernel(path string) string {
	for _, dir := range []string{"/proc", "/sys", "/dev"} {
		if _, in := below(dir, path); in {
			return dir
		}
	}
	return ""
}

// below returns the path of a file relative to a folder that it lies in, or is.
func below(dir, path string) (string, bool) {
	rel, err := filepath.Rel(dir, path)
	return rel, err == nil && filepath.IsLocal(rel)
}

// named returns an error that names the path as it was asked for.
func named(path string, err error) error {
	switch inner := (*fs.PathError)(nil); {
	case err == nil:
		return nil
	case errors.As(err, &inner):
		err = inner.Err
	}
	return &fs.PathError{Op: "read", Path: path, Err: err}
}
