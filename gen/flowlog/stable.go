package flowlog

import (
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/inventory"
)

// stable returns the keys of labels that stay with a workload: those by which it is usually called, where there are some.
func stable(labels map[string]string) []string {
	usual := []string{"app", "app.kubernetes.io/name", "k8s-app", "app.kubernetes.io/instance", "app.kubernetes.io/component"}
	var out []string
	for _, k := range usual {
		if labels[k] != "" {
			out = append(out, k)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		if !inventory.IsGenerated(k) && !inventory.IsVersion(k) && !strings.HasPrefix(k, "topology.kubernetes.io/") {
			out = append(out, k)
		}
	}
	return out
}
