package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Manifests returns what runs as YAML: a Deployment and a Service of each workload, which says in its environment whom it calls.
func (f *Fleet) Manifests() string {
	calls := map[int][]int{}
	for _, e := range f.Edges {
		if e.From.Workload >= 0 && e.To.Workload >= 0 {
			calls[e.From.Workload] = append(calls[e.From.Workload], e.To.Workload)
		}
	}
	var b strings.Builder
	for i, w := range f.Workloads {
		if i > 0 {
			b.WriteString("---\n")
		}
		fmt.Fprintf(&b, "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: %s\n  namespace: %s\nspec:\n  selector:\n    matchLabels:\n%s  template:\n    metadata:\n      labels:\n%s    spec:\n      containers:\n      - name: main\n        image: registry.example.com/%s:1.2.3\n", w.Name, w.Namespace, w.labelLines(6), w.labelLines(8), w.Name)
		if len(calls[i]) > 0 {
			b.WriteString("        env:\n")
		}
		for n, to := range calls[i] {
			t := f.Workloads[to]
			fmt.Fprintf(&b, "        - name: UPSTREAM_%d\n          value: http://%s.%s.svc:%d/\n", n, t.Name, t.Namespace, t.Ports[0].Number)
		}
		b.WriteString("        ports:\n")
		for _, p := range w.Ports {
			fmt.Fprintf(&b, "        - containerPort: %d\n          name: %s\n", p.Number, p.Name)
			if p.UDP {
				b.WriteString("          protocol: UDP\n")
			}
		}
		fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: %s\n  namespace: %s\nspec:\n  selector:\n%s  ports:\n  - port: %d\n    targetPort: %s\n", w.Name, w.Namespace, w.labelLines(4), w.Ports[0].Number, w.Ports[0].Name)
	}
	return b.String()
}

// labelLines returns the labels of the pods of a workload as lines of YAML.
func (w Workload) labelLines(indent int) string {
	labels := w.Labels
	if labels == nil {
		labels = map[string]string{"app": w.Name}
	}
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		fmt.Fprintf(&b, "%s%s: %s\n", strings.Repeat(" ", indent), k, labels[k])
	}
	return b.String()
}

// Question returns an edge between two workloads that is open, as `npgen explain` is asked where only policies are there.
func (f *Fleet) Question() string {
	for _, e := range f.Edges {
		if e.From.Workload < 0 || e.To.Workload < 0 {
			continue
		}
		from, to := f.Workloads[e.From.Workload], f.Workloads[e.To.Workload]
		if from.Labels == nil && to.Labels == nil && !e.Ports[0].UDP {
			return fmt.Sprintf("{app: %s, ns: %s} -> {app: %s, ns: %s}:%d", from.Name, from.Namespace, to.Name, to.Namespace, e.Ports[0].Number)
		}
	}
	return ""
}
