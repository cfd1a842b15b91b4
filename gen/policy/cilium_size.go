package policy

import (
	"encoding/json"

	cilium "github.com/npgen/npgen/gen/dialect/cilium/write"
)

// ciliumApplied warns of an object that is too large for `kubectl apply`.
func (b *builder) ciliumApplied(p *cilium.Policy, o *object) {
	if text, err := json.Marshal(p); err == nil {
		b.tooLarge(len(text), p.Metadata.Annotations, o)
	}
}
