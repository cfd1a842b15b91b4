// Package schema carries the npgen language as CUE: policy.cue, and dns.cue and cni.cue with its data, the one source that npgen unifies with
// every package, that users import as github.com/npgen/npgen/schema, and that the documentation quotes.
//
// In: nothing. Out: the files. It refuses nothing.
package schema

import "embed"

// ImportPath is the path under which CUE code imports the schema.
const ImportPath = "github.com/npgen/npgen/schema"

// Files holds policy.cue, dns.cue and cni.cue.
//
//go:embed policy.cue dns.cue cni.cue
var Files embed.FS
