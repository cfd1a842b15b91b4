package gen

import (
	"slices"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/reach"
)

// Prove reads YAML back, as it is about to be written, and compares it with what the packages declare. An error means
// that the YAML holds something else than policies.
func (r *Result) Prove(stream []byte) (reach.Proof, error) {
	policies, err := read.Policies(stream)
	if err != nil {
		return reach.Proof{}, err
	}
	return reach.Prove(read.Rules(policies), r.Graph), nil
}

// PolicyStream returns the policies of a folder layout as one stream.
func PolicyStream(files manifest.Files) []byte {
	var parts [][]byte
	for _, name := range files.PolicyFiles() {
		parts = append(parts, []byte("---\n"), files[name])
	}
	return slices.Concat(parts...)
}
