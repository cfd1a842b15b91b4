package statements

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/internal/oracle"
)

// sets returns all that the judge asks of, so that the world tells it apart.
func (x *reviewed) sets() []oracle.Set {
	var all []oracle.Selection
	for name := range x.Pods {
		all = append(all, x.workload(name))
	}
	for _, s := range x.selections() {
		all = append(all, s)
		all = append(all, partsOf(s)...)
	}
	return []oracle.Set{{Pods: all}}
}

func selectorOf(s *metav1.LabelSelector) metav1.LabelSelector {
	if s == nil {
		return metav1.LabelSelector{}
	}
	return *s
}

func selectionOf(own string, peer networkingv1.NetworkPolicyPeer) oracle.Selection {
	if peer.NamespaceSelector == nil {
		return oracle.In(own, selectorOf(peer.PodSelector))
	}
	return oracle.Selection{NamespaceSelector: *peer.NamespaceSelector, PodSelector: selectorOf(peer.PodSelector)}
}

// workload returns the pods of a workload: those with its labels and no others.
func (x *reviewed) workload(name string) oracle.Selection {
	namespace, _, _ := strings.Cut(name, "/")
	s := metav1.LabelSelector{MatchLabels: x.Pods[name]}
	for _, key := range []string{"app", "tier", "role"} {
		if _, has := x.Pods[name][key]; !has {
			s.MatchExpressions = append(s.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpDoesNotExist})
		}
	}
	return oracle.In(namespace, s)
}

// partsOf divides pods by each value that their selector leaves to a label in a list.
func partsOf(s oracle.Selection) []oracle.Selection {
	parts := []oracle.Selection{s}
	for _, key := range []string{"app", "tier", "role"} {
		var values []string
		if v, ok := s.PodSelector.MatchLabels[key]; ok {
			values = append(values, v)
		}
		for _, r := range s.PodSelector.MatchExpressions {
			if r.Key == key && r.Operator == metav1.LabelSelectorOpIn {
				values = append(values, r.Values...)
			}
		}
		slices.Sort(values)
		values = slices.DeleteFunc(slices.Compact(values), func(v string) bool { return !isLeft(&s.PodSelector, key, v) })
		if len(values) < 2 {
			continue
		}
		var next []oracle.Selection
		for _, part := range parts {
			for _, v := range values {
				one := part
				one.PodSelector = *part.PodSelector.DeepCopy()
				one.PodSelector.MatchExpressions = append(one.PodSelector.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpIn, Values: []string{v}})
				next = append(next, one)
			}
		}
		parts = next
	}
	return parts
}

// isLeft reports whether a value of a label is all that a selector asks of the label.
func isLeft(s *metav1.LabelSelector, key, value string) bool {
	only := metav1.LabelSelector{}
	if v, ok := s.MatchLabels[key]; ok {
		only.MatchLabels = map[string]string{key: v}
	}
	for _, r := range s.MatchExpressions {
		if r.Key == key {
			only.MatchExpressions = append(only.MatchExpressions, r)
		}
	}
	return oracle.Matches(&only, map[string]string{key: value})
}

// members returns the classes of a selection.
func (x *reviewed) members(s oracle.Selection) ([]int, error) {
	is, err := x.world.Members(&oracle.Set{Pods: []oracle.Selection{s}})
	var out []int
	for e, in := range is {
		if in {
			out = append(out, e)
		}
	}
	return out, err
}

// end is pods at one end: those of a workload, or all of a selection.
type end struct {
	classes    []int
	isWorkload bool
}

// ends returns the pods of a selection: the workloads that it surely selects, and what policies speak of inside of it
// besides; all of it where it has no workloads.
func (x *reviewed) ends(s oracle.Selection) ([]end, error) {
	var out []end
	for _, name := range slices.Sorted(maps.Keys(x.Pods)) {
		if x.selects(s, name) {
			classes, err := x.members(x.workload(name))
			if err != nil {
				return nil, err
			}
			out = append(out, end{classes, true})
		}
	}
	all, err := x.members(s)
	if len(out) == 0 || err != nil {
		return []end{{all, false}}, err
	}
	for _, spoken := range x.spoken() {
		classes, err := x.members(spoken)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(classes, func(e int) bool { return !slices.Contains(all, e) }) {
			out = append(out, end{classes, false})
		}
	}
	return out, nil
}

