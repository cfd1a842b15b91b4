package load

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// selectorFields gathers the labels and expressions of one selector, and counts what the user gave.
type selectorFields struct {
	selector *graph.Selector
	given    int
	// broken says that some of them have a fault.
	broken bool
}

func (s *selectorFields) at(pos diag.Pos) *graph.Selector {
	if s.selector == nil {
		s.selector = &graph.Selector{Pos: pos}
	}
	return s.selector
}

func (s *selectorFields) labels(d *decoder, v node, near diag.Pos) {
	before := len(d.findings)
	labels := d.labels(v, near)
	s.at(d.at(v, near)).MatchLabels = labels
	s.given += len(labels)
	s.broken = s.broken || broken(v) || len(d.findings) > before
}

func (s *selectorFields) expressions(d *decoder, v node, near diag.Pos) {
	before, selector := len(d.findings), s.at(d.at(v, near))
	d.list(v, near, "`expressions`", "requirements", func(v node) {
		s.given++
		if r, ok := d.requirement(v, d.at(v, near)); ok {
			selector.MatchExpressions = append(selector.MatchExpressions, r)
		}
	})
	s.broken = s.broken || broken(v) || len(d.findings) > before
}

func (s *selectorFields) empty() bool {
	return s.selector != nil && s.given == 0
}

// labels reads labels and checks them (Kubernetes documentation, Labels and Selectors, Syntax and character set).
func (d *decoder) labels(v node, near diag.Pos) map[string]string {
	out := map[string]string{}
	d.eachLabel(v, near, "`labels`", func(key, value string, _ diag.Pos) { out[key] = value })
	return out
}

// eachLabel calls f for each label of a field, with its place.
func (d *decoder) eachLabel(v node, near diag.Pos, what string, f func(key, value string, pos diag.Pos)) {
	d.entries(v, near, what, func(key string, v node) {
		s, ok := d.str(v, near, "the label `"+key+"`")
		if !ok {
			return
		}
		pos := d.label(v, near)
		d.labelKey(key, pos)
		d.labelValue(s, d.at(v, near))
		f(key, s, pos)
	})
}

// knownLabels reads the field of a namespace or workload; nil where it has a fault, as then not all labels are known.
func (d *decoder) knownLabels(v node, near diag.Pos) *graph.KnownLabels {
	before := len(d.findings)
	out := &graph.KnownLabels{Labels: map[string]string{}, Places: map[string]diag.Pos{}, Pos: d.at(v, near)}
	d.eachLabel(v, near, "`knownLabels`", func(key, value string, pos diag.Pos) {
		out.Labels[key], out.Places[key] = value, pos
	})
	if broken(v) || len(d.findings) > before {
		return nil
	}
	return out
}

// knownOfNamespace checks where a namespace has known labels: it is one that is selected by name, and it is said whether
// that one is owned. Its name is no label to be known besides.
func (d *decoder) knownOfNamespace(n *graph.NamespaceDecl, owned bool) {
	k := n.KnownLabels
	if k == nil {
		return
	}
	if n.Selector != nil {
		d.findings.Errorf(diag.KnownLabels, k.Pos, "`knownLabels` are those of one namespace, and `%s` is selected by labels, which many may have", n.Name.Value).
			WithHelp("remove `knownLabels`, or `labels` and `expressions`").WithRelated(n.Selector.Pos, "selected by labels here")
		n.KnownLabels = nil
		return
	}
	if !owned {
		d.findings.Errorf(diag.MissingField, n.Name.Pos, "the namespace `%s` has `knownLabels`, so it needs `owned`", n.Name.Value).
			WithHelp("write `owned: true` where npgen is to write its policies, or `owned: false` where it is only a peer").WithRelated(k.Pos, "the `knownLabels`")
	}
	if pos, given := k.Places[corev1.LabelMetadataName]; given {
		d.findings.Errorf(diag.KnownLabels, pos, "`%s` is the name of the namespace, which Kubernetes sets", corev1.LabelMetadataName).
			WithHelp("remove it: `knownLabels` are those besides the name")
		n.KnownLabels = nil
	}
}

const keyHelp = "a key is a name of at most 63 letters, digits, `-`, `_` and `.`, with a DNS prefix and `/` before it if wanted"

func (d *decoder) labelKey(key string, pos diag.Pos) {
	if !graph.IsLabelValue(key) && len(validation.IsQualifiedName(key)) > 0 {
		d.findings.Errorf(diag.InvalidLabel, pos, "`%s` is not a label key", key).WithHelp(keyHelp)
	}
}

func (d *decoder) labelValue(s string, pos diag.Pos) {
	if !graph.IsLabelValue(s) && len(validation.IsValidLabelValue(s)) > 0 {
		d.findings.Errorf(diag.InvalidLabel, pos, "`%s` is not a label value", cut(s)).
			WithHelp("a value has at most 63 letters, digits, `-`, `_` and `.`, and starts and ends with a letter or digit")
	}
}

// requirement reads a LabelSelectorRequirement.
func (d *decoder) requirement(v node, pos diag.Pos) (metav1.LabelSelectorRequirement, bool) {
	var r metav1.LabelSelectorRequirement
	before := d.findings.Count(diag.Error)
	keyGiven := false
	d.structure(v, pos, "an expression", fields{
		{"key", func(v node) {
			if r.Key, keyGiven = d.str(v, pos, "`key`"); keyGiven {
				d.labelKey(r.Key, d.at(v, pos))
			}
		}},
		{"operator", func(v node) {
			op, _ := d.word(v, pos, "`operator`", "In", "NotIn", "Exists", "DoesNotExist")
			r.Operator = metav1.LabelSelectorOperator(op)
		}},
		{"values", func(v node) {
			d.list(v, pos, "`values`", "strings", func(v node) {
				if s, ok := d.str(v, pos, "a value"); ok {
					d.labelValue(s, d.at(v, pos))
					r.Values = append(r.Values, s)
				}
			})
		}},
	})
	if d.findings.Count(diag.Error) > before || broken(v) && !v.Exists() {
		return r, false
	}
	needsValues := r.Operator == metav1.LabelSelectorOpIn || r.Operator == metav1.LabelSelectorOpNotIn
	switch {
	case !keyGiven:
		d.missing(pos, "an expression", "key", "\"tier\"")
	case r.Operator == "":
		d.missing(pos, "an expression", "operator", "\"In\"")
	case needsValues && len(r.Values) == 0:
		d.findings.Errorf(diag.InvalidLabel, pos, "the operator `%s` needs `values`", r.Operator).WithHelp("write `values: [\"...\"]`, or use `Exists` or `DoesNotExist`")
	case !needsValues && len(r.Values) > 0:
		d.findings.Errorf(diag.InvalidLabel, pos, "the operator `%s` takes no `values`", r.Operator).WithHelp("remove `values`, or use `In` or `NotIn`")
	}
	return r, d.findings.Count(diag.Error) == before
}
