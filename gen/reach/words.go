package reach

import (
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
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
		out := "addresses in " + p.IPBlock.CIDR
		if len(p.IPBlock.Except) > 0 {
			out += " but not in " + strings.Join(p.IPBlock.Except, ", ")
		}
		return out
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
		parts = append(parts, portsText(numbers))
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

// describe says what a target is, for the rule that is missing.
func (t Target) describe() string {
	if t.Pod == nil {
		return t.Name
	}
	if len(t.Pod.Labels) == 0 {
		return "pods without labels of namespace " + t.Pod.Namespace
	}
	return "pods with " + selectorWords(metav1.LabelSelector{MatchLabels: t.Pod.Labels}) + " of namespace " + t.Pod.Namespace
}
