package load

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"
)

// localModuleFile is where a module names folders in the place of other modules.
func localModuleFile(root string) string { return filepath.Join(root, "cue.mod", "local-module.cue") }

// imports looks at the folders in which CUE will look for what a file imports, before it does: CUE itself opens whatever
// it finds. Which part of an import path is that of the module does not matter here.
func (r *reader) imports(file *ast.File) error {
	for spec := range file.ImportSpecs() {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // CUE reports it
		}
		path = ast.ParseImportPath(path).Path
		for _, tree := range []string{"gen", "usr", "pkg"} {
			if err := r.importedFrom(filepath.Join(r.module, "cue.mod", tree), path); err != nil {
				return err
			}
		}
		for _, base := range append([]string{r.module}, r.replaced...) {
			for rest, more := path, true; ; _, rest, more = strings.Cut(rest, "/") {
				if err := r.importedFrom(base, rest); err != nil {
					return err
				}
				if !more {
					break // the module itself
				}
			}
		}
	}
	return nil
}

// importedFrom looks at a folder that may be imported, and at those above it, of which it may have files.
func (r *reader) importedFrom(base, path string) error {
	dir := filepath.Join(base, filepath.FromSlash(path))
	if rel, err := filepath.Rel(base, dir); err != nil || !filepath.IsLocal(rel) {
		return nil // CUE refuses it
	}
	if r.looked[dir] {
		return nil
	}
	r.looked[dir] = true
	switch err := r.files.folder(dir); {
	case errors.Is(err, fs.ErrNotExist) && !isLinkToNothing(err, dir):
		return nil
	case err != nil:
		return err
	case dir == base:
		return nil
	}
	return r.importedFrom(base, filepath.ToSlash(filepath.Dir(filepath.FromSlash(path))))
}

// isLinkToNothing reports whether a path that is not there is one in a folder, rather than the folder.
func isLinkToNothing(err error, dir string) bool {
	pe, is := errors.AsType[*fs.PathError](err)
	return is && pe.Path != dir
}

// replacements returns the folders that a module names in the place of other modules.
func replacements(root string, text []byte) []string {
	file, err := parser.ParseFile(localModuleFile(root), text)
	if err != nil {
		return nil // CUE reports it
	}
	var out []string
	ast.Walk(file, func(n ast.Node) bool {
		f, ok := n.(*ast.Field)
		if !ok || labelName(f.Label) != "replaceWith" {
			return true
		}
		if lit, ok := f.Value.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if dir, err := strconv.Unquote(lit.Value); err == nil {
				out = append(out, absolute(root, filepath.FromSlash(dir)))
			}
		}
		return true
	}, nil)
	return out
}
