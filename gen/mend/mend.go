// Package mend says which rules would open a flow that policies deny.
//
// In: an answer of package flows about policies that somebody wrote. Out: the rules as YAML, each with the object that it
// belongs into, or a whole new policy; what is proposed was applied in memory and the question asked again. It refuses,
// with a reason, where no rule opens the flow and little else: for pods that no selector can name, and where a new policy
// would isolate pods that none isolates.
package mend

import (
	"fmt"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
)

// Change is rules to add to a policy, or a new policy.
type Change struct {
	Namespace, Name string
	// At is where the policy stands; "" where it is to be made.
	At string
	// Field is the list that the rules are added to, "" where YAML is the whole policy.
	Field string
	YAML  string
}

// Mending is what opens a flow: changes, or why there are none.
type Mending struct {
	Changes []Change
	Refused string
}

// mender works out what opens one flow.
type mender struct {
	*flows.Inquiry
	answer flows.Answer
	// changed is the policies that are not as they were, by their places, and behind all others the new ones.
	changed map[int]*networkingv1.NetworkPolicy
	added   []*networkingv1.NetworkPolicy
}

// Mend returns what opens the ports of an answer that are closed.
func Mend(in *flows.Inquiry, a flows.Answer) Mending {
	m := &mender{Inquiry: in, answer: a, changed: map[int]*networkingv1.NetworkPolicy{}}
	var out Mending
	for _, s := range []flows.Side{a.Egress, a.Ingress} {
		if a.Closed(s).IsEmpty() {
			continue
		}
		for _, d := range s.Decisions {
			if p, _ := in.PolicyOf(d.RuleRef); d.Action == rule.Deny && !d.Ports.Intersect(a.Closed(s)).IsEmpty() {
				return Mending{Refused: fmt.Sprintf("`%s` denies it, and no rule of a NetworkPolicy opens that", p)}
			}
		}
		if s.Isolating[0].Other {
			return Mending{Refused: "a policy of another kind isolates it, of which npgen writes no rules"}
		}
		c, refused := m.side(s)
		if refused != "" {
			return Mending{Refused: refused}
		}
		out.Changes = append(out.Changes, c)
	}
	if refused := m.check(); refused != "" {
		return Mending{Refused: refused}
	}
	return out
}

// side returns the change that opens one side.
func (m *mender) side(s flows.Side) (Change, string) {
	peers, refused := peersOf(s)
	if refused != "" {
		return Change{}, refused
	}
	ports, ok := portsOf(m.portsToOpen(s))
	if !ok {
		return Change{}, "policies have no name for protocols besides TCP, UDP and SCTP, and a rule for all ports would open more"
	}
	if index, ok := m.ownPolicy(s); ok {
		return m.extend(s, index, peers, ports)
	}
	return m.policy(s, peers, ports)
}

// ownPolicy returns the policy that isolates the subject of a side and no other declared pod.
func (m *mender) ownPolicy(s flows.Side) (int, bool) {
	for _, r := range s.Isolating {
		if r.Other {
			continue
		}
		isOwn := slices.Equal(m.Evaluator.Select(r.Index), []string{s.Subject.Pod.Namespace + "/" + s.Subject.Pod.Name}) ||
			s.Subject.Pod.Implied && len(m.Evaluator.Select(r.Index)) == 0
		if isOwn && !rule.SelectsAll(m.Cluster.Policies[r.Index].Subject) && m.Place(r.Index).Written() != nil {
			return r.Index, true
		}
	}
	return 0, false
}

