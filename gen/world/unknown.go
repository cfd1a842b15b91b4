package world

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
)

// WithUnknown returns the cluster with a pod for each selector of a policy that selects none of its pods, and a
// namespace for each selector that selects none of its namespaces: policies speak of them, so they may exist. They are
// named after the selector, as {app=web}.
func (c Cluster) WithUnknown() Cluster {
	u := &unknown{Cluster: c, known: map[string]bool{}, byLabel: map[string]map[rule.Label][]int{}}
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
		u.pod([]string{p.Namespace}, p.Subject)
		for _, d := range graph.AllDirections() {
			for _, rules := range [][]rule.Rule{p.Rules, p.Ignored} {
				for _, r := range rules {
					if r.Direction == d {
						u.peers(p.Namespace, r.Peers)
					}
				}
			}
		}
	}
	for i := range c.Others {
		p := &c.Others[i].Policy
		if p.Namespaces != nil {
			u.peers("", []rule.Peer{{Namespaces: p.Namespaces, Pods: p.Subject}})
		} else {
			u.namespace(p.Namespace)
			u.pod([]string{p.Namespace}, p.Subject)
		}
		for _, r := range p.Rules {
			u.peers(p.Namespace, r.Peers)
		}
	}
	return u.Cluster
}

type unknown struct {
	Cluster
	// known is the selectors that have been looked at.
	known   map[string]bool
	byLabel map[string]map[rule.Label][]int
}

func (u *unknown) index(i int, p Pod) {
	u.namespace(p.Namespace)
	m := u.byLabel[p.Namespace]
	if m == nil {
		m = map[rule.Label][]int{}
		u.byLabel[p.Namespace] = m
	}
	m[rule.Label{}] = append(m[rule.Label{}], i)
	for k, v := range p.Labels {
		m[rule.Label{Key: k, Value: v}] = append(m[rule.Label{Key: k, Value: v}], i)
	}
}

func (u *unknown) namespace(name string) {
	if _, ok := u.Namespaces[name]; !ok {
		u.Namespaces[name] = nil
	}
}

func (u *unknown) peers(own string, peers []rule.Peer) {
	for _, p := range peers {
		if p.Block != nil {
			continue
		}
		in := []string{own}
		if p.Namespaces != nil {
			in = u.selected(p.Namespaces)
		}
		if p.Pods != nil {
			u.pod(in, p.Pods)
		}
	}
}

// selected returns the namespaces that a selector selects, a new one where it selects none.
func (u *unknown) selected(s *metav1.LabelSelector) []string {
	if l := rule.Required(s); l.Key == rule.NamespaceName && len(s.MatchLabels)+len(s.MatchExpressions) == 1 {
		u.namespace(l.Value)
		return []string{l.Value}
	}
	selector := rule.Compile(s)
	var out []string
	for name, given := range u.Namespaces {
		set := labels.Set(maps.Clone(given))
		if set == nil {
			set = labels.Set{}
		}
		set[rule.NamespaceName] = name
		if selector.Matches(set) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	example := rule.Example(s)
	if len(out) == 0 && selector.Matches(labels.Set(example)) && example[rule.NamespaceName] == "" {
		name := SelectorName(s)
		u.Namespaces[name] = example
		out = append(out, name)
	}
	return out
}

// pod adds a pod for a selector that selects none in some namespaces.
func (u *unknown) pod(in []string, s *metav1.LabelSelector) {
	if rule.SelectsAll(s) || len(in) == 0 {
		return
	}
	key := rule.NormalForm(s)
	for _, n := range in {
		key += "\n" + n
	}
	if u.known[key] {
		return
	}
	u.known[key] = true
	selector, must := rule.Compile(s), rule.Required(s)
	for _, n := range in {
		for _, i := range u.byLabel[n][must] {
			if selector.Matches(labels.Set(u.Pods[i].Labels)) {
				return
			}
		}
	}
	p := Pod{Namespace: in[0], Name: SelectorName(s), Labels: rule.Example(s), Implied: true}
	if len(in) > 1 {
		p.Namespace = Other
	}
	if selector.Matches(labels.Set(p.Labels)) {
		u.Pods = append(u.Pods, p)
		u.index(len(u.Pods)-1, p)
	}
}

// SelectorName is the name of pods of which only a selector speaks, as {app=web}.
func SelectorName(s *metav1.LabelSelector) string { return "{" + rule.Text(s) + "}" }
