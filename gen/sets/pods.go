package sets

import (
	"cmp"
	"encoding/binary"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Pods is a set of pods: all whose namespace and labels satisfy some constraints. Its labels are those of no end yet.
type Pods struct {
	literals []literal
	// exact says by group that the labels are all that there are: others are absent.
	exact [perSide]bool
}

// Namespace returns the pods of one namespace.
func (s *Space) Namespace(name string) Pods {
	return Pods{literals: []literal{{labelOf(namespaceLabels, nameKey), s.equal(name)}}}
}

// Namespaces returns the pods of the namespaces that a selector selects; nil is all.
func (s *Space) Namespaces(selector *metav1.LabelSelector) Pods {
	return Pods{literals: s.selector(nil, namespaceLabels, selector)}
}

// Select returns those pods that a selector also selects; nil is all. A selector that contradicts itself selects none.
func (s *Space) Select(p Pods, selector *metav1.LabelSelector) Pods {
	return Pods{literals: s.selector(slices.Clone(p.literals), podLabels, selector), exact: p.exact}
}

// NamespaceLabels returns those pods whose namespace has just these labels, besides its name.
func (s *Space) NamespaceLabels(p Pods, labels map[string]string) Pods {
	p.literals = s.labels(slices.Clone(p.literals), namespaceLabels, labels)
	p.exact[namespaceLabels] = true
	return p
}

// Labels returns those pods that have these labels, those that the set asks for, and no others.
func (s *Space) Labels(p Pods, labels map[string]string) Pods {
	p.literals = s.labels(slices.Clone(p.literals), podLabels, labels)
	p.exact[podLabels] = true
	return p
}

func (s *Space) labels(to []literal, group int, labels map[string]string) []literal {
	for k, v := range labels {
		to = s.add(to, literal{labelOf(group, s.key(k)), s.equal(v)})
	}
	return to
}

func (s *Space) selector(to []literal, group int, selector *metav1.LabelSelector) []literal {
	if selector == nil {
		return to
	}
	to = s.labels(to, group, selector.MatchLabels)
	for _, r := range selector.MatchExpressions {
		c := Anything
		switch r.Operator {
		case metav1.LabelSelectorOpIn:
			c = s.in(r.Values, false)
		case metav1.LabelSelectorOpNotIn:
			c = s.in(r.Values, true)
		case metav1.LabelSelectorOpExists:
			c = Present
		case metav1.LabelSelectorOpDoesNotExist:
			c = Absent
		}
		to = s.add(to, literal{labelOf(group, s.key(r.Key)), c})
	}
	return to
}

// named is the label of a namespace's name at no end yet.
const named = label(namespaceLabels<<keyBits) | label(nameKey)

// add adds a literal to a sorted list, in its place.
func (s *Space) add(to []literal, l literal) []literal {
	if l.label.isName() {
		l.constraint = s.and(l.constraint, Present)
	}
	at, found := slices.BinarySearchFunc(to, l.label, func(x literal, want label) int { return cmp.Compare(x.label, want) })
	if found {
		to[at].constraint = s.and(to[at].constraint, l.constraint)
		return to
	}
	if l.constraint == Anything {
		return to
	}
	return slices.Insert(to, at, l)
}

// And returns the pods that are in both sets.
func (s *Space) And(p, q Pods) Pods {
	b, ok := s.Intersect(&Box{literals: p.literals, exact: exactGroups(p, Source)}, &Box{literals: q.literals, exact: exactGroups(q, Source)})
	if !ok {
		return Pods{literals: []literal{{labelOf(podLabels, nameKey), Nothing}}}
	}
	return Pods{literals: b.literals, exact: [perSide]bool{b.exact[0], b.exact[1]}}
}

func exactGroups(p Pods, side Side) (out [groups]bool) {
	for g, is := range p.exact {
		out[int(side)*perSide+g] = is
	}
	return out
}

// IsEmpty reports whether no pod can be in the set.
func (p Pods) IsEmpty() bool {
	return slices.ContainsFunc(p.literals, func(l literal) bool { return l.constraint == Nothing })
}

// Within reports whether every pod of p is in q.
func (s *Space) Within(p, q Pods) bool {
	if p.IsEmpty() {
		return true
	}
	return s.BoxWithin(&Box{literals: p.literals, exact: exactGroups(p, Source)}, &Box{literals: q.literals, exact: exactGroups(q, Source)})
}

// Equal reports whether both sets hold the same pods.
func (s *Space) Equal(p, q Pods) bool { return s.Within(p, q) && s.Within(q, p) }

// Meet reports whether some pod is in both sets.
func (s *Space) Meet(p, q Pods) bool { return !s.And(p, q).IsEmpty() }

// Key returns a text that is equal for equal sets of one Space, and for others where they were not made alike.
func (p Pods) Key() string {
	text := make([]byte, 0, 8*len(p.literals)+2)
	for g, is := range p.exact {
		if is {
			text = append(text, byte(g))
		}
	}
	for _, l := range p.literals {
		text = binary.LittleEndian.AppendUint32(text, uint32(l.label))
		text = binary.LittleEndian.AppendUint32(text, uint32(l.constraint))
	}
	return string(text)
}

// Selectors returns the two selectors that select the pods.
func (s *Space) Selectors(p Pods) (namespaces, pods *metav1.LabelSelector) {
	both := [perSide]*metav1.LabelSelector{{}, {}}
	for _, l := range p.literals {
		s.require(both[l.label.group()], s.keyNames[l.label.key()], s.constraints[l.constraint])
	}
	return both[namespaceLabels], both[podLabels]
}

func (s *Space) require(to *metav1.LabelSelector, key string, c constraint) {
	values := make([]string, len(c.values))
	for i, v := range c.values {
		values[i] = s.valueNames[v]
	}
	slices.Sort(values)
	add := func(operator metav1.LabelSelectorOperator, values []string) {
		to.MatchExpressions = append(to.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: operator, Values: values})
	}
	switch {
	case !c.but && !c.absent && len(values) == 1:
		metav1.AddLabelToSelector(to, key, values[0])
	case !c.but && !c.absent:
		add(metav1.LabelSelectorOpIn, values)
	case !c.but: // no selector leaves a finite set of values and none
		add(metav1.LabelSelectorOpDoesNotExist, nil)
	case c.but && len(values) == 0:
		if key != NameLabel {
			add(metav1.LabelSelectorOpExists, nil)
		}
	default:
		if !c.absent && key != NameLabel {
			add(metav1.LabelSelectorOpExists, nil)
		}
		add(metav1.LabelSelectorOpNotIn, values)
	}
}

