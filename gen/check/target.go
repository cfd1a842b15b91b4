package check

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/cilium/identity"
	"github.com/npgen/npgen/gen/graph"
)

// oneTarget refuses packages of one build that want objects of different kinds, or some of them as a dry run: what the
// one opens and the other closes would be proven of both together.
func oneTarget(g *graph.Graph, out *diag.List) bool {
	var first *graph.Package
	ok := true
	for _, n := range g.Namespaces {
		switch {
		case !n.Owned():
		case first == nil:
			first = n.Owner
		case n.Owner.Output.Target != first.Output.Target || n.Owner.Output.Staged.Value != first.Output.Staged.Value:
			ok = false
			describe := func(p *graph.Package) string {
				if p.Output.Staged.Value {
					return "staged"
				}
				return p.Output.Target.String()
			}
			out.Errorf(diag.PackageConflict, n.Owner.Output.Pos, "the packages of one build have one target, and this one is for `%s`, another for `%s`", describe(n.Owner), describe(first)).
				WithHelp("write the same `output: target` and `output: staged` in all, or build them by themselves").WithRelated(first.Output.Pos, "the other package")
			return ok
		}
	}
	if !ok || g.Target() == graph.Cilium {
		return ok
	}
	for _, e := range g.Edges {
		// A package for another target has a finding of its own.
		if names := len(e.HTTP()) > 0 || len(e.To.Hosts()) > 0; names && e.Package.Output.Target == graph.Cilium {
			ok = false
			out.Errorf(diag.Unsupported, e.Decl.Pos, "`%s` names hosts or requests, and the packages that own namespaces are for `%s`", e.Decl.Text, g.Target()).
				WithHelp("write `output: target: \"%s\"` in those packages", graph.Cilium)
		}
	}
	return ok
}

// ciliumSays refuses what Cilium cannot say: labels by which it does not tell pods apart, DNS servers that are neither
// pods nor addresses nor the node, and requests on ports that have none.
func ciliumSays(h *halves, out *diag.List) {
	g := h.graph
	if g.Target() != graph.Cilium {
		return
	}
	for _, w := range g.Workloads {
		for _, key := range keysOf(&w.Selector) {
			unsayableLabel(key, fmt.Sprintf("the selector of `%s`", w.Name), w.Pos, out)
		}
	}
	for _, n := range g.Namespaces {
		if n.Selector == nil {
			continue
		}
		for _, key := range keysOf(n.Selector) {
			if !identity.SelectsNamespaces(key) {
				out.Errorf(diag.Unsupported, n.Pos, "the label `%s` of namespace `%s` is too long for a selector of Cilium's, which puts its own words before it", key, n.Name).
					WithHelp("select the namespaces by a shorter label")
			}
		}
	}
	h.ciliumDNS(out)
	h.hostsNeedDNS(out)
	h.requestsSaid(out)
	h.requestsOverridden(out)
}

// targetFits refuses a target that the cluster's network plugin does not know.
func targetFits(g *graph.Graph, out *diag.List) {
	cni := g.Cluster.CNI
	switch {
	case !cni.IsSet():
	case g.Target() == graph.Cilium && cni.Value != "cilium" && cni.Value != "azure-cilium":
		out.Errorf(diag.CNIDiffers, cni.Pos, "`%s` knows no CiliumNetworkPolicies, and `output: target` is `%s`", cni.Value, graph.Cilium).
			WithHelp("write `output: target: \"%s\"`", graph.Kubernetes)
	case g.Staged() && cni.Value != "calico":
		out.Errorf(diag.CNIDiffers, cni.Pos, "`%s` knows no dry runs of Calico's, and `output: staged` asks for them", cni.Value).
			WithHelp("remove `staged`")
	}
}

func keysOf(s *metav1.LabelSelector) []string {
	var out []string
	for key := range s.MatchLabels {
		out = append(out, key)
	}
	for _, r := range s.MatchExpressions {
		out = append(out, r.Key)
	}
	return out
}

func unsayableLabel(key, what string, pos diag.Pos, out *diag.List) {
	switch {
	case identity.IsOwn(key):
		out.Errorf(diag.Unsupported, pos, "%s asks for the label `%s`, which Cilium sets itself", what, key).
			WithHelp("select the pods by a label of their own")
	case !identity.Has(key):
		out.Errorf(diag.Unsupported, pos, "%s asks for the label `%s`, which Cilium leaves out of the identity of pods, so that it would select none", what, key).
			WithHelp("select the pods by another label, such as `app` or `app.kubernetes.io/name`")
	}
}
