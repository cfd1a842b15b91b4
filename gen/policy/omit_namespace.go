package policy

import (
	"fmt"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// omitNamespace refuses to leave out the namespace of objects where it says something: where they are of several, and
// where one of them selects its own namespace by its name, which is another one once the objects are installed elsewhere.
func omitNamespace(g *graph.Graph, policies []networkingv1.NetworkPolicy, out *diag.List) {
	p := g.OmitsNamespace()
	if p == nil || len(policies) == 0 {
		return
	}
	refuse := func(format string, args ...any) {
		out.Errorf(diag.InvalidValue, p.Output.OmitNamespace.Pos, "`omitNamespace` leaves out what the objects need: %s", fmt.Sprintf(format, args...)).
			WithHelp("remove `omitNamespace`, or build the packages of each namespace by themselves")
	}
	first := policies[0].Namespace
	for i := range policies {
		if other := policies[i].Namespace; other != first {
			refuse("they are of the namespaces `%s` and `%s`", min(first, other), max(first, other))
			return
		}
	}
	for i := range policies {
		if slices.ContainsFunc(peersOf(&policies[i]), func(peer networkingv1.NetworkPolicyPeer) bool { return names(peer.NamespaceSelector, first) }) {
			refuse("`%s` selects namespace `%s` by its name", policies[i].Name, first)
			return
		}
	}
}

func peersOf(p *networkingv1.NetworkPolicy) (out []networkingv1.NetworkPolicyPeer) {
	for _, r := range p.Spec.Ingress {
		out = append(out, r.From...)
	}
	for _, r := range p.Spec.Egress {
		out = append(out, r.To...)
	}
	return out
}

// names reports whether a selector asks for the name of a namespace.
func names(s *metav1.LabelSelector, namespace string) bool {
	if s == nil {
		return false
	}
	const key = "kubernetes.io/metadata.name"
	return s.MatchLabels[key] == namespace || slices.ContainsFunc(s.MatchExpressions, func(r metav1.LabelSelectorRequirement) bool {
		return r.Key == key && slices.Contains(r.Values, namespace)
	})
}
