package graph

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// workloadSelector returns the selector of a workload's pods: as declared, else the label app=<name>.
func workloadSelector(name string, d *WorkloadDecl) metav1.LabelSelector {
	if d.Selector == nil {
		return metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
	}
	return d.Selector.LabelSelector
}

// Canonical returns the selector with its expressions sorted by key, operator and values, the values sorted without
// doubles, so that equal selectors are written alike.
func Canonical(s metav1.LabelSelector) metav1.LabelSelector {
	out := metav1.LabelSelector{}
	if len(s.MatchLabels) > 0 {
		out.MatchLabels = maps.Clone(s.MatchLabels)
	}
	for _, r := range s.MatchExpressions {
		r.Values = slices.Compact(slices.Sorted(slices.Values(r.Values)))
		out.MatchExpressions = append(out.MatchExpressions, r)
	}
	slices.SortFunc(out.MatchExpressions, func(a, b metav1.LabelSelectorRequirement) int {
		return slices.Compare(requirementKey(a), requirementKey(b))
	})
	out.MatchExpressions = slices.CompactFunc(out.MatchExpressions, func(a, b metav1.LabelSelectorRequirement) bool {
		return slices.Equal(requirementKey(a), requirementKey(b))
	})
	return out
}

func requirementKey(r metav1.LabelSelectorRequirement) []string {
	return append([]string{r.Key, string(r.Operator)}, r.Values...)
}

// constraint is what a selector says of one label: the values it may have, and whether it may be absent.
type constraint struct {
	// in is the allowed values; nil is every value but those in notIn.
	in     map[string]bool
	notIn  map[string]bool
	absent bool
}

// constraints returns what a selector says, label by label.
func constraints(s metav1.LabelSelector) map[string]constraint {
	out := map[string]constraint{}
	for k, v := range s.MatchLabels {
		out[k] = out[k].or(k, out).and(constraint{in: map[string]bool{v: true}})
	}
	for _, r := range s.MatchExpressions {
		c := constraint{}
		switch r.Operator {
		case metav1.LabelSelectorOpIn:
			c.in = set(r.Values)
		case metav1.LabelSelectorOpNotIn:
			c.notIn, c.absent = set(r.Values), true
		case metav1.LabelSelectorOpDoesNotExist:
			c.in, c.absent = map[string]bool{}, true
		}
		out[r.Key] = out[r.Key].or(r.Key, out).and(c)
	}
	return out
}

// or returns the constraint as it stands in the map, or the one that allows everything.
func (c constraint) or(key string, m map[string]constraint) constraint {
	if _, ok := m[key]; ok {
		return c
	}
	return constraint{absent: true}
}

func (c constraint) and(d constraint) constraint {
	out := constraint{absent: c.absent && d.absent, in: c.in, notIn: union(c.notIn, d.notIn)}
	switch {
	case c.in == nil:
		out.in = d.in
	case d.in != nil:
		out.in = map[string]bool{}
		for v := range c.in {
			if d.in[v] {
				out.in[v] = true
			}
		}
	}
	return out
}

// possible reports whether some pod can satisfy the constraint.
func (c constraint) possible() bool {
	if c.absent || c.in == nil {
		return true
	}
	for v := range c.in {
		if !c.notIn[v] {
			return true
		}
	}
	return false
}

// AlsoSelects reports whether a selector selects pods that carry the labels which another selector asks for and no
// others, in at least one of the forms that the other leaves open.
func AlsoSelects(wide, narrow metav1.LabelSelector) bool {
	if len(wide.MatchExpressions) == 0 && len(narrow.MatchExpressions) == 0 {
		for key, value := range wide.MatchLabels {
			if theirs, known := narrow.MatchLabels[key]; !known || theirs != value {
				return false
			}
		}
		return true
	}
	theirs := constraints(narrow)
	for _, d := range theirs {
		if !d.possible() {
			return false // it selects no pod
		}
	}
	for key, c := range constraints(wide) {
		d, known := theirs[key]
		if !known {
			d = constraint{in: map[string]bool{}, absent: true}
		}
		if !c.and(d).possible() {
			return false
		}
	}
	return true
}

// Covers reports whether a selector selects every pod that another one selects, whatever labels pods have.
func Covers(wide, narrow metav1.LabelSelector) bool {
	if len(wide.MatchExpressions)+len(narrow.MatchExpressions) == 0 {
		for k, v := range wide.MatchLabels {
			if w, known := narrow.MatchLabels[k]; !known || w != v {
				return false
			}
		}
		return true
	}
	theirs := constraints(narrow)
	for _, d := range theirs {
		if !d.possible() {
			return true // it selects no pod
		}
	}
	for key, c := range constraints(wide) {
		d, known := theirs[key]
		if !known {
			d = constraint{absent: true}
		}
		if !c.holds(d) {
			return false
		}
	}
	return true
}

// holds reports whether every value that d leaves open satisfies c.
func (c constraint) holds(d constraint) bool {
	switch {
	case d.absent && !c.absent:
		return false
	case d.in == nil:
		for v := range c.notIn {
			if !d.notIn[v] {
				return false
			}
		}
		return c.in == nil
	}
	for v := range d.in {
		if !d.notIn[v] && (c.notIn[v] || c.in != nil && !c.in[v]) {
			return false
		}
	}
	return true
}

// MatchesLabels reports whether a selector selects a pod with exactly these labels.
func MatchesLabels(s metav1.LabelSelector, labels map[string]string) bool {
	return AlsoSelects(s, metav1.LabelSelector{MatchLabels: labels})
}

func set(values []string) map[string]bool {
	out := make(map[string]bool, len(values))
	for _, v := range values {
		out[v] = true
	}
	return out
}

func union(a, b map[string]bool) map[string]bool {
	if len(a) == 0 {
		return b
	}
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}
