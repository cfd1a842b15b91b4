package gen_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/graph"
)

// checkIsolation holds the policies to the directions in which the packages ask to isolate each pod, declared or not:
// no more, and no less.
func checkIsolation(t *testing.T, result *gen.Result) {
	t.Helper()
	for _, pod := range pods(t, result.Graph.Packages) {
		for d, typ := range map[graph.Directions]networkingv1.PolicyType{
			graph.Ingress: networkingv1.PolicyTypeIngress, graph.Egress: networkingv1.PolicyTypeEgress,
		} {
			by := isolatedBy(result.Policies, pod, typ)
			switch asked := pod.asked.Has(d); {
			case asked && len(by) == 0:
				t.Errorf("%s/%s is to be isolated for %s and is not", pod.namespace, pod.name, d)
			case !asked && len(by) > 0:
				t.Errorf("%s/%s is isolated for %s, which nobody asked for, by %q", pod.namespace, pod.name, d, by)
			}
		}
	}
}

// pod is one pod in an owned namespace, and what the packages ask for it.
type pod struct {
	namespace, name string
	labels          map[string]string
	asked           graph.Directions
}

// pods returns a pod of each declared workload, and one that nobody declared for each owned namespace. It reads the
// packages as declared, not as linked.
func pods(t *testing.T, packages []*graph.Package) []pod {
	t.Helper()
	namespaces := map[string]namespace{}
	for _, p := range packages {
		for name := range owned(p) {
			namespaces[name] = declaredNamespace(p, name)
		}
	}
	var out []pod
	for name, n := range namespaces {
		stranger := pod{namespace: name, name: "(undeclared)", labels: map[string]string{"undeclared": "x"}}
		if !n.perWorkload {
			stranger.asked = n.isolate
		}
		out = append(out, stranger)
	}
	for _, p := range packages {
		for _, d := range p.Workloads {
			ns, name, qualified := strings.Cut(d.Name.Value, "/")
			if !qualified {
				ns, name = p.Namespace.Value, d.Name.Value
			}
			n, known := namespaces[ns]
			if !known || !owned(p)[ns] {
				continue // not ours, or declared by its owner as well
			}
			asked := n.isolate
			switch {
			case d.HostNetwork.Value:
				asked = 0
			case d.Isolate.Set:
				asked = d.Isolate.Directions
			}
			if !n.perWorkload {
				asked |= n.isolate
			}
			out = append(out, pod{ns, name, podLabels(d, name), asked})
		}
	}
	return out
}

// namespace is what the packages say of one namespace.
type namespace struct {
	isolate     graph.Directions
	perWorkload bool
}

func owned(p *graph.Package) map[string]bool {
	out := map[string]bool{}
	if p.Namespace.Value != "" {
		out[p.Namespace.Value] = true
	}
	for _, d := range p.Namespaces {
		if d.Selector == nil && !d.Owned.Is(false) {
			out[d.Name.Value] = true
		}
	}
	return out
}

func declaredNamespace(p *graph.Package, name string) namespace {
	out := namespace{isolate: p.Isolate.Directions, perWorkload: p.Deny.Value == "workload"}
	for _, d := range p.Namespaces {
		if d.Name.Value != name {
			continue
		}
		if d.Isolate.Set {
			out.isolate = d.Isolate.Directions
		}
		if d.Deny.Value != "" {
			out.perWorkload = d.Deny.Value == "workload"
		}
	}
	return out
}

// podLabels returns labels that a workload selects, and no others.
func podLabels(d *graph.WorkloadDecl, name string) map[string]string {
	if d.Selector == nil {
		return map[string]string{"app": name}
	}
	out := maps.Clone(d.Selector.MatchLabels)
	if out == nil {
		out = map[string]string{}
	}
	for _, e := range d.Selector.MatchExpressions {
		switch e.Operator {
		case metav1.LabelSelectorOpIn:
			out[e.Key] = e.Values[0]
		case metav1.LabelSelectorOpExists:
			out[e.Key] = "x"
		}
	}
	return out
}

// isolatedBy returns the names of the policies that isolate a pod in a direction.
func isolatedBy(policies []networkingv1.NetworkPolicy, p pod, typ networkingv1.PolicyType) []string {
	var out []string
	for i := range policies {
		q := &policies[i]
		selector, err := metav1.LabelSelectorAsSelector(&q.Spec.PodSelector)
		if err != nil {
			panic(err)
		}
		if q.Namespace == p.namespace && slices.Contains(q.Spec.PolicyTypes, typ) && selector.Matches(labels.Set(p.labels)) {
			out = append(out, q.Name)
		}
	}
	return out
}
