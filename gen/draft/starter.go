package draft

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"cuelang.org/go/cue/format"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/evidence"
	"github.com/npgen/npgen/gen/inventory"
)

// Starter writes a first policy package for the manifests, as formatted CUE: namespaces, workloads and the edges that
// the manifests suggest, each guess with a comment that says what it rests on. The name is that of the CUE package;
// one that CUE does not take becomes `policy`.
func Starter(inv *inventory.Inventory, name string) []byte {
	s := newStarter(inv)
	s.head(name)
	s.namespaces()
	s.workloads()
	s.allow()
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
}

func newStarter(inv *inventory.Inventory) *starter {
	placed, assumed := inv.Placed()
	s := &starter{Finder: evidence.New(placed, assumed), assumed: assumed, unitOf: map[*inventory.Workload]*unit{}}
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
	return s
}
