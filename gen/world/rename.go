package world

import (
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/rule"
)

// Renaming gives namespaces other names, all at once: the new ones by the old.
type Renaming map[string]string

func (r Renaming) of(name string) string {
	if to, ok := r[name]; ok {
		return to
	}
	return name
}

// Renamed returns the cluster with other names for some of its namespaces, wherever it names them. It refuses a name that
// the cluster does not have, and one that its policies speak of already: then two namespaces would become one.
func (c Cluster) Renamed(to Renaming) (Cluster, error) {
	if len(to) == 0 {
		return c, nil
	}
	spoken := c.spokenOf()
	there := func(name string) bool {
		_, hasLabels := c.Namespaces[name]
		return spoken[name] || hasLabels || slices.ContainsFunc(c.Pods, func(p Pod) bool { return p.Namespace == name })
	}
	for from, name := range to {
		_, moves := to[name]
		switch {
		case !there(from):
			return c, fmt.Errorf("there is no namespace `%s` to rename", from)
		case spoken[name] && !moves:
			return c, fmt.Errorf("namespace `%s` cannot become `%s`: the policies speak of both, and the two would be one", from, name)
		}
	}
	c.Pods = slices.Clone(c.Pods)
	for i := range c.Pods {
		c.Pods[i].Namespace, c.Pods[i].In = to.of(c.Pods[i].Namespace), to.selector(c.Pods[i].In)
	}
	c.Policies = slices.Clone(c.Policies)
	for i := range c.Policies {
		p := &c.Policies[i]
		p.Namespace = to.of(p.Namespace)
		p.Rules, p.Ignored = to.rules(p.Rules), to.rules(p.Ignored)
	}
	c.Others = slices.Clone(c.Others)
	for i := range c.Others {
		p := &c.Others[i].Policy
		p.Namespace, p.Namespaces, p.Rules = to.of(p.Namespace), to.selector(p.Namespaces), to.rules(p.Rules)
	}
	c.DNS = slices.Clone(c.DNS)
	for i, s := range c.DNS {
		if s.Pod != nil {
			pod := *s.Pod
			pod.Namespace = to.of(pod.Namespace)
			c.DNS[i].Pod = &pod
		}
	}
	c.NotCounted = slices.Clone(c.NotCounted)
	for i := range c.NotCounted {
		c.NotCounted[i].Namespace = to.of(c.NotCounted[i].Namespace)
	}
	c.Namespaces, c.Known, c.Stated = renamedKeys(to, c.Namespaces), renamedKeys(to, c.Known), renamedKeys(to, c.Stated)
	for name, labels := range c.Namespaces {
		c.Namespaces[name] = to.labels(labels)
	}
	c.Selected = maps.Clone(c.Selected)
	for name, s := range c.Selected {
		c.Selected[name] = to.selector(s)
	}
	return c, nil
}

// spokenOf returns the namespaces that policies name: their own, and those of peers.
func (c *Cluster) spokenOf() map[string]bool {
	out := map[string]bool{}
	speaks := func(p *rule.Policy) {
		out[p.Namespace] = true
		for _, name := range namesIn(p.Namespaces) {
			out[name] = true
		}
		for _, r := range p.Rules {
			for _, peer := range r.Peers {
				for _, name := range namesIn(peer.Namespaces) {
					out[name] = true
				}
			}
		}
	}
	for i := range c.Policies {
		speaks(&c.Policies[i])
	}
	for i := range c.Others {
		speaks(&c.Others[i].Policy)
	}
	return out
}

func (r Renaming) rules(rules []rule.Rule) []rule.Rule {
	out := slices.Clone(rules)
	for i := range out {
		out[i].Peers = slices.Clone(out[i].Peers)
		for j := range out[i].Peers {
			out[i].Peers[j].Namespaces = r.selector(out[i].Peers[j].Namespaces)
		}
	}
	return out
}

// selector returns a selector of namespaces with other names in it.
func (r Renaming) selector(s *metav1.LabelSelector) *metav1.LabelSelector {
	if len(namesIn(s)) == 0 {
		return s
	}
	out := s.DeepCopy()
	out.MatchLabels = r.labels(out.MatchLabels)
	for i, e := range out.MatchExpressions {
		if e.Key == rule.NamespaceName {
			for j, name := range e.Values {
				out.MatchExpressions[i].Values[j] = r.of(name)
			}
		}
	}
	return out
}

// labels returns labels of a namespace with another name in them.
func (r Renaming) labels(labels map[string]string) map[string]string {
	name, ok := labels[rule.NamespaceName]
	if !ok {
		return labels
	}
	out := maps.Clone(labels)
	out[rule.NamespaceName] = r.of(name)
	return out
}

// namesIn returns the namespaces that a selector of namespaces names.
func namesIn(s *metav1.LabelSelector) []string {
	if s == nil {
		return nil
	}
	var out []string
	if name, ok := s.MatchLabels[rule.NamespaceName]; ok {
		out = append(out, name)
	}
	for _, e := range s.MatchExpressions {
		if e.Key == rule.NamespaceName {
			out = append(out, e.Values...)
		}
	}
	return out
}

func renamedKeys[V any](to Renaming, of map[string]V) map[string]V {
	if of == nil {
		return nil
	}
	out := make(map[string]V, len(of))
	for name, v := range of {
		if _, moves := to[name]; !moves {
			out[name] = v
		}
	}
	for from, name := range to {
		if v, ok := of[from]; ok {
			out[name] = v
		}
	}
	return out
}
