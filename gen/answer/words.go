package answer

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// subjectWords says which pods a policy selects.
func subjectWords(p *rule.Policy) string {
	if p.Namespaces != nil {
		return podWords(p.Subject) + " of " + namespaceWords(p.Namespaces)
	}
	return podWords(p.Subject) + " of namespace " + p.Namespace
}

// ruleOf returns the rule that a reference names, or nil.
func (in explainer) ruleOf(r flows.RuleRef) *rule.Rule {
	p, _ := in.PolicyOf(r)
	if r.Other {
		return &p.Rules[r.Rule]
	}
	rules := p.In(r.Direction)
	if r.Rule >= len(rules) {
		return nil
	}
	return &rules[r.Rule]
}

// ruleWords says whom a rule lets in or out.
func (in explainer) ruleWords(r flows.RuleRef) string {
	x := in.ruleOf(r)
	switch {
	case x == nil:
		return ""
	case x.Everyone():
		return "everyone, in the cluster and outside"
	case len(x.Peers) == 0:
		return "nobody whom npgen counts"
	}
	words := make([]string, len(x.Peers))
	for i, p := range x.Peers {
		words[i] = peerWords(r.Namespace, p)
	}
	out := strings.Join(words, ", or ")
	if x.Narrowed {
		out += ", for some requests or hosts only"
	}
	return out
}

// portWords says which ports a rule opens: a port name stays a name.
func (in explainer) portWords(r flows.RuleRef) string {
	x := in.ruleOf(r)
	if x.Ports.Equal(sets.AllPorts()) {
		return "all ports"
	}
	var parts []string
	if !x.Ports.IsEmpty() {
		parts = append(parts, x.Ports.Words())
	}
	for _, n := range x.Named {
		text := n.Name
		if n.Protocol != sets.TCP {
			text += "/" + n.Protocol.String()
		}
		parts = append(parts, fmt.Sprintf("the port named %s", text))
	}
	return strings.Join(parts, ", ")
}

func peerWords(namespace string, p rule.Peer) string {
	if p.Block != nil {
		return blockWords(p.Block)
	}
	pods := podWords(p.Pods)
	if p.Namespaces == nil {
		return pods + " of namespace " + namespace
	}
	return pods + " of " + namespaceWords(p.Namespaces)
}

// mostExcepts is how many exceptions of a range are named.
const mostExcepts = 3

func blockWords(b *rule.Block) string {
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
	if rule.SelectsAll(s) {
		return "every pod"
	}
	return "pods with " + selectorWords(*s)
}

func namespaceWords(s *metav1.LabelSelector) string {
	if rule.SelectsAll(s) {
		return "every namespace"
	}
	s = rule.WithLabels(s)
	if name, ok := s.MatchLabels[rule.NamespaceName]; ok && len(s.MatchLabels)+len(s.MatchExpressions) == 1 {
		return "namespace " + name
	}
	return "namespaces with " + selectorWords(*s)
}

// selectorWords describes what a selector asks for.
func selectorWords(asked metav1.LabelSelector) string {
	s := rule.WithLabels(&asked)
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

// describe says what a target is, for the rule that is missing.
func describe(t flows.Target) string {
	if t.Pod == nil {
		return t.Name
	}
	if len(t.Pod.Labels) == 0 {
		return "pods without labels of namespace " + t.Pod.Namespace
	}
	return "pods with " + selectorWords(metav1.LabelSelector{MatchLabels: t.Pod.Labels}) + " of namespace " + t.Pod.Namespace
}

// edgeOf returns addresses as an edge names them: one range, or every address; "" where they are neither.
func edgeOf(t flows.Target) string {
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
