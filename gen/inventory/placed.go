package inventory

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Placed returns the inventory with a namespace for every object: home is that of objects without, the one that more than
// half of the manifests speak of, or `default`. Assumed is home where there are such objects, else "".
func (inv *Inventory) Placed() (_ *Inventory, home, assumed string) {
	count := map[string]int{}
	for _, n := range inv.Namespaces {
		count[n.Name]++
	}
	for _, w := range inv.Workloads {
		count[w.Namespace]++
	}
	for _, s := range inv.Services {
		count[s.Namespace]++
	}
	delete(count, "")
	all := 0
	for _, n := range count {
		all += n
	}
	home = metav1.NamespaceDefault
	for n := range count {
		if 2*count[n] > all {
			home = n
		}
	}
	if inv.Unplaced() {
		assumed = home
	}
	return inv.In(home), home, assumed
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
	out.Made = copies(inv.Made, func(w *Workload) { w.Namespace = cmp.Or(w.Namespace, home) })
	out.Monitors = copies(inv.Monitors, func(m *Monitor) { m.Namespace = cmp.Or(m.Namespace, home) })
	out.FrontEnds = slices.Clone(inv.FrontEnds)
	for i, f := range out.FrontEnds {
		out.FrontEnds[i].Namespace = cmp.Or(f.Namespace, home)
	}
	out.Rights = slices.Clone(inv.Rights)
	for i, g := range out.Rights {
		out.Rights[i].Namespace = cmp.Or(g.Namespace, home)
	}
	out.Behinds = slices.Clone(inv.Behinds)
	for i, b := range out.Behinds {
		out.Behinds[i].Namespace = cmp.Or(b.Namespace, home)
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
