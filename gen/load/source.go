package load

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// Source is one policy package as the user named it on the command line.
type Source struct {
	// Path is a folder or a .cue file, or "-" for standard input.
	Path string
	// Name is what findings call standard input; empty for "-".
	Name string
	// Found says that a pattern such as ./... found the folder: it may be a library. Named is the folder of the pattern.
	Found bool
	Named string
}

// Sources returns the packages that arguments name: folders, files, "-", and patterns that end in "/...", which stand
// for every folder below that has .cue files. dir is the working folder. A path that is missing is an error.
func Sources(dir string, args []string) ([]Source, error) {
	var out []Source
	seen := map[string]bool{}
	add := func(s Source) {
		key := s.Path
		if key != "-" {
			key = absolute(dir, key)
		}
		if !seen[key] {
			seen[key] = true
			out = append(out, s)
		}
	}
	for _, arg := range args {
		root, isPattern := strings.CutSuffix(filepath.ToSlash(arg), "...")
		switch {
		case arg == "":
			return nil, errors.New("an empty argument is no package; the working folder is `.`")
		case arg == "-":
			add(Source{Path: arg})
		case isPattern && (root == "" || strings.HasSuffix(root, "/")):
			if root == "" {
				root = "."
			}
			found, err := below(dir, filepath.Clean(root))
			if err != nil {
				return nil, err
			}
			for _, f := range found {
				add(Source{Path: f, Found: true, Named: filepath.Clean(root)})
			}
		default:
			if err := readable(dir, arg); err != nil {
				return nil, err
			}
			add(Source{Path: arg})
		}
	}
	return out, nil
}

func readable(dir, path string) error {
	isDir, err := opens(absolute(dir, path))
	switch {
	case err != nil:
		return pathError(path, err)
	case !isDir && filepath.Ext(path) != ".cue":
		return fmt.Errorf("%s: a policy package is a folder, a .cue file or `-`", path)
	}
	return nil
}

// opens reports whether a path is a folder, and returns an error where it is neither folder nor file or cannot be read.
// Nothing else is opened: to open a named pipe is to wait for its other end.
func opens(path string) (isDir bool, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return false, err
	case !info.IsDir() && !info.Mode().IsRegular():
		return false, errors.New("not a file or folder")
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	return info.IsDir(), f.Close()
}

// readableFolder refuses a package folder of which CUE would read what cannot be read, is no file, or is a link to
// nothing: there, or in a folder above in the same module.
func readableFolder(r *reader, root, dir string) error {
	for _, dir := range foldersOf(root, dir) {
		if err := readableFiles(r, dir); err != nil {
			return err
		}
	}
	return nil
}

// foldersOf returns the folders of which CUE may read files: that of the package, and those above it in its module.
func foldersOf(root, dir string) []string {
	out := []string{dir}
	for root != "" && dir != root {
		dir = filepath.Dir(dir)
		out = append(out, dir)
	}
	return out
}

// onlyFiles reports whether all that CUE would read of a package folder are files, and not links or pipes.
func onlyFiles(root, dir string) bool {
	for _, dir := range foldersOf(root, dir) {
		entries, err := os.ReadDir(dir)
		if err != nil || slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !e.IsDir() && !e.Type().IsRegular() }) {
			return false
		}
	}
	return true
}

func readableFiles(r *reader, dir string) error {
	err := r.files.folder(dir)
	if pe, is := errors.AsType[*fs.PathError](err); is {
		return pathError(r.pos(pe.Path), err)
	}
	return err
}

// pathError returns the cause under the name that the user gave.
func pathError(path string, err error) error {
	if pe, ok := err.(*fs.PathError); ok {
		err = pe.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// below returns the folders under root that have .cue files, sorted. As in CUE, folders whose name starts with `.` or
// `_`, testdata and cue.mod are left out.
func below(dir, root string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(absolute(dir, root), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(absolute(dir, root), path)
		name := entry.Name()
		if entry.IsDir() {
			if rel != "." && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "cue.mod") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) == ".cue" {
			out = append(out, filepath.Join(root, filepath.Dir(rel)))
		}
		return nil
	})
	if err != nil {
		return nil, pathError(root, err)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// Display returns an absolute path as the user would name it: relative to the working folder where it lies below it,
// or where that is shorter.
func (e Env) Display(file string) string {
	if rel, err := filepath.Rel(e.Dir, file); err == nil && (filepath.IsLocal(rel) || len(rel) < len(file)) {
		return rel
	}
	return file
}

func packagePos(s Source) diag.Pos { return diag.Pos{File: cmp.Or(s.Name, filepath.ToSlash(s.Path))} }
