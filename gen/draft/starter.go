package draft

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"cuelang.org/go/cue/format"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/evidence"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// Starter writes a first policy package for the manifests, as formatted CUE: namespaces, workloads and the edges that
// the manifests suggest, each guess with a comment that says what it rests on. The name is that of the CUE package;
// one that CUE does not take becomes `policy`.
func Starter(inv *inventory.Inventory, name string) []byte {
	s := newStarter(inv)
	s.guesses, s.told = s.toldEveryone(covered(s.edges()))
	s.head(name)
	s.namespaces()
	s.externalsField()
	s.apiServerField()
	s.workloads()
	s.allow()
	s.notes()
	out, err := format.Source(s.out.Bytes())
	if err != nil {
		return s.out.Bytes() // a bug, which the reader of the file can repair and the tests look for
	}
	return out
}

// starter is a package in the making.
type starter struct {
	*evidence.Finder
	// assumed is the namespace of what names none; "" where all objects name one.
	assumed string
	out     bytes.Buffer
	units   []*unit
	loose   []*inventory.Workload
	// unitOf is the unit of each workload.
	unitOf map[*inventory.Workload]*unit
	// names is the namespaces of the workloads, sorted.
	names []string
	// home is the namespace of objects that give none, homeNamed whether others give it.
	home      string
	homeNamed bool
	// openings and isolated is what the policies of the manifests open and isolate; undrafted those that are left out.
	openings  map[*unit][]*opening
	isolated  map[*unit]graph.Directions
	undrafted []string
	// aliases is namespaces that labels select, externals ranges; as edges need them.
	aliases, externals []declaration
	guesses            []*guessed
	// told is what nearly everyone is told of, and where.
	told map[string][]string
	// knowsAPI is set where the manifests show the addresses of the API server.
	knowsAPI bool
}

func newStarter(inv *inventory.Inventory) *starter {
	placed, home, assumed := inv.Placed()
	s := &starter{Finder: evidence.New(placed, assumed), home: home, assumed: assumed, unitOf: map[*inventory.Workload]*unit{}}
	s.homeNamed = slices.ContainsFunc(inv.Workloads, func(w *inventory.Workload) bool { return w.Namespace == home }) ||
		slices.ContainsFunc(inv.Namespaces, func(n *inventory.Namespace) bool { return n.Name == home })
	s.units, s.loose = s.sorted()
	names := map[string]bool{}
	for _, u := range s.units {
		names[u.namespace] = true
		for _, w := range u.members {
			s.unitOf[w] = u
		}
	}
	for _, w := range s.loose {
		names[w.Namespace] = true
	}
	if len(names) == 0 {
		names[cmp.Or(s.assumed, metav1.NamespaceDefault)] = true
	}
	s.names = slices.Sorted(maps.Keys(names))
	_, s.knowsAPI = s.APIServer()
	s.readPolicies()
	return s
}