// Name returns the name of the one namespace that the pods are in; "" where they may be in several.
func (s *Space) Name(p Pods) string {
	for _, l := range p.literals {
		if v, ok := s.single(l.constraint); ok && l.label == named {
			return s.valueNames[v]
		}
	}
	return ""
}

// WholeNamespaces returns the pods of the same namespaces, whatever their own labels.
func (p Pods) WholeNamespaces() Pods {
	return Pods{literals: p.group(namespaceLabels), exact: [perSide]bool{p.exact[namespaceLabels], false}}
}

// NotNamed returns the pods of all namespaces but some.
func (s *Space) NotNamed(names []string) Pods {
	c := s.in(names, true)
	return Pods{literals: s.add(nil, literal{labelOf(namespaceLabels, nameKey), c})}
}

// mostParts is into how many parts ByValue divides a set.
const mostParts = 64

// ByValue divides a set into parts, of which each leaves one value to the labels of pods that the set leaves a few. Where
// there would be too many parts, some labels keep their values.
func (s *Space) ByValue(p Pods) []Pods {
	parts := []Pods{p}
	for i, l := range p.literals {
		c := s.constraints[l.constraint]
		if l.label.group() != podLabels || c.but || c.absent || len(c.values) < 2 || len(parts)*len(c.values) > mostParts {
			continue
		}
		var next []Pods
		for _, part := range parts {
			for _, v := range c.values {
				one := Pods{literals: slices.Clone(part.literals), exact: part.exact}
				one.literals[i].constraint = s.equal(s.valueNames[v])
				next = append(next, one)
			}
		}
		parts = next
	}
	return parts
}
