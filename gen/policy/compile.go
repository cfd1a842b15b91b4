// Package policy turns the talk graph into NetworkPolicy objects.
//
// In: a linked graph without error findings. Out: the objects of every owned namespace in the order in which they are
// applied, allow before default deny. It refuses two edges that ask for one object name; all else has been refused
// before. No object isolates a pod in a direction for which the graph does not isolate it.
package policy

import (
	"cmp"
	"maps"
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
func Compile(g *graph.Graph) ([]networkingv1.NetworkPolicy, diag.List) {
	var findings diag.List
	allow := allowObjects(g, &findings)
	deny := denyObjects(g)
	out := make([]networkingv1.NetworkPolicy, 0, len(allow)+len(deny))
	return append(append(out, allow...), sorted(deny)...), findings
}

func sorted(objects []networkingv1.NetworkPolicy) []networkingv1.NetworkPolicy {
	slices.SortFunc(objects, func(a, b networkingv1.NetworkPolicy) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return objects
}

// newObject returns a policy for a subject with what all objects have in common.
func newObject(s graph.Subject, name string, d graph.Directions, w wave) networkingv1.NetworkPolicy {
	out := s.Namespace.Owner.Output
	labels := maps.Clone(out.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[ManagedByLabel] = "npgen"
	labels[PackageLabel] = out.Name
	p := networkingv1.NetworkPolicy{
		TypeMeta: metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{
			Name:        name,
			Namespace:   s.Namespace.Name,
			Labels:      labels,
			Annotations: maps.Clone(out.Annotations),
		},
	}
	setWave(&p, out, w)
	if s.Workload != nil {
		p.Spec.PodSelector = graph.Canonical(s.Workload.Selector)
	}
	if d.Has(graph.Ingress) {
		p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress)
	}
	if d.Has(graph.Egress) {
		p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
	}
	return p
}

func directions() []graph.Directions { return []graph.Directions{graph.Ingress, graph.Egress} }
