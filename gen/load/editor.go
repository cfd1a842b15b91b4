package load

import (
	"fmt"
	"os"
	"path/filepath"

	"cuelang.org/go/cue/parser"

	"github.com/npgen/npgen/schema"
)

// EditorFile is a file that `npgen init` writes.
type EditorFile struct {
	Path string
	Data []byte
	// Overwrite says that an older one may be replaced.
	Overwrite bool
}

// EditorFiles returns what editors and plain `cue vet` need to know the language in a package folder: the schema in
// the module's cue.mod/pkg, a module where there is none, and a file that refers to the schema. Files that are there
// already are left out, but for the schema's own.
func EditorFiles(dir string) ([]EditorFile, error) {
	root := moduleRoot(dir)
	var out []EditorFile
	if root == "" {
		root = dir
		out = append(out, EditorFile{
			Path: filepath.Join(root, "cue.mod", "module.cue"),
			Data: []byte("module: \"policy.example\"\nlanguage: version: \"v0.9.0\"\n"),
		})
	}
	for _, f := range schemaFiles() {
		out = append(out, EditorFile{Path: filepath.Join(root, vendored, f.name), Data: f.data, Overwrite: true})
	}
	path := filepath.Join(dir, "schema.cue")
	if _, err := os.Lstat(path); err == nil {
		return out, nil
	}
	name, err := packageName(dir)
	if err != nil {
		return nil, err
	}
	return append(out, EditorFile{Path: path, Data: fmt.Appendf(nil, editorFile, name, schema.ImportPath)}), nil
}

const editorFile = `// For editors and plain "cue vet": the npgen language. npgen itself does not need this file.
package %s

import "%s"

schema.#Policy
`

// packageName returns the CUE package of the files in a folder, or "policy" where there are none.
func packageName(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.cue"))
	if err != nil {
		return "", err
	}
	for _, f := range files {
		file, err := parser.ParseFile(f, nil, parser.PackageClauseOnly)
		if err == nil && file.PackageName() != "" {
			return file.PackageName(), nil
		}
	}
	return "policy", nil
}
