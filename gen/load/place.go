package load

import (
	"path/filepath"
	"strings"
)

// Place returns what tells a package from others on every machine, with slashes: its path below its module. Without one
// it is the path from a folder; where the two share no folder but the root of the file system, the last name alone,
// since all above differs from machine to machine. Standard input is `-`.
func (e Env) Place(path, from string) string {
	if path == "-" {
		return path
	}
	abs := absolute(e.Dir, path)
	folder := abs
	if filepath.Ext(abs) == ".cue" && !isDir(abs) {
		folder = filepath.Dir(abs)
	}
	base := moduleRoot(folder)
	if base == "" {
		base = absolute(e.Dir, from)
	}
	rel, err := filepath.Rel(base, abs)
	if err != nil || filepath.Clean(filepath.Join(base, upOf(rel))) == filepath.VolumeName(base)+string(filepath.Separator) {
		return filepath.Base(abs)
	}
	return filepath.ToSlash(rel)
}

// upOf returns the part of a relative path that leads up.
func upOf(rel string) string {
	up := ""
	for _, part := range strings.Split(filepath.ToSlash(rel), "/") {
		if part != ".." {
			break
		}
		up = filepath.Join(up, part)
	}
	return up
}
