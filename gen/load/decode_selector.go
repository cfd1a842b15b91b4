package load

import (
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
	d.entries(v, near, "`labels`", func(key string, v node) {
		s, ok := d.str(v, near, "the label `"+key+"`")
		if !ok {
			return
		}
		d.labelKey(key, d.label(v, near))
		d.labelValue(s, d.at(v, near))
		out[key] = s
	})
	return out
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
