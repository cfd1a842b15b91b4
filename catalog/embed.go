// Package catalog carries the peers that many clusters have as CUE: catalog.cue, which users import as
// github.com/npgen/npgen/catalog, and which docs/catalog.md lists.
//
// In: nothing. Out: the file. It refuses nothing.
package catalog

import _ "embed"

// ImportPath is the path under which CUE code imports the catalog.
const ImportPath = "github.com/npgen/npgen/catalog"

// FileName is the name of the file.
const FileName = "catalog.cue"

// File is its text.
//
//go:embed catalog.cue
var File []byte