// extend adds a rule to a policy.
func (m *mender) extend(s flows.Side, index int, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) (Change, string) {
	written := m.Place(index).Written().DeepCopy()
	written.Namespace = m.Cluster.Policies[index].Namespace
	field, had, text, err := addRule(&written.Spec, s.Direction, peers, ports)
	if err != nil {
		return Change{}, err.Error()
	}
	if before := m.changed[index]; before != nil { // the other half stands in it, too
		if _, _, _, err := addRule(&before.Spec, s.Direction, peers, ports); err != nil {
			return Change{}, err.Error()
		}
		written = before
	}
	m.changed[index] = written
	at := "spec." + field
	if !had {
		at, text = "spec", field+":\n"+text
	}
	return Change{Namespace: written.Namespace, Name: written.Name, At: m.Place(index).Policy().String(), Field: at, YAML: text}, ""
}

// addRule adds a rule, as it is read from the text that is returned, and says to which field and whether there was one.
func addRule(spec *networkingv1.NetworkPolicySpec, d graph.Directions, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) (field string, had bool, text string, err error) {
	if d == graph.Egress {
		rules := []networkingv1.NetworkPolicyEgressRule{{To: peers, Ports: ports}}
		text, err = reread(&rules)
		field, had = "egress", len(spec.Egress) > 0
		spec.Egress = append(spec.Egress, rules...)
		return field, had, text, err
	}
	rules := []networkingv1.NetworkPolicyIngressRule{{From: peers, Ports: ports}}
	text, err = reread(&rules)
	field, had = "ingress", len(spec.Ingress) > 0
	spec.Ingress = append(spec.Ingress, rules...)
	return field, had, text, err
}

// reread writes a value as YAML and reads it back, so that what is checked is what is shown.
func reread[T any](v *T) (string, error) {
	text, err := yaml.Marshal(*v)
	if err != nil {
		return "", err
	}
	var back T
	if err := yaml.UnmarshalStrict(text, &back); err != nil {
		return "", err
	}
	*v = back
	return string(text), nil
}

// policy makes a policy for the subject of a side. It is for pods that a policy isolates already, so that it closes
// nothing.
func (m *mender) policy(s flows.Side, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) (Change, string) {
	pod := s.Subject.Pod
	labels := identifying(pod)
	if len(labels) == 0 {
		return Change{}, fmt.Sprintf("%s has no labels by which a policy could select it alone", s.Subject.Name)
	}
	selector := within(labels, m.Cluster.Policies[s.Isolating[0].Index].Subject)
	p := &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: m.newName(s), Namespace: pod.Namespace},
		Spec:       networkingv1.NetworkPolicySpec{PodSelector: selector, PolicyTypes: []networkingv1.PolicyType{typeOf(s.Direction)}},
	}
	if _, _, _, err := addRule(&p.Spec, s.Direction, peers, ports); err != nil {
		return Change{}, err.Error()
	}
	text, err := yaml.Marshal(p)
	if err != nil {
		return Change{}, err.Error()
	}
	back, err := read.Policies(text)
	if err != nil || len(back) != 1 {
		return Change{}, "what would be written is not a policy that Kubernetes takes"
	}
	m.added = append(m.added, &back[0])
	return Change{Namespace: p.Namespace, Name: p.Name, YAML: string(text)}, ""
}

func typeOf(d graph.Directions) networkingv1.PolicyType {
	if d == graph.Egress {
		return networkingv1.PolicyTypeEgress
	}
	return networkingv1.PolicyTypeIngress
}

// check applies the changes and asks again.
func (m *mender) check() string {
	const failed = "the rules that would be written do not open it"
	c := m.Cluster
	c.Policies = slices.Clone(c.Policies)
	for i, p := range m.changed {
		read.Default(p)
		if err := read.Validate(p); err != nil {
			return failed
		}
		c.Policies[i] = read.Rules([]networkingv1.NetworkPolicy{*p})[0]
	}
	for _, p := range m.added {
		c.Policies = append(c.Policies, read.Rules([]networkingv1.NetworkPolicy{*p})...)
	}
	answers := flows.New(c).Explain(m.answer.From, m.answer.To, m.answer.Asked)
	if slices.ContainsFunc(answers, func(a flows.Answer) bool { return a.Verdict() != flows.Allowed }) {
		return failed
	}
	return ""
}
