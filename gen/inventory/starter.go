package inventory

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"cuelang.org/go/cue/format"
)

// Starter writes a first policy package for the manifests, as formatted CUE: namespaces, workloads and the edges that
// the manifests suggest, each guess with a comment that says what it rests on. The name is that of the CUE package;
// one that CUE does not take becomes `policy`.
func Starter(inv *Inventory, name string) []byte {
	s := newStarter(inv)
	s.head(name)
	s.namespaces()
	s.workloads()
	s.allow()
	out, err := format.Source(s.out.Bytes())
	if err != nil {
		return s.out.Bytes() // a bug, which the reader of the file can repair and the tests look for
	}
	return out
}

// starter is a package in the making.
type starter struct {
	*finder
	out   bytes.Buffer
	units []*unit
	loose []*Workload
	// unitOf is the unit of each workload.
	unitOf map[*Workload]*unit
	// names is the namespaces of the workloads, sorted.
	names []string
}

func newStarter(inv *Inventory) *starter {
	s := &starter{finder: newFinder(inv.placed()), unitOf: map[*Workload]*unit{}}
	s.units, s.loose = s.sorted()
	names := map[string]bool{}
	for _, u := range s.units {
		names[u.namespace] = true
		for _, w := range u.members {
			s.unitOf[w] = u
		}
	}
	for _, w := range s.loose {
		names[w.Namespace] = true
	}
	if len(names) == 0 {
		names[cmp.Or(s.assumed, defaultNamespace)] = true
	}
	s.names = slices.Sorted(maps.Keys(names))
	return s
}

// defaultNamespace is where Kubernetes puts what names no namespace (metav1.NamespaceDefault).
const defaultNamespace = "default"

// placed returns the inventory with a namespace for every object, and the one assumed for those without: the only
// namespace that the manifests speak of, or `default`.
func (inv *Inventory) placed() (*Inventory, string) {
	known := map[string]bool{}
	missing := false
	for _, n := range inv.Namespaces {
		known[n.Name] = true
	}
	for _, w := range inv.Workloads {
		known[w.Namespace] = true
		missing = missing || w.Namespace == ""
	}
	for _, s := range inv.Services {
		missing = missing || s.Namespace == ""
	}
	delete(known, "")
	assumed := defaultNamespace
	if len(known) == 1 {
		assumed = slices.Collect(maps.Keys(known))[0]
	}
	out := *inv
	out.Workloads = copies(inv.Workloads, func(w *Workload) { w.Namespace = cmp.Or(w.Namespace, assumed) })
	out.Services = copies(inv.Services, func(s *Service) { s.Namespace = cmp.Or(s.Namespace, assumed) })
	out.configs = copies(inv.configs, func(c *config) { c.namespace = cmp.Or(c.namespace, assumed) })
	out.frontEnds = slices.Clone(inv.frontEnds)
	for i, f := range out.frontEnds {
		out.frontEnds[i].namespace = cmp.Or(f.namespace, assumed)
	}
	if !missing {
		assumed = ""
	}
	return &out, assumed
}

func copies[T any](in []*T, change func(*T)) []*T {
	out := make([]*T, len(in))
	for i, x := range in {
		y := *x
		change(&y)
		out[i] = &y
	}
	return out
}
