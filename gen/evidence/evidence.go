// Package evidence is what manifests say of who calls whom: in the environment, the command line and the configuration of
// workloads, in Ingresses and routes, and in what the API server is told to call.
//
// In: an inventory in which every object has a namespace. Out: calls, each with where the manifests say so. It refuses
// nothing: what could be a name of a Service and is none here leads nowhere.
package evidence

import (
	"slices"
	"strconv"
	"strings"

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
	// Says is what says so, such as "env DB_HOST"; Pos is where.
	Says string
	Pos  func() diag.Pos
	// Sure is set where the text is an address that this workload is given. It is not where a bare word stands under a key
	// that says little, nor where several workloads load a ConfigMap of several addresses, of which each may use a part.
	Sure bool
	// OwnPod is set where the text names a single pod of a StatefulSet, as members of one do to find each other.
	OwnPod bool
}

// Finder finds what leads where in an inventory whose objects all have a namespace.
type Finder struct {
	*inventory.Inventory
	inventory.Links
	// services and configs are those of a name, in any namespace.
	services map[string][]*inventory.Service
	configs  map[string][]*inventory.Config
	// assumed is the namespace of objects whose manifests give none, so that it may go by another name.
	assumed string
}

// New returns a finder. Assumed is the namespace that objects were put into whose manifests give none, "" where all do.
func New(inv *inventory.Inventory, assumed string) *Finder {
	f := &Finder{inv, inv.Links(), map[string][]*inventory.Service{}, map[string][]*inventory.Config{}, assumed}
	for _, s := range inv.Services {
		f.services[s.Name] = append(f.services[s.Name], s)
	}
	for _, c := range inv.Configs {
		f.configs[c.Name] = append(f.configs[c.Name], c)
	}
	return f
}

// Calls returns all calls that the manifests speak of, in their order.
func (f *Finder) Calls() []Call {
	out := f.published()
	for i := range f.FrontEnds {
		out = append(out, f.exposed(&f.FrontEnds[i])...)
	}
	for _, w := range f.Workloads {
		out = append(out, f.calls(w)...)
	}
	return out
}

// calls returns whom a workload's environment, command line and configuration lead to. A workload that names its own
// Service tells others where it is, unless it names one pod of it.
func (f *Finder) calls(w *inventory.Workload) []Call {
	var out []Call
	texts := f.texts(w)
	byKey := map[string]string{}
	for _, t := range texts {
		byKey[t.Key] = t.Value
	}
	for _, t := range texts {
		for _, m := range mentions(t) {
			service, ownPod := f.resolve(m.host, w.Namespace)
			if service == nil {
				continue
			}
			for _, c := range f.lead(service, m.beside(byKey[portKey(t.Key)], service)) {
				c.From, c.Says, c.Pos, c.OwnPod, c.Sure = w, t.From, t.Pos, ownPod, m.strong
				out = append(out, c)
			}
		}
	}
	return out
}

// texts returns what the workload's containers are told, what they read of ConfigMaps and Secrets included.
func (f *Finder) texts(w *inventory.Workload) []inventory.Text {
	out := slices.Clone(w.Texts)
	for _, use := range w.Uses {
		for _, c := range f.configs[use.Name] {
			if c.Kind == use.Kind && c.Namespace == w.Namespace {
				out = append(out, use.Of(c)...)
			}
		}
	}
	return out
}

// beside returns a mention of a host alone with the port that another variable gives, if it is one of the Service's.
func (m mention) beside(port string, s *inventory.Service) mention {
	n, err := strconv.Atoi(strings.TrimSpace(port))
	if err == nil && m.port == 0 && slices.ContainsFunc(s.Ports, func(p inventory.ServicePort) bool { return p.Number == n }) {
		m.port = n
	}
	return m
}