// selects reports whether a selection has the pods of a workload, whatever is not known of its namespace.
func (x *reviewed) selects(s oracle.Selection, workload string) bool {
	namespace, _, _ := strings.Cut(workload, "/")
	given, isKnown := x.Namespaces[namespace]
	keys := slices.Collect(maps.Keys(s.NamespaceSelector.MatchLabels))
	for _, r := range s.NamespaceSelector.MatchExpressions {
		keys = append(keys, r.Key)
	}
	if !isKnown && slices.ContainsFunc(keys, func(k string) bool { return k != oracle.NameLabel }) {
		return false
	}
	labels := map[string]string{}
	maps.Copy(labels, given)
	labels[oracle.NameLabel] = namespace
	return oracle.Matches(&s.NamespaceSelector, labels) && oracle.Matches(&s.PodSelector, x.Pods[workload])
}

// spoken returns the pods of selectors that select no workload, each value of a list by itself.
func (x *reviewed) spoken() []oracle.Selection {
	var out []oracle.Selection
	for _, s := range x.selections() {
		isAny := len(s.PodSelector.MatchLabels)+len(s.PodSelector.MatchExpressions) == 0
		if !isAny && !slices.ContainsFunc(slices.Collect(maps.Keys(x.Pods)), func(name string) bool { return x.selects(s, name) }) {
			out = append(out, partsOf(s)...)
		}
	}
	return out
}

// selections returns the pods of all subjects and peers.
func (x *reviewed) selections() []oracle.Selection {
	var out []oracle.Selection
	for i := range x.Policies {
		p := oracle.Default(x.Policies[i])
		out = append(out, oracle.In(p.Namespace, p.Spec.PodSelector))
		for _, peer := range peersOf(&p) {
			out = append(out, selectionOf(p.Namespace, peer))
		}
	}
	return out
}

// peersOf returns the peers by labels of all rules, whether or not they count.
func peersOf(p *networkingv1.NetworkPolicy) []networkingv1.NetworkPolicyPeer {
	var out []networkingv1.NetworkPolicyPeer
	for _, r := range p.Spec.Ingress {
		out = append(out, r.From...)
	}
	for _, r := range p.Spec.Egress {
		out = append(out, r.To...)
	}
	return slices.DeleteFunc(out, func(p networkingv1.NetworkPolicyPeer) bool { return p.IPBlock != nil })
}

// lines is where a policy stands: its spec, its subject, and by direction its rules and their peers.
type lines struct {
	spec, subject int
	rules         [2][]int
	peers         [2][][]peerLines
}

type peerLines struct{ item, pods, namespaces int }

// linesOf finds where the policies of a stream stand.
func linesOf(text string) ([]lines, error) {
	var out []lines
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var document yaml.Node
		if decoder.Decode(&document) != nil {
			return out, nil
		}
		_, kind := field(document.Content[0], "kind")
		if kind.Value != "NetworkPolicy" {
			continue
		}
		var at lines
		key, spec := field(document.Content[0], "spec")
		at.spec = key.Line
		subject, _ := field(spec, "podSelector")
		at.subject = subject.Line
		for d, names := range [2][2]string{oracle.Ingress: {"ingress", "from"}, oracle.Egress: {"egress", "to"}} {
			_, rules := field(spec, names[0])
			for _, r := range rules.Content {
				at.rules[d] = append(at.rules[d], r.Line)
				_, peers := field(r, names[1])
				var all []peerLines
				for _, peer := range peers.Content {
					pods, _ := field(peer, "podSelector")
					namespaces, _ := field(peer, "namespaceSelector")
					all = append(all, peerLines{peer.Line, pods.Line, namespaces.Line})
				}
				at.peers[d] = append(at.peers[d], all)
			}
		}
		out = append(out, at)
	}
}

// field returns a field of a mapping; both are empty where it has none.
func field(of *yaml.Node, name string) (key, value *yaml.Node) {
	for i := 0; i+1 < len(of.Content); i += 2 {
		if of.Content[i].Value == name {
			return of.Content[i], of.Content[i+1]
		}
	}
	return &yaml.Node{}, &yaml.Node{}
}
