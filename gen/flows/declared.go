package flows

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Declaration is what in a package opens one side of a flow.
type Declaration struct {
	Pos diag.Pos
	// Text names the edge as the user wrote it, or what gives DNS.
	Text string
	// Ports is the ports of the question that it opens.
	Ports sets.Ports
}

// Declared returns the edges of a graph that open a side, in the order in which they are written, and the DNS rules.
func (e *Evaluator) Declared(g *graph.Graph, s Side, asked sets.Ports) []Declaration {
	if len(s.Isolating) == 0 {
		return nil
	}
	var out []Declaration
	seen := map[*graph.EdgeDecl]int{}
	for _, edge := range g.Edges {
		subject, other := edge.End(s.Direction)
		if !edge.Emits(s.Direction) || !e.denotes(other, s.Other) || !e.govern(g.Subjects(subject, s.Direction), s.Subject.Pod) {
			continue
		}
		ports := edge.Ports.Set().Intersect(asked)
		if len(ports) == 0 {
			continue
		}
		if i, known := seen[edge.Decl]; known {
			out[i].Ports = out[i].Ports.Union(ports)
			continue
		}
		seen[edge.Decl] = len(out)
		out = append(out, Declaration{edge.Decl.Pos, "the edge `" + edge.Decl.Text + "`", ports})
	}
	if s.Direction == graph.Egress {
		out = append(out, e.declaredDNS(g, s, asked)...)
	}
	return out
}

// declaredDNS returns what gives DNS to the subject of a side.
func (e *Evaluator) declaredDNS(g *graph.Graph, s Side, asked sets.Ports) []Declaration {
	var out []Declaration
	for _, r := range g.DNSRules() {
		servers := &graph.Peer{Kind: graph.DNS, DNS: r.Config}
		ports := r.Config.PortSet().Set().Intersect(asked)
		switch {
		case len(r.Asked) > 0 || len(ports) == 0 || !e.govern([]graph.Subject{r.Subject}, s.Subject.Pod) || !e.denotes(servers, s.Other):
		case r.Workload != nil && r.Workload.DNS.Is(true):
			out = append(out, Declaration{r.Workload.DNS.Pos, "`dns: true`", ports})
		case r.Cause != nil:
			out = append(out, Declaration{r.Cause.Decl.Pos, "the edge `" + r.Cause.Decl.Text + "`, which gives DNS", ports})
		}
	}
	return out
}

// govern reports whether policies with one of the subjects select a pod.
func (e *Evaluator) govern(subjects []graph.Subject, p *world.Pod) bool {
	return slices.ContainsFunc(subjects, func(s graph.Subject) bool {
		return s.Namespace.Name == p.Namespace && (s.Workload == nil || matchesLabels(s.Workload.Selector, p.Labels))
	})
}

// denotes reports whether a peer of an edge stands for a target.
func (e *Evaluator) denotes(p *graph.Peer, t Target) bool {
	if p.Kind == graph.Any {
		return true
	}
	if t.Pod == nil {
		set := graph.BlockAddresses(p.Blocks)
		if len(p.Hosts()) > 0 {
			set = sets.AllAddresses() // any that a name may have
		}
		if p.DNS != nil {
			set = sets.AddressesOf(p.DNS.CIDRs, nil)
		}
		return t.Addresses.Within(set)
	}
	switch {
	case t.Pod.HostNetwork:
		return false
	case p.Workload != nil:
		return e.inNamespace(p.Workload.Namespace, t.Pod) && matchesLabels(p.Workload.Selector, t.Pod.Labels)
	case p.DNS != nil:
		return p.DNS.HasPods() && t.Pod.Namespace == p.DNS.Namespace && labels.SelectorFromSet(p.DNS.Labels).Matches(labels.Set(t.Pod.Labels))
	case p.Kind == graph.WholeNamespace:
		return e.inNamespace(p.Namespace, t.Pod)
	}
	return p.Kind == graph.AllNamespaces
}

// matchesLabels reports whether a selector matches labels.
func matchesLabels(s metav1.LabelSelector, set map[string]string) bool {
	for k, v := range s.MatchLabels {
		if got, ok := set[k]; !ok || got != v {
			return false
		}
	}
	return len(s.MatchExpressions) == 0 || rule.Compile(&s).Matches(labels.Set(set))
}

func (e *Evaluator) inNamespace(n *graph.Namespace, p *world.Pod) bool {
	return n.Name == p.Namespace || n.Selector != nil && rule.Compile(n.LabelSelector()).Matches(e.namespaceLabels(p.Namespace))
}
