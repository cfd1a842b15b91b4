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
	// workloads is the places in pods of those that packages declare, as known has them.
	workloads []int
	// restsOn is the names of what answers rest on, see rests.
	restsOn map[string]bool
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
	u := &universe{Space: sets.NewSpace(), selectors: map[selection]sets.Pods{}, restsOn: map[string]bool{}}
	said := sets.Declared{Known: map[string]map[string]string{}, Stated: map[string]bool{}}
	named, selected, differing, seen := map[string]bool{}, map[string]*metav1.LabelSelector{}, map[string]bool{}, map[string]int{}
	agreed := agreement{of: len(clusters), by: map[string]int{}}
	var servers []world.DNSServer
	for _, c := range clusters {
		for name, labels := range c.Known {
			if before, ok := said.Known[name]; ok && !maps.Equal(before, labels) {
				differing[name] = true
			}
			stated, known := said.Stated[name]
			said.Known[name], said.Stated[name] = labels, c.Stated[name] && (stated || !known)
		}
		servers = append(servers, c.DNS...)
		for name := range c.Namespaces {
			named[name] = true
		}
		maps.Copy(selected, c.Selected)
		for i := range c.Policies {
			named[c.Policies[i].Namespace] = true
		}
		for i := range c.Others {
			if c.Others[i].Policy.Namespace != "" {
				named[c.Others[i].Policy.Namespace] = true
			}
		}
		agreed.add(c.Pods)
		for _, p := range c.Pods {
			if p.In == nil {
				named[p.Namespace] = true
			}
			key := podKey(p) + "\n" + p.Name
			if at, known := seen[key]; !known {
				seen[key] = len(u.pods)
				u.pods = append(u.pods, p)
			} else if p.Known == nil || !maps.Equal(u.pods[at].Known, p.Known) {
				u.pods[at].Known = nil
			}
		}
	}
	for name := range said.Known {
		if differing[name] || isWithdrawn(name, clusters) {
			delete(said.Known, name)
		}
		if !said.Stated[name] || said.Known[name] == nil {
			delete(said.Stated, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(selected)) {
		delete(named, name)
		said.Entries = append(said.Entries, u.Namespaces(selected[name]))
	}
	u.stated, u.differing = said.Known, slices.Sorted(maps.Keys(differing))
	said.Named, said.Differing = slices.Sorted(maps.Keys(named)), u.differing
	said.Workloads = u.declare(servers, agreed)
	u.known = u.NewLaws(said)
	u.names = newNamer(u)
	return u
}

// laws returns what holds for all pods and namespaces that can exist.
func (u *universe) laws() []sets.Law { return u.known.All }

// plain returns what holds for plain pods.
func (u *universe) plain() []sets.Law { return u.known.Plain().Laws }

// rests asks again, without the `knownLabels` of packages, what was answered with no: where the answer is another one, it
// rests on those that the flow does not fit.
func (u *universe) rests(kind sets.Kind, ask func([]sets.Law) *sets.Question) (*sets.Witness, []string) {
	laws, isStated := u.known.Shown()
	if !isStated {
		return nil, nil
	}
	box, answer := ask(laws).Find()
	if answer != sets.Yes {
		return nil, nil
	}
	w := u.Witness(box, kind)
	namespaces, workloads := u.known.RestsOn(w)
	var names []string
	for _, name := range namespaces {
		names = append(names, "namespace `"+name+"`")
	}
	for _, i := range workloads {
		p := u.pods[u.workloads[i]]
		names = append(names, "`"+p.Namespace+"/"+p.Name+"`")
	}
	for _, name := range names {
		u.restsOn[name] = true
	}
	return &w, names
}

// restingOn returns what answers so far rest on.
func (u *universe) restingOn() []string { return slices.Sorted(maps.Keys(u.restsOn)) }

// declare makes the sets of the declared pods, and returns those of packages; servers are the DNS servers that packages
// name, agreed is what the packages of all clusters know of pods.
func (u *universe) declare(servers []world.DNSServer, agreed agreement) []sets.DeclaredPods {
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
			u.workloads = append(u.workloads, i)
		}
		for side, declared := range u.declared {
			b := u.With(sets.Side(side), u.exact[i])
			b.Mark = int32(i)
			declared.Add(b)
		}
	}
	for at, i := range u.workloads {
		if p := u.pods[i]; p.Known != nil && (!agreed.has(p) || u.isContradicted(i)) {
			workloads[at].Known = nil
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

// isWithdrawn reports whether packages of one cluster know all labels of a namespace and those of another, which declare
// it too, do not: then the answer is about a time at which nobody knows.
func isWithdrawn(name string, clusters []world.Cluster) bool {
	stated := slices.ContainsFunc(clusters, func(c world.Cluster) bool { return c.Stated[name] })
	return stated && slices.ContainsFunc(clusters, func(c world.Cluster) bool {
		_, declared := c.Namespaces[name]
		_, known := c.Known[name]
		return declared && !known
	})
}

// agreement counts which clusters know the same labels of the pods of a workload: what one side alone knows says nothing
// of the pods of the other.
type agreement struct {
	// of is how many clusters there are.
	of int
	by map[string]int
}

// add adds the pods of a cluster.
func (a agreement) add(pods []world.Pod) {
	said := map[string]bool{}
	for _, p := range pods {
		if p.Known == nil {
			continue
		}
		if key := knownKey(p); !said[key] {
			said[key] = true
			a.by[key]++
		}
	}
}

// has reports whether all clusters know of a workload's pods what is known of them here.
func (a agreement) has(p world.Pod) bool { return a.by[knownKey(p)] == a.of }

func knownKey(p world.Pod) string { return podKey(p) + "\nknown " + sets.LabelsText(p.Known) }

// isContradicted reports whether the labels that are known of the pods of a workload are not those of other declared pods
// which its selector selects.
func (u *universe) isContradicted(i int) bool {
	for _, b := range u.declared[sets.Source].Meeting(u.With(sets.Source, u.exact[i])) {
		other := sets.DeclaredPods{Pods: u.exact[b.Mark], Known: u.pods[b.Mark].Known}
		if u.Contradict(u.exact[i], u.pods[i].Known, other) {
			return true
		}
	}
	return false
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
