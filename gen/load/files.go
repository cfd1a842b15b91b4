package load

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"cuelang.org/go/mod/modfile"
	"cuelang.org/go/mod/module"

	"github.com/npgen/npgen/gen/confine"
)

// files is what a package is read from: what lies below a root. As a file system it has what is embedded; names in it
// are absolute paths without the volume and the first slash.
type files struct {
	root confine.Root

	mu sync.Mutex
	// texts are the CUE files, each read once: what was checked is what is parsed.
	texts   map[string]content
	refused []*refused
}

type content struct {
	data []byte
	err  error
}

// refused is a path that was asked for and not read.
type refused struct {
	path     string
	err      error
	reported bool
}

func newFiles(root confine.Root) *files {
	return &files{root: root, texts: map[string]content{}}
}

// text returns a CUE file, to the size at which it is refused.
func (f *files) text(path string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, ok := f.texts[path]
	if !ok {
		c.data, c.err = f.root.ReadFile(path, maxFileSize+1)
		f.texts[path] = c
	}
	return c.data, f.note(path, c.err)
}

// name returns the name that a path has in the file system.
func (f *files) name(path string) string {
	return strings.TrimPrefix(filepath.ToSlash(strings.TrimPrefix(path, filepath.VolumeName(path))), "/")
}

func (f *files) path(name string) string {
	return filepath.Join(filepath.VolumeName(f.root.Dir())+string(filepath.Separator), filepath.FromSlash(name))
}

func (f *files) Open(name string) (fs.File, error) {
	info, err := f.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return folder{info, io.NopCloser(bytes.NewReader(nil))}, nil
	}
	file, err := f.root.Open(f.path(name))
	if err != nil {
		return nil, f.noted(name, err)
	}
	return file, nil
}

func (f *files) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := f.root.ReadDir(f.path(name))
	return entries, f.noted(name, err)
}

func (f *files) Stat(name string) (fs.FileInfo, error) {
	info, err := f.root.Stat(f.path(name))
	return info, f.noted(name, err)
}

func (f *files) noted(name string, err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.note(f.path(name), err)
}

// note keeps what was refused: CUE does not always say so.
func (f *files) note(path string, err error) error {
	if confine.IsRefusal(err) && !slices.ContainsFunc(f.refused, func(r *refused) bool { return r.path == path }) {
		f.refused = append(f.refused, &refused{path: path, err: err})
	}
	return err
}

// refusal returns what was refused and is not reported yet, if anything.
func (f *files) refusal(display func(string) string) error {
	for _, r := range f.refused {
		if !r.reported {
			return pathError(display(r.path), r.err)
		}
	}
	return nil
}

// report returns why a path was refused, if it was, and takes it for reported.
func (f *files) report(path string) error {
	for _, r := range f.refused {
		if r.path == path {
			r.reported = true
			return r.err
		}
	}
	return nil
}

// folder is an open folder. It is read by its name.
type folder struct {
	info fs.FileInfo
	io.ReadCloser
}

func (f folder) Stat() (fs.FileInfo, error) { return f.info, nil }

// isRead reports whether CUE may count a file of a folder to a package.
func isRead(name string) bool {
	return path.Ext(name) == ".cue" && !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, ".")
}

// folder refuses a folder of which CUE would read what cannot be read, is no file, lies outside of the root, or is a
// link to nothing. CUE opens also files that are none of its own, to see what they are.
func (f *files) folder(dir string) error {
	entries, err := f.root.ReadDir(dir)
	if err != nil {
		return f.noted(f.name(dir), err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir():
		case isRead(e.Name()):
			_, err = f.text(path)
		case !e.Type().IsRegular():
			if info, found := os.Stat(path); found == nil && !info.IsDir() && !info.Mode().IsRegular() {
				_, err = f.root.Open(path)
				err = f.noted(f.name(path), err)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// noRegistry has no modules: an import is in the module, in cue.mod or nowhere, whatever the environment names.
type noRegistry struct{}

var errNoRegistry = errors.New("npgen fetches nothing")

func (noRegistry) ModFile(context.Context, module.Version) (*modfile.File, error) {
	return nil, errNoRegistry
}

func (noRegistry) Fetch(context.Context, module.Version) (module.SourceLoc, error) {
	return module.SourceLoc{}, errNoRegistry
}

func (noRegistry) ModuleVersions(context.Context, string) ([]string, error) {
	return nil, errNoRegistry
}
