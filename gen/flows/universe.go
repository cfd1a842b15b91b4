package flows

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// universe is what the halves of several clusters have in common: a Space, and what is known of pods and namespaces.
type universe struct {
	*sets.Space
	pods []world.Pod
	// exact is the sets of the declared pods, by their places; those on the host network have none.
	exact []sets.Pods
	// laws hold for all that can exist; plain ones hold besides for pods that belong to one workload, in namespaces that
	// carry no labels which nobody stated.
	laws, plain []sets.Law
	// known is the law of the workloads of which all labels are known; nil where there are none.
	known *sets.KnownPods
	// workloads is what apart keeps apart, and entries likewise of namespaces.
	workloads, entries *sets.Apart
	// declared is the declared pods by side.
	declared [2]*sets.Union
	// stated is the labels of the namespaces of which all are known.
	stated map[string]map[string]string
	// differing holds the names of namespaces of which the clusters say different labels.
	differing []string
	selectors map[selection]sets.Pods
	names     *namer
}

// selection is pods of one namespace, or of those that a selector selects.
type selection struct {
	namespace  string
	namespaces *metav1.LabelSelector
	pods       *metav1.LabelSelector
}

// newUniverse returns what clusters have in common: the pods and namespaces that any of them declares.
func newUniverse(clusters ...world.Cluster) *universe {
	u := &universe{Space: sets.NewSpace(), selectors: map[selection]sets.Pods{}}
	known, stated, selected := map[string]map[string]string{}, map[string]bool{}, map[string]*metav1.LabelSelector{}
	differing := map[string]bool{}
	seen := map[string]bool{}
	var servers []world.DNSServer
	for _, c := range clusters {
		for name, labels := range c.Known {
			if before, ok := known[name]; ok && !maps.Equal(before, labels) {
				differing[name] = true
			}
			known[name] = labels
		}
		servers = append(servers, c.DNS...)
		for name := range c.Namespaces {
			stated[name] = true
		}
		for name, s := range c.Selected {
			selected[name] = s
		}
		for i := range c.Policies {
			stated[c.Policies[i].Namespace] = true
		}
		for _, p := range c.Pods {
			if p.In == nil {
				stated[p.Namespace] = true
			}
			if key := podKey(p) + "\n" + p.Name; !seen[key] {
				seen[key] = true
				u.pods = append(u.pods, p)
			}
		}
	}
	for name := range differing {
		delete(known, name)
	}
	for name := range selected {
		delete(stated, name)
	}
	u.stated, u.differing = known, slices.Sorted(maps.Keys(differing))
	u.declare(servers)
	u.state(known, stated, selected)
	u.names = newNamer(u)
	return u
}

// declare makes the sets of the declared pods; servers are the DNS servers that packages name.
func (u *universe) declare(servers []world.DNSServer) {
	u.declared = [2]*sets.Union{u.NewUnion(), u.NewUnion()}
	known := u.NewKnownPods()
	u.exact = make([]sets.Pods, len(u.pods))
	for i, p := range u.pods {
		in := u.Namespace(p.Namespace)
		if p.In != nil {
			in = u.Namespaces(p.In)
		}
		if p.Selector == nil {
			u.exact[i] = u.Labels(in, p.Labels)
		} else {
			u.exact[i] = u.Select(in, p.Selector)
			if p.Known != nil {
				u.known = known
				known.Add(u.Space, u.exact[i], p.Known)
			}
		}
		if p.HostNetwork {
			continue
		}
		for side, declared := range u.declared {
			b := u.With(sets.Side(side), u.exact[i])
			b.Mark = int32(i)
			declared.Add(b)
		}
	}
	for _, server := range servers {
		if server.Pod == nil {
			continue
		}
		b := u.With(sets.Destination, u.Select(u.Namespace(server.Pod.Namespace), &metav1.LabelSelector{MatchLabels: server.Pod.Labels}))
		b.Mark = -1
		u.declared[sets.Destination].Add(b)
	}
	if u.known != nil {
		u.laws = append(u.laws, u.known)
	}
}

// state makes the laws of namespaces and workloads.
func (u *universe) state(known map[string]map[string]string, stated map[string]bool, selected map[string]*metav1.LabelSelector) {
	if len(known) > 0 {
		u.laws = append(u.laws, u.NewKnownNamespaces(known))
	}
	plain := maps.Clone(known)
	var entries []sets.Pods
	for _, name := range slices.Sorted(maps.Keys(stated)) {
		if _, ok := plain[name]; !ok && !slices.Contains(u.differing, name) {
			plain[name] = map[string]string{}
		}
	}
	// The labels of namespaces by name are stated, so that these are never of two entries.
	others := u.NotNamed(slices.Sorted(maps.Keys(stated)))
	for _, name := range slices.Sorted(maps.Keys(selected)) {
		entries = append(entries, u.And(u.Namespaces(selected[name]), others))
	}
	var workloads []sets.Pods
	for i, p := range u.pods {
		if p.Selector != nil && !p.HostNetwork {
			workloads = append(workloads, u.plainly(i, plain))
		}
	}
	u.workloads, u.entries = u.NewApart(workloads), u.NewApart(entries)
	u.plain = append(slices.Clip(u.laws), u.NewKnownNamespaces(plain), u.workloads, u.entries)
}

// plainly returns the pods of a workload with the labels that are known, in a namespace that carries no labels which
// nobody stated: of two workloads, one may select all of the other's there and only there.
func (u *universe) plainly(i int, stated map[string]map[string]string) sets.Pods {
	p := u.exact[i]
	if labels, ok := stated[u.pods[i].Namespace]; ok && u.pods[i].In == nil {
		p = u.NamespaceLabels(p, labels)
	}
	if u.known != nil {
		p = u.known.Of(u.Space, p)
	}
	return p
}

// selected returns the pods that two selectors of a policy select.
func (u *universe) selected(s selection) sets.Pods {
	p, ok := u.selectors[s]
	if !ok {
		if s.namespaces != nil {
			p = u.Select(u.Namespaces(s.namespaces), s.pods)
		} else {
			p = u.Select(u.Namespace(s.namespace), s.pods)
		}
		u.selectors[s] = p
	}
	return p
}
