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
	missing := false
	for _, n := range inv.Namespaces {
		count[n.Name]++
	}
	for _, w := range inv.Workloads {
		count[w.Namespace]++
		missing = missing || w.Namespace == ""
	}
	for _, s := range inv.Services {
		count[s.Namespace]++
		missing = missing || s.Namespace == ""
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
	if missing {
		assumed = home
	}
	return inv.PlacedIn(home), home, assumed
}

// PlacedIn returns the inventory with the objects that name no namespace in the given one.
func (inv *Inventory) PlacedIn(home string) *Inventory {
	out := inv.In(home)
	out.Configs = copies(inv.Configs, func(c *Config) { c.Namespace = cmp.Or(c.Namespace, home) })
	out.Made = copies(inv.Made, func(w *Workload) { w.Namespace = cmp.Or(w.Namespace, home) })
	out.Monitors = copies(inv.Monitors, func(m *Monitor) { m.Namespace = cmp.Or(m.Namespace, home) })
	out.Rights = slices.Clone(inv.Rights)
	for i, g := range out.Rights {
		out.Rights[i].Namespace = cmp.Or(g.Namespace, home)
	}
	out.Behinds = slices.Clone(inv.Behinds)
	for i, b := range out.Behinds {
		out.Behinds[i].Namespace = cmp.Or(b.Namespace, home)
	}
	out.FrontEnds = slices.Clone(inv.FrontEnds)
	for i, f := range out.FrontEnds {
		out.FrontEnds[i].Namespace = cmp.Or(f.Namespace, home)
	}
	return out
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
