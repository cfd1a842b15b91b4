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
	// known is the laws of what is declared: those that hold for all that can exist, and those of plain pods.
	known *sets.Laws
	// declared is the declared pods by side.
	declared [2]*sets.Union
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
	said := sets.Declared{Known: map[string]map[string]string{}}
	named, selected, differing, seen := map[string]bool{}, map[string]*metav1.LabelSelector{}, map[string]bool{}, map[string]bool{}
	var servers []world.DNSServer
	for _, c := range clusters {
		for name, labels := range c.Known {
			if before, ok := said.Known[name]; ok && !maps.Equal(before, labels) {
				differing[name] = true
			}
			said.Known[name] = labels
		}
		servers = append(servers, c.DNS...)
		for name := range c.Namespaces {
			named[name] = true
		}
		maps.Copy(selected, c.Selected)
		for i := range c.Policies {
			named[c.Policies[i].Namespace] = true
		}
		for _, p := range c.Pods {
			if p.In == nil {
				named[p.Namespace] = true
			}
			if key := podKey(p) + "\n" + p.Name; !seen[key] {
				seen[key] = true
				u.pods = append(u.pods, p)
			}
		}
	}
	for name := range differing {
		delete(said.Known, name)
	}
	for _, name := range slices.Sorted(maps.Keys(selected)) {
		delete(named, name)
		said.Entries = append(said.Entries, u.Namespaces(selected[name]))
	}
	u.differing = slices.Sorted(maps.Keys(differing))
	said.Named, said.Differing = slices.Sorted(maps.Keys(named)), u.differing
	said.Workloads = u.declare(servers)
	u.known = u.NewLaws(said)
	u.names = newNamer(u)
	return u
}

// laws returns what holds for all pods and namespaces that can exist.
func (u *universe) laws() []sets.Law { return u.known.All }

// plain returns what holds for plain pods.
func (u *universe) plain() []sets.Law { return u.known.Plain().Laws }

// declare makes the sets of the declared pods, and returns those of packages; servers are the DNS servers that packages
// name.
func (u *universe) declare(servers []world.DNSServer) []sets.DeclaredPods {
	u.declared = [2]*sets.Union{u.NewUnion(), u.NewUnion()}
	var workloads []sets.DeclaredPods
	u.exact = make([]sets.Pods, len(u.pods))
	for i, p := range u.pods {
		in, namespace := u.Namespace(p.Namespace), p.Namespace
		if p.In != nil {
			in, namespace = u.Namespaces(p.In), ""
		}
		if p.Selector == nil {
			u.exact[i] = u.Labels(in, p.Labels)
		} else {
			u.exact[i] = u.Select(in, p.Selector)
		}
		if p.HostNetwork {
			continue
		}
		if p.Selector != nil {
			workloads = append(workloads, sets.DeclaredPods{Pods: u.exact[i], Namespace: namespace, Known: p.Known})
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
	return workloads
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
