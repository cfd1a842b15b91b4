package inventory

import (
	"cmp"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Placed returns the inventory with a namespace for every object, and the one assumed for those without: the only
// namespace that the manifests speak of, or `default`.
func (inv *Inventory) Placed() (_ *Inventory, assumed string) {
	known := map[string]bool{}
	for _, n := range inv.Namespaces {
		known[n.Name] = true
	}
	for _, w := range inv.Workloads {
		known[w.Namespace] = true
	}
	delete(known, "")
	assumed = metav1.NamespaceDefault
	if len(known) == 1 {
		assumed = slices.Collect(maps.Keys(known))[0]
	}
	out := inv.In(assumed)
	if !inv.Unplaced() {
		assumed = ""
	}
	return out, assumed
}

// Unplaced reports whether some workload or Service names no namespace.
func (inv *Inventory) Unplaced() bool {
	return slices.ContainsFunc(inv.Workloads, func(w *Workload) bool { return w.Namespace == "" }) ||
		slices.ContainsFunc(inv.Services, func(s *Service) bool { return s.Namespace == "" })
}

// In returns the inventory with what names no namespace in the given one, its policies left as they are.
func (inv *Inventory) In(home string) *Inventory {
	out := *inv
	out.Workloads = copies(inv.Workloads, func(w *Workload) { w.Namespace = cmp.Or(w.Namespace, home) })
	out.Services = copies(inv.Services, func(s *Service) { s.Namespace = cmp.Or(s.Namespace, home) })
	out.Configs = copies(inv.Configs, func(c *Config) { c.Namespace = cmp.Or(c.Namespace, home) })
	out.Customs = copies(inv.Customs, func(c *Custom) { c.Namespace = cmp.Or(c.Namespace, home) })
	out.FrontEnds = slices.Clone(inv.FrontEnds)
	for i, f := range out.FrontEnds {
		out.FrontEnds[i].Namespace = cmp.Or(f.Namespace, home)
	}
	return &out
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
