package flows

import (
	"github.com/npgen/npgen/gen/sets"
)

// Reach says how far apart the ends of flows are: a reviewer reads the farthest first.
type Reach int

// The reaches, the most dangerous first.
const (
	// FromOutside is from addresses outside of the cluster.
	FromOutside Reach = iota
	// Everyone is to addresses outside of the cluster, or between pods that are not of one namespace each.
	Everyone
	AcrossNamespaces
	WithinNamespace
)

// reach returns how far apart the ends of a box are.
func (u *universe) reach(kind sets.Kind, b *sets.Box) Reach {
	switch {
	case !kind.HasPods(sets.Source):
		return FromOutside
	case !kind.HasPods(sets.Destination):
		return Everyone
	}
	from, to := u.Name(b.Pods(sets.Source)), u.Name(b.Pods(sets.Destination))
	switch {
	case from == "" || to == "":
		return Everyone
	case from != to:
		return AcrossNamespaces
	}
	return WithinNamespace
}

// Opens reports whether any flow of the change is open that was not: on more ports, or at other addresses of a name.
func (c Change) Opens() bool { return len(c.Opened()) > 0 || c.At[0] != "" }
