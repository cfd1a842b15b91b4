package load

import (
	"path/filepath"
	"slices"

	"github.com/npgen/npgen/gen/diag"
)

// dropBases leaves out what a pattern found and only serves others: folders with packages of the same CUE package in
// folders below them, which hold all that such a folder says. That counts in a module alone, as parent files do.
func (r *Result) dropBases(env Env, sources []Source) []Source {
	names := map[string][]string{}
	for _, s := range sources {
		if dir := absolute(env.Dir, s.Path); s.Found && moduleRoot(dir) != "" {
			names[dir], _ = packageNames(dir) // what cannot be read is reported where it is built
		}
	}
	served := map[string]int{}
	for dir, own := range names {
		for parent, root := dir, moduleRoot(dir); parent != root; {
			parent = filepath.Dir(parent)
			if slices.ContainsFunc(names[parent], func(n string) bool { return slices.Contains(own, n) }) {
				served[parent]++
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(sources), func(s Source) bool {
		n := served[absolute(env.Dir, s.Path)]
		if n == 0 || !s.Found {
			return false
		}
		below := "the package"
		if n > 1 {
			below = "packages"
		}
		r.Findings.Infof(diag.BasePackage, packagePos(s), "the folder is the base of %s below it, and is not built by itself", below).
			WithHelp("name it to build it: `%s`", packagePos(s).File)
		return true
	})
}
