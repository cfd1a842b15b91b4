package flows

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Set is one end of flows: pods without some others, or addresses outside of the cluster.
type Set struct {
	// Pods and Except are selections of pods, none where the set is addresses.
	Pods, Except []Selection
	Addresses    sets.Addresses
}

// Selection is pods by two selectors.
type Selection struct {
	Namespaces, Pods *metav1.LabelSelector
}

// namer knows the names of sets of pods.
type namer struct {
	*universe
	// workloads holds the names of declared pods by their sets, namespaces those of namespaces by labels.
	workloads, namespaces map[string]string
	// made holds names that were made before, and wide those of all.
	made, wide map[string]string
}

func newNamer(u *universe) *namer {
	n := &namer{universe: u, workloads: map[string]string{}, namespaces: map[string]string{}, made: map[string]string{}, wide: map[string]string{}}
	twice := map[string]bool{}
	for i, p := range u.pods {
		key, name := u.exact[i].Key(), p.Namespace+"/"+p.Name
		if known, ok := n.workloads[key]; ok && known != name {
			twice[key] = true
		}
		n.workloads[key] = name
	}
	for key := range twice {
		delete(n.workloads, key)
	}
	return n
}

// called adds the names that packages have for namespaces by labels.
func (n *namer) called(selected map[string]*metav1.LabelSelector) {
	for name, s := range selected {
		n.namespaces[n.Namespaces(s).Key()] = name
	}
}

// pods names a set of pods: the workload that has just these, ns/* for all pods of a namespace, */* for all pods, else
// the labels that they have, as in ns/{app=web}.
func (n *namer) pods(p sets.Pods) string {
	key := p.Key()
	name, ok := n.made[key]
	if !ok {
		name = n.newName(p, key)
		n.made[key] = name
	}
	return name
}

func (n *namer) newName(p sets.Pods, key string) string {
	if _, pods := n.Selectors(p); n.workloads[key] == "" && !rule.SelectsAll(pods) {
		if name := n.onlyWorkload(p); name != "" {
			return name
		}
	}
	return n.all(p)
}

// all names a set of pods of which more are meant than those that are declared: not by the one workload that is in it.
func (n *namer) all(p sets.Pods) string {
	key := p.Key()
	name, ok := n.wide[key]
	if !ok {
		name = n.newWide(p, key)
		n.wide[key] = name
	}
	return name
}

func (n *namer) newWide(p sets.Pods, key string) string {
	if name, ok := n.workloads[key]; ok {
		return name
	}
	whole := p.WholeNamespaces()
	_, pods := n.Selectors(p)
	if rule.SelectsAll(pods) {
		return n.namespace(whole) + "/*"
	}
	return n.namespace(whole) + "/{" + rule.Text(pods) + "}"
}

// onlyWorkload returns the name of the one declared workload whose pods, of which all labels are known, are in a set; ""
// where there is none or several.
func (n *namer) onlyWorkload(p sets.Pods) string {
	found := ""
	for _, b := range n.declared[sets.Source].Meeting(n.With(sets.Source, p)) {
		pod := n.universe.pods[b.Mark]
		name := pod.Namespace + "/" + pod.Name
		switch {
		case pod.Selector != nil:
			return "" // a workload of a package has the name of its own set alone
		case found != "" && found != name:
			return ""
		}
		found = name
	}
	return found
}

// namespace names the namespaces of a set of whole namespaces. One that is meant only with labels which it is not
// known to have is named with them: without them the name would speak of more pods.
func (n *namer) namespace(whole sets.Pods) string {
	if name := n.Name(whole); name != "" && n.Within(n.whole(name), whole) {
		return name
	}
	if name, ok := n.namespaces[whole.Key()]; ok {
		return name
	}
	s, _ := n.Selectors(whole)
	if rule.SelectsAll(s) {
		return "*"
	}
	return "{" + rule.Text(s) + "}"
}

// whole returns the pods of a namespace, with its labels where they are stated.
func (n *namer) whole(name string) sets.Pods {
	out := n.Namespace(name)
	if labels, known := n.stated[name]; known {
		out = n.NamespaceLabels(out, labels)
	}
	return out
}

// mostExcepted is how many exceptions a name has before it counts them.
const mostExcepted = 4

// but names a set of pods without others. Where those are all that is declared of them, the rest has not their name.
func (n *namer) but(p sets.Pods, except []sets.Pods) string {
	name := n.pods(p)
	if slices.ContainsFunc(except, func(e sets.Pods) bool { return n.pods(e) == name }) {
		name = n.all(p)
	}
	return n.without(name, p, except)
}

// without names a set of pods, which has a name, without others.
func (n *namer) without(name string, p sets.Pods, except []sets.Pods) string {
	if len(except) == 0 {
		return name
	}
	own := n.Name(p)
	names := map[string]bool{}
	for _, e := range except {
		text := n.pods(e)
		if own != "" {
			text = strings.TrimPrefix(text, own+"/")
		}
		names[text] = true
	}
	all := slices.Sorted(maps.Keys(names))
	if len(all) > mostExcepted+1 {
		all = append(all[:mostExcepted:mostExcepted], fmt.Sprintf("%d more", len(all)-mostExcepted))
	}
	return name + " but " + strings.Join(all, ", ")
}

// set returns pods without others as selectors.
func (n *namer) set(p sets.Pods, except []sets.Pods) Set {
	out := Set{Pods: []Selection{n.selection(p)}}
	for _, e := range except {
		out.Except = append(out.Except, n.selection(e))
	}
	return out
}

func (n *namer) selection(p sets.Pods) Selection {
	namespaces, pods := n.Selectors(p)
	return Selection{namespaces, pods}
}

// podKey is what policies know of a pod. The ports of a pod are found by it.
func podKey(p world.Pod) string {
	var b strings.Builder
	b.WriteString(p.Namespace)
	if p.HostNetwork {
		b.WriteString(" on the host network")
	}
	if p.Selector != nil {
		b.WriteString(" by " + rule.NormalForm(p.Selector))
	}
	for _, k := range slices.Sorted(maps.Keys(p.Labels)) {
		b.WriteString("\n" + k + "=" + p.Labels[k])
	}
	return b.String()
}

// namespaceLabels returns the labels of a namespace as a cluster has them, with its name.
func namespaceLabels(c world.Cluster, name string) labelSet {
	out := labelSet{rule.NamespaceName: name}
	for k, v := range c.Namespaces[name] {
		out[k] = v
	}
	out[rule.NamespaceName] = name
	return out
}

// labelSet is labels that selectors can be asked about.
type labelSet map[string]string

func (s labelSet) Has(key string) bool                       { _, ok := s[key]; return ok }
func (s labelSet) Get(key string) string                     { return s[key] }
func (s labelSet) Lookup(key string) (value string, ok bool) { value, ok = s[key]; return }
