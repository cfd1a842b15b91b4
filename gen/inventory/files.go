package inventory

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/confine"
	"github.com/npgen/npgen/gen/diag"
	kubernetes "github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/dialect/kubernetes/stream"
)

// Read reads manifests. A path is a file, a folder (every .yaml, .yml and .json file below it, as kubectl -R; `.git` left out)
// or `-` for stdin; a relative path is taken from the folder dir, the working folder where that is empty. What cannot be
// understood is a warning. The error names a path that is missing, cannot be read, or lies outside of the root of what
// the user named (confine.Around); it is a *budget.ExceededError for more than the limits.
func Read(dir string, paths []string, stdin io.Reader, limits budget.Limits) (*Inventory, diag.List, error) {
	return ReadWithin(nil, dir, paths, stdin, limits)
}

// ReadWithin is Read where all that is read lies below one root, if that is not nil.
func ReadWithin(root *confine.Root, dir string, paths []string, stdin io.Reader, limits budget.Limits) (*Inventory, diag.List, error) {
	r := newReader(dir, limits)
	for _, p := range paths {
		r.named = p
		var err error
		if p == "-" {
			err = r.stdin(stdin)
		} else {
			err = r.path(root, p)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return r.done()
}

// ReadFunction reads the list that a KRM function is given.
func ReadFunction(list []byte, limits budget.Limits) (*Inventory, diag.List, error) {
	r := newReader("", limits)
	r.objects = stream.FunctionObjects
	if err := r.stream("-", list); err != nil {
		return nil, nil, err
	}
	return r.done()
}

func (r *reader) done() (*Inventory, diag.List, error) {
	r.inv.dropOwned()
	r.reportUnrendered()
	r.addRights()
	return r.inv, r.findings.Sorted(), nil
}

type reader struct {
	inv      *Inventory
	findings diag.List
	dir      string
	// objects returns the objects of a document.
	objects func([]byte) ([]stream.Object, error)
	// fast reads policies as npgen writes them.
	fast *kubernetes.Emitted
	// read holds the files that were read, so that a file named twice counts once.
	read map[string]bool
	// count is how many documents and objects were read.
	limits budget.Limits
	count  int64
	// root is that of the path that is being read, named as the user names that.
	root  confine.Root
	named string
	// templates and kustomizations is what is not yet what is applied.
	templates      []unrendered
	kustomizations []kustomization
	// roles and bindings are those read so far.
	roles    map[role]bool
	bindings []binding
}

func newReader(dir string, limits budget.Limits) *reader {
	return &reader{
		inv: &Inventory{}, dir: dir, objects: stream.Objects, fast: kubernetes.NewEmitted(), read: map[string]bool{},
		roles: map[role]bool{}, limits: limits.Or(budget.Defaults()),
	}
}

// open returns the path at which the operating system finds a path that the user named. It is absolute.
func (r *reader) open(path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.dir, path)
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func (r *reader) stdin(stdin io.Reader) error {
	if stdin == nil || r.read["-"] {
		return nil
	}
	r.read["-"] = true
	return r.content("-", stdin)
}

func (r *reader) path(root *confine.Root, path string) error {
	if confine.Descriptor(path) {
		return r.descriptor(path)
	}
	if root == nil {
		around, err := confine.Around(r.open(path))
		if err != nil {
			return asNamed(err, path)
		}
		root = &around
	}
	r.root = *root
	info, err := r.stat(path)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return r.folder(path)
	}
	return r.file(path)
}

// descriptor reads what the user's shell hands over.
func (r *reader) descriptor(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return asNamed(err, path)
	}
	defer f.Close()
	return asNamed(r.content(path, f), path)
}

func (r *reader) stat(path string) (fs.FileInfo, error) {
	info, err := r.root.Stat(r.open(path))
	return info, asNamed(err, path)
}

func (r *reader) folder(path string) error {
	entries, err := r.root.ReadDir(r.open(path))
	if err != nil {
		return asNamed(err, path)
	}
	for _, e := range entries {
		child := filepath.Join(path, e.Name())
		switch {
		case e.IsDir() && e.Name() != ".git":
			err = r.folder(child)
		case e.IsDir() || !isManifest(e.Name()):
		case e.Type().IsRegular():
			err = r.file(child)
		default:
			err = r.linked(child)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// linked reads what is named like a manifest and is no file itself. A link to a folder is none, nor is one to nothing,
// such as editors leave.
func (r *reader) linked(path string) error {
	info, err := r.stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && info.IsDir():
		return nil
	case err != nil:
		return err
	}
	return r.file(path)
}

func isManifest(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(name)))
}

func (r *reader) file(path string) error {
	if clean := filepath.Clean(r.open(path)); r.read[clean] {
		return nil
	} else {
		r.read[clean] = true
	}
	f, err := r.root.Open(r.open(path))
	if err != nil {
		return asNamed(err, path)
	}
	defer f.Close()
	return asNamed(r.content(path, f), path)
}

func (r *reader) content(name string, in io.Reader) error {
	data, err := r.limits.ReadAll(spoken(name), in)
	if err != nil {
		return err
	}
	return r.stream(name, data)
}

// spoken returns the name of an input for errors.
func spoken(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// asNamed returns an error that speaks of the path as the user named it.
func asNamed(err error, path string) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", cmp.Or(path, pe.Path), pe.Err)
	}
	return err
}
