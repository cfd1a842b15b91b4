package load

import (
	"slices"
	"strings"
)

// ordered returns the fields of a struct in the order in which CUE gives them, where each is declared once
// (cuelang.org/go/internal/core/toposort). The fields of one file follow each other as they are written. Files are
// independent of each other: where several have a field to go on with, the least by name comes first.
func ordered(parts []part) []part {
	var files [][]part
	at := map[string]int{}
	for _, p := range parts {
		file := p.label.Pos().Filename()
		i, known := at[file]
		if !known {
			i = len(files)
			at[file] = i
			files = append(files, nil)
		}
		files[i] = append(files[i], p)
	}
	if len(files) < 2 {
		return parts
	}
	byName := func(a, b []part) int { return strings.Compare(a[0].name, b[0].name) }
	slices.SortFunc(files, byName)
	out := make([]part, 0, len(parts))
	for len(files) > 0 {
		next := files[0]
		files = files[1:]
		out = append(out, next[0])
		if rest := next[1:]; len(rest) > 0 {
			i, _ := slices.BinarySearchFunc(files, rest, byName)
			files = slices.Insert(files, i, rest)
		}
	}
	return out
}
