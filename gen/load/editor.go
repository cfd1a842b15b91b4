package load

import (
	"fmt"
	"os"
	"path/filepath"

	"cuelang.org/go/mod/modfile"

	"github.com/npgen/npgen/catalog"
	"github.com/npgen/npgen/gen/confine"
	"github.com/npgen/npgen/schema"
)

// EditorFile is a file that `npgen init` writes.
type EditorFile struct {
	Path string
	Data []byte
	// Overwrite says that an older one may be replaced.
	Overwrite bool
}

// EditorFileName is the name of the file that refers to the schema.
const EditorFileName = "schema.cue"

// EditorFiles returns what editors and plain `cue vet` need to know the language in a package folder: the schema in
// the module's cue.mod/pkg, a module where there is none, and a file that refers to the schema. Files that are there
// already are left out, but for the schema's own.
func EditorFiles(dir string) ([]EditorFile, error) {
	root, closes := moduleRoot(dir), true
	var out []EditorFile
	if root != "" {
		closes = canClose(root)
	} else {
		root = dir
		out = append(out, EditorFile{
			Path: filepath.Join(root, "cue.mod", "module.cue"),
			Data: fmt.Appendf(nil, "module: \"policy.example\"\nlanguage: version: \"v0.%d.0\"\n", closesSince),
		})
	}
	for _, f := range schemaFiles() {
		out = append(out, EditorFile{Path: filepath.Join(root, vendored, f.name), Data: f.data, Overwrite: true})
	}
	out = append(out, EditorFile{Path: filepath.Join(root, vendoredCatalog), Data: catalog.File, Overwrite: true})
	for _, f := range out {
		if err := leadsOut(root, f.Path); err != nil {
			return nil, err
		}
	}
	path := filepath.Join(dir, EditorFileName)
	if _, err := os.Lstat(path); err == nil {
		return out, nil
	}
	name, err := StarterName(dir)
	if err != nil {
		return nil, err
	}
	head := ""
	if closes {
		head = "@experiment(explicitopen) // closed: a field that the language does not have is an error\n\n"
	}
	return append(out, EditorFile{Path: path, Data: fmt.Appendf(nil, editorFile, head, name, schema.ImportPath)}), nil
}

const editorFile = `// For editors and plain "cue vet": the npgen language. npgen itself does not need this file.
%spackage %s

import "%s"

schema.#Policy
`

// leadsOut refuses a file to write in a folder that is, or lies below, a link out of the module.
func leadsOut(module, path string) error {
	within, err := confine.Around(module)
	for folder := filepath.Dir(path); err == nil && folder != module && filepath.Dir(folder) != folder; folder = filepath.Dir(folder) {
		if _, err := within.Stat(folder); confine.IsRefusal(err) {
			return pathError(folder, err)
		}
	}
	return nil // where there is no module yet, there is nothing in it
}

// closesSince is the minor of the language version 0 from which on a file can be closed by a definition that it
// embeds. Before it, CUE lets every misspelt field pass.
const closesSince = 15

// canClose reports whether the language version of a module is that new. One that cannot be read is not.
func canClose(root string) bool {
	path := filepath.Join(root, "cue.mod", "module.cue")
	within, err := confine.Around(root)
	if err != nil {
		return false
	}
	data, err := within.ReadFile(path, maxFileSize)
	if err != nil {
		return false
	}
	file, err := modfile.ParseNonStrict(data, path)
	if err != nil || file.Language == nil {
		return false
	}
	var major, minor int
	_, err = fmt.Sscanf(file.Language.Version, "v%d.%d", &major, &minor)
	return err == nil && (major > 0 || minor >= closesSince)
}
