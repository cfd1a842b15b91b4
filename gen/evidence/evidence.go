// Package evidence is what manifests say of who calls whom: in the environment, the command line and the configuration of
// workloads, in Ingresses and routes, in monitors and annotations, and in what the API server is told to call.
//
// In: an inventory in which every object has a namespace. Out: calls, what needs the API server and names that nothing
// answers, each with where the manifests say so. It refuses nothing: what is no name of anything here leads nowhere.
package evidence

import (
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// Caller is who calls.
type Caller int

// The callers. Pods are those of the workload that the call names.
const (
	Pods Caller = iota
	// Anyone is everyone, in the cluster and outside.
	Anyone
	// Controller is the pods of an ingress controller, which the manifests do not name.
	Controller
	// APIServer is the Kubernetes API server.
	APIServer
	// Scraper is a Prometheus, which the manifests do not show.
	Scraper
)

// Call is one workload that somebody calls, and the pod ports meant.
type Call struct {
	Caller Caller
	// From is set for Pods.
	From    *inventory.Workload
	To      *inventory.Workload
	Service *inventory.Service
	Ports   []graph.Port
	// Class is that of the Ingress or route, for a Controller.
	Class string
	// Says is what says so, such as "env DB_HOST"; Pos is where.
	Says string
	Pos  func() diag.Pos
	// Sure is set where the text is an address with a port that this workload is given. It is not where the port is a
	// guess among several, nor where several workloads load a ConfigMap of several addresses, of which each may use a part.
	Sure bool
	// OwnPod is set where a workload calls itself: the members of a StatefulSet find each other that way.
	OwnPod bool
	// Everyone is set where nearly every workload of the namespace is given the text, so that it says nothing of who calls.
	Everyone bool
	// anyPort is set where the text leaves open which of the ports.
	anyPort bool
}

// Finder finds what leads where in an inventory whose objects all have a namespace.
type Finder struct {
	*inventory.Inventory
	inventory.Links
	// services and configs are those of a name, in any namespace.
	services map[string][]*inventory.Service
	configs  map[string][]*inventory.Config
	// leaves are the values of the entries of configs, loads who loads each, whole or by key.
	leaves map[entry][]leaf
	loads  map[entry][]*inventory.Workload
	// several is whether the entries of a config lead to more than one Service.
	several map[*inventory.Config]bool
	// inNamespace is how many workloads a namespace has.
	inNamespace map[string]int
	// assumed is the namespace of objects whose manifests give none, so that it may go by another name.
	assumed string
}

// entry is one entry of a ConfigMap or Secret; an empty key is all of it.
type entry struct {
	config *inventory.Config
	key    string
}

// New returns a finder. Assumed is the namespace that objects were put into whose manifests give none, "" where all do.
// What an operator makes of custom resources runs, too.
func New(inv *inventory.Inventory, assumed string) *Finder {
	all := *inv
	all.Workloads = slices.Concat(inv.Workloads, inv.Made)
	f := &Finder{
		Inventory: &all, Links: all.Links(), assumed: assumed,
		services: map[string][]*inventory.Service{}, configs: map[string][]*inventory.Config{},
		leaves: map[entry][]leaf{}, loads: map[entry][]*inventory.Workload{}, several: map[*inventory.Config]bool{},
		inNamespace: map[string]int{},
	}
	for _, s := range all.Services {
		f.services[s.Name] = append(f.services[s.Name], s)
	}
	for _, c := range all.Configs {
		f.configs[c.Name] = append(f.configs[c.Name], c)
	}
	f.findLoads()
	return f
}

// Calls returns all calls that the manifests speak of, in their order.
func (f *Finder) Calls() []Call {
	out := f.published()
	for i := range f.FrontEnds {
		out = append(out, f.exposed(&f.FrontEnds[i])...)
	}
	out = append(out, f.scraped()...)
	for _, w := range f.Workloads {
		out = append(out, f.calls(w)...)
	}
	return out
}

// calls returns whom a workload's environment, command line, configuration and annotations lead to. A workload that names
// its own Service tells others where it is, unless it is one of a StatefulSet that looks for its like.
func (f *Finder) calls(w *inventory.Workload) []Call {
	out := f.connected(w)
	for _, t := range f.told(w) {
		for _, m := range t.mentions() {
			calls, _ := f.lead(w, m)
			for _, c := range calls {
				c.From, c.Says, c.Pos = w, t.From, t.pos
				c.Sure, c.Everyone = c.Sure && m.strong && t.givenTo == alone, t.givenTo == everyone
				out = append(out, c)
			}
		}
	}
	return dropVague(out)
}

// dropVague leaves out calls of any port where another text says the ports of the same callee.
func dropVague(calls []Call) []Call {
	said := map[*inventory.Workload]bool{}
	for _, c := range calls {
		said[c.To] = said[c.To] || c.Sure
	}
	return slices.DeleteFunc(calls, func(c Call) bool { return c.anyPort && said[c.To] })
}
