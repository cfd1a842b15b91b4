package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// knownPods compares the pods of a workload with the labels that the package knows of them: all but the selector's.
func (c *checker) knownPods(w *graph.Workload, pods []*inventory.Workload) {
	if w.KnownLabels == nil {
		return
	}
	skip := func(key string) bool {
		_, isKnown := w.KnownLabels[key]
		return inventory.IsGenerated(key) || !isKnown && asksFor(w, key)
	}
	var same map[string]string
	alike := true
	for _, p := range pods {
		labels := maps.Clone(p.Labels)
		maps.DeleteFunc(labels, func(k, _ string) bool { return inventory.IsGenerated(k) || asksFor(w, k) })
		alike = alike && (same == nil || maps.Equal(same, labels))
		same = labels
	}
	for _, p := range pods {
		wrong := c.differences(w.KnownLabels, p.Labels, skip)
		if wrong == "" {
			continue
		}
		finding := c.findings.Errorf(diag.KnownLabels, w.KnownLabelsPos, "the pods of %s have other labels than the `knownLabels` of `%s`: %s", p, c.name(w.Namespace, w.Name), wrong).WithRelated(p.Pos, "%s", p)
		if alike {
			finding.WithHelp("write `knownLabels: %s`", knownText(same))
		} else {
			finding.WithHelp("not all pods that it selects have the same labels: declare a workload for each, or remove `knownLabels`")
		}
	}
}

// asksFor reports whether the selector of a workload says something of a label.
func asksFor(w *graph.Workload, key string) bool {
	if _, given := w.Selector.MatchLabels[key]; given {
		return true
	}
	for _, r := range w.Selector.MatchExpressions {
		if r.Key == key {
			return true
		}
	}
	return false
}

// knownNamespace compares the Namespace objects of a name with the labels that a package knows.
func (c *checker) knownNamespace(n *graph.Namespace) {
	if n.KnownLabels == nil {
		return
	}
	isName := func(key string) bool { return key == corev1.LabelMetadataName }
	for _, o := range c.inv.Namespaces {
		if o.Name != n.Name {
			continue
		}
		wrong := c.differences(n.KnownLabels, o.Labels, isName)
		if wrong == "" {
			continue
		}
		labels := maps.Clone(o.Labels)
		maps.DeleteFunc(labels, func(k, _ string) bool { return isName(k) })
		c.findings.Errorf(diag.KnownLabels, n.KnownLabelsPos, "Namespace `%s` has other labels than its `knownLabels`: %s", n.Name, wrong).
			WithHelp("write `knownLabels: %s`", knownText(labels)).WithRelated(o.Pos, "Namespace `%s`", n.Name)
	}
}

// differences says how labels differ from known ones. One that is missing may still come where a kustomization adds it.
func (c *checker) differences(known, labels map[string]string, skip func(key string) bool) string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, k := range slices.Sorted(maps.Keys(known)) {
		have, given := labels[k]
		switch {
		case skip(k) || have == known[k] && given:
		case given:
			add("`%s`, not `%s`", labelText(k, have), labelText(k, known[k]))
		case !c.inv.Incomplete:
			add("not `%s`", labelText(k, known[k]))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		if _, expected := known[k]; !expected && !skip(k) {
			add("also `%s`", labelText(k, labels[k]))
		}
	}
	return strings.Join(out, ", ")
}

// knownText returns labels as the value of `knownLabels`.
func knownText(labels map[string]string) string {
	if len(labels) == 0 {
		return "{}"
	}
	return labelsText(labels)
}
