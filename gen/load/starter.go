package load

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"cuelang.org/go/cue/parser"

	"github.com/npgen/npgen/gen/confine"
)

// CUEFiles returns the names of the CUE files in a folder, sorted; none where there is no such folder.
func CUEFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, pathError(dir, err)
	}
	var out []string
	for _, e := range entries {
		if isCUE(e) {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

func isCUE(e fs.DirEntry) bool { return filepath.Ext(e.Name()) == ".cue" && !e.IsDir() }

// StarterName returns the CUE package for a new file in a folder: that of the files there, else "policy". Where CUE
// would join "policy" to the files of a parent folder, the name goes on with that of the folder.
func StarterName(dir string) (string, error) {
	here, err := packageNames(dir)
	if err != nil {
		return "", err
	}
	if len(here) > 0 {
		return here[0], nil
	}
	var above []string
	if root := moduleRoot(dir); root != "" {
		for parent := dir; parent != root; {
			parent = filepath.Dir(parent)
			names, err := packageNames(parent)
			if err != nil {
				return "", err
			}
			above = append(above, names...)
		}
	}
	name := "policy"
	for slices.Contains(above, name) {
		name += "_" + identifier(filepath.Base(dir))
	}
	return name, nil
}

// packageNames returns the CUE packages of the files in a folder.
func packageNames(dir string) ([]string, error) {
	files, err := CUEFiles(dir)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	root, err := confine.Around(dir)
	if err != nil {
		return nil, pathError(dir, err)
	}
	var out []string
	for _, f := range files {
		data, err := root.ReadFile(filepath.Join(dir, f), maxFileSize)
		if err != nil {
			return nil, pathError(filepath.Join(dir, f), err)
		}
		file, err := parser.ParseFile(f, data, parser.PackageClauseOnly)
		if err == nil && file.PackageName() != "" {
			out = append(out, file.PackageName())
		}
	}
	return out, nil
}

// identifier returns a folder's name as a CUE name can hold it.
func identifier(folder string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return unicode.ToLower(r)
		}
		return '_'
	}, folder)
}
