package reach

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// WithUnknown returns the cluster with a pod for each selector of a policy that selects none of its pods, and a
// namespace for each selector that selects none of its namespaces: policies speak of them, so they may exist. They are
// named after the selector, as {app=web}.
func (c Cluster) WithUnknown() Cluster {
	u := &unknown{Cluster: c, known: map[string]bool{}, byLabel: map[string]map[label][]int{}}
	u.Namespaces = maps.Clone(c.Namespaces)
	if u.Namespaces == nil {
		u.Namespaces = map[string]map[string]string{}
	}
	u.Pods = slices.Clone(c.Pods)
	for i, p := range u.Pods {
		u.index(i, p)
	}
	for i := range c.Policies {
		p := &c.Policies[i]
		u.namespace(p.Namespace)
		u.pod([]string{p.Namespace}, p.Spec.PodSelector)
		for _, r := range p.Spec.Ingress {
			for _, peer := range r.From {
				u.peer(p.Namespace, peer.NamespaceSelector, peer.PodSelector)
			}
		}
		for _, r := range p.Spec.Egress {
			for _, peer := range r.To {
				u.peer(p.Namespace, peer.NamespaceSelector, peer.PodSelector)
			}
		}
	}
	return u.Cluster
}

type unknown struct {
	Cluster
	// known is the selectors that have been looked at.
	known   map[string]bool
	byLabel map[string]map[label][]int
}

func (u *unknown) index(i int, p Pod) {
	u.namespace(p.Namespace)
	m := u.byLabel[p.Namespace]
	if m == nil {
		m = map[label][]int{}
		u.byLabel[p.Namespace] = m
	}
	m[label{}] = append(m[label{}], i)
	for k, v := range p.Labels {
		m[label{k, v}] = append(m[label{k, v}], i)
	}
}

func (u *unknown) namespace(name string) {
	if _, ok := u.Namespaces[name]; !ok {
		u.Namespaces[name] = nil
	}
}

func (u *unknown) peer(own string, namespaces, pods *metav1.LabelSelector) {
	if namespaces == nil && pods == nil {
		return
	}
	in := []string{own}
	if namespaces != nil {
		in = u.selected(*namespaces)
	}
	if pods != nil {
		u.pod(in, *pods)
	}
}

// selected returns the namespaces that a selector selects, a new one where it selects none.
func (u *unknown) selected(s metav1.LabelSelector) []string {
	if l := requiredLabel(s); l.key == nameLabel && len(s.MatchLabels)+len(s.MatchExpressions) == 1 {
		u.namespace(l.value)
		return []string{l.value}
	}
	selector := mustSelector(s)
	var out []string
	for name, given := range u.Namespaces {
		set := labels.Set(maps.Clone(given))
		if set == nil {
			set = labels.Set{}
		}
		set[nameLabel] = name
		if selector.Matches(set) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	example := ExampleLabels(s)
	if len(out) == 0 && selector.Matches(labels.Set(example)) && example[nameLabel] == "" {
		name := selectorName(s)
		u.Namespaces[name] = example
		out = append(out, name)
	}
	return out
}

// pod adds a pod for a selector that selects none in some namespaces.
func (u *unknown) pod(in []string, s metav1.LabelSelector) {
	if len(s.MatchLabels)+len(s.MatchExpressions) == 0 || len(in) == 0 {
		return
	}
	key := selectorText(s)
	for _, n := range in {
		key += "\n" + n
	}
	if u.known[key] {
		return
	}
	u.known[key] = true
	selector, must := mustSelector(s), requiredLabel(s)
	for _, n := range in {
		for _, i := range u.byLabel[n][must] {
			if selector.Matches(labels.Set(u.Pods[i].Labels)) {
				return
			}
		}
	}
	p := Pod{Namespace: in[0], Name: selectorName(s), Labels: ExampleLabels(s), Implied: true}
	if len(in) > 1 {
		p.Namespace = other
	}
	if selector.Matches(labels.Set(p.Labels)) {
		u.Pods = append(u.Pods, p)
		u.index(len(u.Pods)-1, p)
	}
}

func selectorName(s metav1.LabelSelector) string { return "{" + metav1.FormatLabelSelector(&s) + "}" }

// ExampleLabels returns labels that a selector matches, if any do: those it asks for, the first allowed value where it
// leaves a choice, and no others.

func ExampleLabels(s metav1.LabelSelector) map[string]string {
	out := maps.Clone(s.MatchLabels)
	if out == nil {
		out = map[string]string{}
	}
	denied := map[string][]string{}
	for _, r := range s.MatchExpressions {
		if r.Operator == metav1.LabelSelectorOpNotIn {
			denied[r.Key] = append(denied[r.Key], r.Values...)
		}
	}
	for _, r := range s.MatchExpressions {
		_, set := out[r.Key]
		switch {
		case set:
		case r.Operator == metav1.LabelSelectorOpIn:
			for _, v := range slices.Sorted(slices.Values(r.Values)) {
				if !slices.Contains(denied[r.Key], v) {
					out[r.Key] = v
					break
				}
			}
		case r.Operator == metav1.LabelSelectorOpExists:
			out[r.Key] = "any"
		}
	}
	return out
}
