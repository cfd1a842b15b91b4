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
	"github.com/npgen/npgen/gen/diag"
	kubernetes "github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/dialect/kubernetes/stream"
)

// Read reads manifests. A path is a file, a folder (every .yaml, .yml and .json file below it, hidden folders left out)
// or `-` for stdin; a relative path is taken from the folder dir, the working folder where that is empty. What cannot be
// understood is a warning. The error is a *fs.PathError for a path that is missing or cannot be read, and a
// *budget.ExceededError for more than the limits.
func Read(dir string, paths []string, stdin io.Reader, limits budget.Limits) (*Inventory, diag.List, error) {
	r := newReader(dir, limits)
	for _, p := range paths {
		var err error
		if p == "-" {
			err = r.stdin(stdin)
		} else {
			err = r.path(p)
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
}

func newReader(dir string, limits budget.Limits) *reader {
	return &reader{
		inv: &Inventory{}, dir: dir, objects: stream.Objects, fast: kubernetes.NewEmitted(), read: map[string]bool{},
		limits: limits.Or(budget.Defaults()),
	}
}

// open returns the path at which the operating system finds a path that the user named.
func (r *reader) open(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.dir, path)
}

func (r *reader) stdin(stdin io.Reader) error {
	if stdin == nil || r.read["-"] {
		return nil
	}
	r.read["-"] = true
	return r.content("-", stdin)
}

func (r *reader) path(path string) error {
	info, err := os.Stat(r.open(path))
	switch {
	case err != nil:
		return asNamed(err, path)
	case info.IsDir():
		return r.folder(path)
	}
	return r.file(path)
}

func (r *reader) folder(path string) error {
	entries, err := os.ReadDir(r.open(path))
	if err != nil {
		return asNamed(err, path)
	}
	for _, e := range entries {
		child := filepath.Join(path, e.Name())
		switch {
		case e.IsDir() && !strings.HasPrefix(e.Name(), "."):
			err = r.folder(child)
		case isManifest(e.Name()) && r.isRegular(child):
			err = r.file(child)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isRegular reports whether a path is a file, or a link to one that exists.
func (r *reader) isRegular(path string) bool {
	info, err := os.Stat(r.open(path))
	return err == nil && info.Mode().IsRegular()
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
	f, err := os.Open(r.open(path))
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
