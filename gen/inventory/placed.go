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
	assumed = metav1.NamespaceDefault
	if len(known) == 1 {
		assumed = slices.Collect(maps.Keys(known))[0]
	}
	out := inv.In(assumed)
	out.Configs = copies(inv.Configs, func(c *Config) { c.Namespace = cmp.Or(c.Namespace, assumed) })
	out.Made = copies(inv.Made, func(w *Workload) { w.Namespace = cmp.Or(w.Namespace, assumed) })
	out.Monitors = copies(inv.Monitors, func(m *Monitor) { m.Namespace = cmp.Or(m.Namespace, assumed) })
	out.Rights = slices.Clone(inv.Rights)
	for i, g := range out.Rights {
		out.Rights[i].Namespace = cmp.Or(g.Namespace, assumed)
	}
	out.Behinds = slices.Clone(inv.Behinds)
	for i, b := range out.Behinds {
		out.Behinds[i].Namespace = cmp.Or(b.Namespace, assumed)
	}
	out.FrontEnds = slices.Clone(inv.FrontEnds)
	for i, f := range out.FrontEnds {
		out.FrontEnds[i].Namespace = cmp.Or(f.Namespace, assumed)
	}
	if !missing {
		assumed = ""
	}
	return out, assumed
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
