package gen

import (
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/prove"
)

// Prove reads YAML back, as it is about to be written, and compares it with what the packages declare. An error means
// that the YAML holds something else than policies.
func (r *Result) Prove(stream []byte) (prove.Proof, error) { return prove.Stream(stream, r.Graph) }

// ProveFiles is Prove for the files of a folder.
func (r *Result) ProveFiles(files manifest.Files) (prove.Proof, error) {
	return prove.Files(files, r.Graph)
}
