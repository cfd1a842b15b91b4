// Package policy turns the talk graph into NetworkPolicy objects.
//
// In: a linked graph without error findings. Out: the objects of every owned namespace in the order in which they are
// applied, allow before default deny. It refuses two edges that ask for one object name; all else has been refused
// before. No object isolates a pod in a direction for which the graph does not isolate it.
package policy

import (
	"cmp"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// Labels and annotations of emitted objects (docs/language.md, Output).
const (
	ManagedByLabel = "app.kubernetes.io/managed-by"
	PackageLabel   = "npgen.dev/package"
	EdgesKey       = "npgen.dev/edges"
	WhyKey         = "npgen.dev/why"
)

// Compile returns the policies of a graph: allow objects by namespace and name, then default denies by namespace and
// name (networking.k8s.io/v1, NetworkPolicy).
//
// NetworkPolicies know neither names of hosts nor requests. Where the target does, these are what answers about flows
// rest on: a host is every address, and an edge with requests opens its ports, so that what they close is closed.
//
// The policies are to be read only: they share what they have in common, such as labels, selectors and ports, with each
// other and with the graph. DeepCopy gives one that may be changed.
func Compile(g *graph.Graph) ([]networkingv1.NetworkPolicy, diag.List) {
	return newBuilder(g).compile()
}

// CompileLeast is Compile without the edges that have requests or hosts: what the policies open is open for whatever is
// asked.
func CompileLeast(g *graph.Graph) []networkingv1.NetworkPolicy {
	b := newBuilder(g)
	b.least = true
	out, _ := b.compile()
	return out
}

func (b *builder) compile() ([]networkingv1.NetworkPolicy, diag.List) {
	g := b.graph
	allow, deny := b.allowObjects(), denyObjects(g)
	out := make([]networkingv1.NetworkPolicy, len(allow)+len(deny))
	for i, o := range allow {
		b.allowPolicy(&out[i], o)
		b.applied(&out[i], o)
	}
	for i, o := range deny {
		b.denyPolicy(&out[len(allow)+i], o)
	}
	omitNamespace(g, out, &b.findings)
	return out, b.findings
}

// object is a policy before it is written.
type object struct {
	subject   graph.Subject
	direction graph.Directions
	name      string
	// edges are those that an allow object holds a half of.
	edges []*edge
	// dns is the DNS egress that it holds, if any.
	dns *graph.DNSRule
}

func sortObjects(objects []*object) {
	slices.SortFunc(objects, func(a, b *object) int {
		if a.subject.Namespace != b.subject.Namespace {
			return cmp.Compare(a.subject.Namespace.Name, b.subject.Namespace.Name)
		}
		return cmp.Compare(a.name, b.name)
	})
}

// head writes what all objects have in common.
func (b *builder) head(p *networkingv1.NetworkPolicy, o *object) {
	p.TypeMeta = metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}
	p.Name, p.Namespace = o.name, o.subject.Namespace.Name
	p.Labels = b.packageOf(o).labels
	if w := o.subject.Workload; w != nil {
		p.Spec.PodSelector = *b.canonical(&w.Selector)
	}
	p.Spec.PolicyTypes = b.types[o.direction]
}
