package flows

import (
	"strings"

	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Plain returns the cluster without the pods of which only policies speak, as listings and comparisons have it.
func (in *Inquiry) Plain() world.Cluster { return in.declared }

// Named returns an example of an end by the name that a listing prints for it: a pod, for those of a namespace or of all
// one that nothing declares, or addresses. It is false where the name alone gives none.
func (in *Inquiry) Named(name string) (Target, bool) {
	base, _, _ := strings.Cut(name, " but ")
	if p := in.Pod(base); p != nil {
		return Target{Name: base, Pod: p}, true
	}
	namespace, isWhole := strings.CutSuffix(base, "/*")
	switch {
	case isWhole && namespace == "*":
		return undeclared(other), true
	case isWhole && !strings.HasPrefix(namespace, "{"):
		return undeclared(namespace), true
	}
	if a := namedAddresses(base, in.Cluster.Ranges); !a.IsEmpty() {
		return Target{Name: base, Addresses: a}, true
	}
	return Target{}, false
}

// Example returns the question of all that a listing says of two ends. It is false where no example has just that.
func (in *Inquiry) Example(from, to string, ports sets.Ports) (Asked, bool) {
	a, isA := in.Named(from)
	b, isB := in.Named(to)
	if !isA || !isB || ports.IsEmpty() || a.Pod == nil && b.Pod == nil {
		return Asked{}, false
	}
	asked := Asked{From: a, To: b, Ports: ports}
	for _, answer := range in.Answers(asked) {
		if answer.Verdict() != Allowed {
			return Asked{}, false
		}
	}
	return asked, true
}
