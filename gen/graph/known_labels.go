package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/sets"
)

// knowNamespace takes over the labels that an entry knows of a namespace.
func (l *linker) knowNamespace(n *Namespace, k *KnownLabels) {
	if k != nil {
		l.know(&n.KnownLabels, &n.KnownLabelsPos, k, "namespace `"+n.Name+"`")
	}
}

// knowWorkload takes over the labels that a second declaration knows of a workload.
func (l *linker) knowWorkload(w *Workload, k *KnownLabels) {
	if k != nil {
		l.know(&w.KnownLabels, &w.KnownLabelsPos, k, "the workload `"+w.String()+"`")
	}
}

// know takes over known labels, which must be those that another package knows.
func (l *linker) know(labels *map[string]string, pos *diag.Pos, k *KnownLabels, of string) {
	switch {
	case *labels == nil:
		*labels, *pos = k.Labels, k.Pos
	case !maps.Equal(*labels, k.Labels):
		l.findings.Errorf(diag.PackageConflict, k.Pos, "the `knownLabels` of %s are `%s` here and `%s` elsewhere", of, mapText(k.Labels), mapText(*labels)).
			WithHelp("write the same in both packages, or leave them out of one").WithRelated(*pos, "the other `knownLabels`")
	}
}

// knownFit refuses known labels with which the selector of the workload selects none of its pods.
func (l *linker) knownFit(name string, d *WorkloadDecl) {
	if d.KnownLabels == nil {
		return
	}
	selector := workloadSelector(name, d)
	for _, key := range slices.Sorted(maps.Keys(d.KnownLabels.Labels)) {
		value := d.KnownLabels.Labels[key]
		asks := sets.AsksOf(selector, key)
		if sets.Matches(*asks, map[string]string{key: value}) {
			continue
		}
		finding := l.findings.Errorf(diag.KnownLabels, written(d.KnownLabels.Places[key], d.KnownLabels.Pos), "the known label `%s: %q` of `%s` is none that its selector selects: %s", key, value, d.Name.Value, askedText(asks, key))
		finding.WithHelp("remove it: known labels are those besides the selector's")
		if d.Selector != nil {
			finding.WithRelated(d.Selector.Pos, "the selector")
		}
	}
}

// askedText says what a selector asks of a label.
func askedText(asks *metav1.LabelSelector, key string) string {
	if v, given := asks.MatchLabels[key]; given {
		return fmt.Sprintf("it asks for `%s: %q`", key, v)
	}
	for _, r := range asks.MatchExpressions {
		values := strings.Join(r.Values, ", ")
		switch r.Operator {
		case metav1.LabelSelectorOpIn:
			if len(r.Values) == 0 {
				return fmt.Sprintf("what it asks of `%s` contradicts itself", key)
			}
			return fmt.Sprintf("it asks for `%s` in `%s`", key, values)
		case metav1.LabelSelectorOpNotIn:
			return fmt.Sprintf("it asks for `%s` not in `%s`", key, values)
		}
	}
	return fmt.Sprintf("it asks for pods without `%s`", key)
}
