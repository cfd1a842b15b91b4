package reach

import (
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// SubjectWords says which pods a policy selects.
func SubjectWords(p *networkingv1.NetworkPolicy) string {
	return podWords(&p.Spec.PodSelector) + " of namespace " + p.Namespace
}

// RuleWords says whom a rule lets in or out.
func (e *Evaluator) RuleWords(r RuleRef) string {
	rules, _ := rulesOf(&e.cluster.Policies[r.Index], r.Direction)
	if r.Rule >= len(rules) {
		return ""
	}
	return peersWords(r.Namespace, rules[r.Rule].peers)
}

// PortWords says which ports a rule opens.
func (e *Evaluator) PortWords(r RuleRef) string {
	rules, _ := rulesOf(&e.cluster.Policies[r.Index], r.Direction)
	return portsWords(rules[r.Rule].ports)
}

// peersWords describes the peers of a rule.
func peersWords(namespace string, peers []networkingv1.NetworkPolicyPeer) string {
	if len(peers) == 0 {
		return "everyone, in the cluster and outside"
	}
	words := make([]string, len(peers))
	for i, p := range peers {
		words[i] = peerWords(namespace, p)
	}
	return strings.Join(words, ", or ")
}

func peerWords(namespace string, p networkingv1.NetworkPolicyPeer) string {
	if p.IPBlock != nil {
		return blockWords(p.IPBlock)
	}
	pods := "every pod"
	if p.PodSelector != nil {
		pods = podWords(p.PodSelector)
	}
	if p.NamespaceSelector == nil {
		return pods + " of namespace " + namespace
	}
	return pods + " of " + namespaceWords(p.NamespaceSelector)
}

// mostExcepts is how many exceptions of a range are named.
const mostExcepts = 3

func blockWords(b *networkingv1.IPBlock) string {
	out := "addresses in " + b.CIDR
	switch n := len(b.Except); {
	case n == 0:
		return out
	case n <= mostExcepts+1:
		return out + " but not in " + strings.Join(b.Except, ", ")
	default:
		return fmt.Sprintf("%s but not in %s and %d more ranges", out, strings.Join(b.Except[:mostExcepts], ", "), n-mostExcepts)
	}
}

func podWords(s *metav1.LabelSelector) string {
	if len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
		return "every pod"
	}
	return "pods with " + selectorWords(*s)
}

func namespaceWords(s *metav1.LabelSelector) string {
	if len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
		return "every namespace"
	}
	if name, ok := s.MatchLabels[nameLabel]; ok && len(s.MatchLabels)+len(s.MatchExpressions) == 1 {
		return "namespace " + name
	}
	return "namespaces with " + selectorWords(*s)
}

// selectorWords describes what a selector asks for.
func selectorWords(s metav1.LabelSelector) string {
	var parts []string
	for k, v := range s.MatchLabels {
		parts = append(parts, k+"="+v)
	}
	slices.Sort(parts)
	for _, r := range s.MatchExpressions {
		switch r.Operator {
		case metav1.LabelSelectorOpIn:
			parts = append(parts, r.Key+" in ("+strings.Join(r.Values, ", ")+")")
		case metav1.LabelSelectorOpNotIn:
			parts = append(parts, r.Key+" not in ("+strings.Join(r.Values, ", ")+")")
		case metav1.LabelSelectorOpExists:
			parts = append(parts, "any "+r.Key)
		default:
			parts = append(parts, "no "+r.Key)
		}
	}
	return strings.Join(parts, " and ")
}

// portsWords describes the ports of a rule as it is written: a port name stays a name.
func portsWords(in []networkingv1.NetworkPolicyPort) string {
	numbers, names := rulePorts(in)
	var parts []string
	if len(numbers) > 0 {
		parts = append(parts, numbers.Words())
	}
	for _, n := range names {
		text := n.Name
		if n.Protocol != graph.TCP {
			text += "/" + n.Protocol.String()
		}
		parts = append(parts, fmt.Sprintf("the port named %s", text))
	}
	if len(in) == 0 {
		return "all ports"
	}
	return strings.Join(parts, ", ")
}

// Describe says what a target is, for the rule that is missing.
func (t Target) Describe() string {
	if t.Pod == nil {
		return t.Name
	}
	if len(t.Pod.Labels) == 0 {
		return "pods without labels of namespace " + t.Pod.Namespace
	}
	return "pods with " + selectorWords(metav1.LabelSelector{MatchLabels: t.Pod.Labels}) + " of namespace " + t.Pod.Namespace
}

// Edge returns addresses as an edge names them: one range, or every address; "" where they are neither.
func (t Target) Edge() string {
	if t.Addresses.Equal(sets.AllAddresses()) {
		return "any"
	}
	prefixes := t.Addresses.Prefixes()
	switch {
	case len(prefixes) != 1:
		return ""
	case prefixes[0].Addr().Is6():
		return "[" + prefixes[0].String() + "]"
	}
	return prefixes[0].String()
}
