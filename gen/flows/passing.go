package flows

import (
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Passing is what the policies of a cluster let pass, for questions about all pods that can exist.
type Passing struct{ *halves }

// NewPassing returns what the policies of a cluster let pass.
func NewPassing(c world.Cluster) Passing { return Passing{newUniverse(c).newHalves(c)} }

// In returns what passes in a direction of flows of a kind; nil is everything.
func (p Passing) In(d graph.Directions, kind sets.Kind) *sets.Half { return p.of(d, kind).passes() }

// About starts a question about the flows of a box, which keep the laws that hold for all that can exist.
func (p Passing) About(b *sets.Box) *sets.Question { return p.Ask(b, p.laws()...) }
