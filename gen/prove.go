package gen

import (
	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/prove"
)

// Stream returns the policies as YAML, as it is to be written.
func (r *Result) Stream() ([]byte, error) {
	if r.Graph.OmitsNamespace() != nil {
		return write.Stream(write.WithoutNamespace(r.Policies))
	}
	return write.Stream(r.Policies)
}

// Prove reads YAML back, as it is about to be written, and compares it with what the packages declare. An error means
// that the YAML holds something else than policies.
func (r *Result) Prove(stream []byte) (prove.Proof, error) { return prove.Stream(stream, r.Graph) }

// ProveFiles is Prove for the files of a folder.
func (r *Result) ProveFiles(files manifest.Files) (prove.Proof, error) {
	return prove.Files(files, r.Graph)
}
