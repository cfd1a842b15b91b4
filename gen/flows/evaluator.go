// Package flows says who reaches whom in a cluster, by the semantics of the Kubernetes API.
//
// In: a world.Cluster, and a question: all flows, those of an edge, how they differ from those of another cluster, or
// the claims of packages. Out: values; package answer puts them into words. A question that is no edge, or names what the
// cluster does not have, is refused with findings.
package flows

import (
	"cmp"
	"net/netip"
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// End is one end of a flow: a pod, or an address outside of the cluster.
type End struct {
	Pod  *world.Pod
	Addr netip.Addr
}

// Evaluator answers who reaches whom in one cluster.
type Evaluator struct {
	cluster  world.Cluster
	policies map[string]*policyIndex
	// compiled is the policies in their order.
	compiled []*compiled
	// pods finds pods once somebody asks for some, and servers are those of DNS.
	pods    *podIndex
	servers []dnsServer
	// others is the policies of other dialects, in the order in which they are asked.
	others []*compiledOther
}

// policyIndex holds the policies of a namespace by a label that their subject must have, and apart those without one.
type policyIndex struct {
	byLabel map[label][]*compiled
	others  []*compiled
}

type label = rule.Label

// compiled is a policy with its selectors ready.
type compiled struct {
	source  *rule.Policy
	index   int
	subject labels.Selector
	// sides holds the rules of the directions that the policy isolates.
	sides map[graph.Directions][]compiledRule
}

type compiledRule struct {
	*rule.Rule
	peers  []podPeer
	blocks sets.Addresses
}

// podPeer is pods as a rule speaks of them.
type podPeer struct {
	// namespace is the one namespace that the peer can be in, or "" where it selects namespaces by labels.
	namespace  string
	namespaces labels.Selector
	pods       labels.Selector
	// label is one that the pods must have; empty where the selector asks for none.
	label label
	// key identifies peers that select the same pods.
	key string
}

// New makes an evaluator.
func New(c world.Cluster) *Evaluator {
	e := &Evaluator{cluster: c, policies: map[string]*policyIndex{}, others: compileOthers(c)}
	for i := range c.Policies {
		p := compile(&c.Policies[i])
		p.index = i
		e.compiled = append(e.compiled, p)
		index := e.policies[p.source.Namespace]
		if index == nil {
			index = &policyIndex{byLabel: map[label][]*compiled{}}
			e.policies[p.source.Namespace] = index
		}
		if l := rule.Required(p.source.Subject); l != (label{}) {
			index.byLabel[l] = append(index.byLabel[l], p)
		} else {
			index.others = append(index.others, p)
		}
	}
	return e
}

func compile(p *rule.Policy) *compiled {
	out := &compiled{source: p, subject: rule.Compile(p.Subject), sides: map[graph.Directions][]compiledRule{}}
	for _, d := range graph.AllDirections() {
		if !p.Isolates.Has(d) {
			continue
		}
		rules := p.In(d)
		out.sides[d] = make([]compiledRule, len(rules))
		for i := range rules {
			out.sides[d][i] = compileRule(p.Namespace, &rules[i])
		}
	}
	return out
}

func compileRule(namespace string, r *rule.Rule) compiledRule {
	out := compiledRule{Rule: r, blocks: r.Addresses()}
	for _, p := range r.Peers {
		if p.Block == nil {
			out.peers = append(out.peers, compilePeer(namespace, p))
		}
	}
	return out
}

func compilePeer(namespace string, p rule.Peer) podPeer {
	out := podPeer{namespace: namespace, namespaces: rule.Compile(p.Namespaces), pods: rule.Compile(p.Pods)}
	namespaces, pods := string(rule.AppendIn(nil, rule.NamespaceName, namespace)), ""
	if s := p.Namespaces; s != nil {
		out.namespace = ""
		namespaces = rule.NormalForm(s)
		if l := rule.Required(s); l.Key == rule.NamespaceName {
			out.namespace = l.Value
		} else if v, ok := s.MatchLabels[rule.NamespaceName]; ok {
			out.namespace = v
		}
	}
	if s := p.Pods; s != nil {
		out.label = rule.Required(s)
		pods = rule.NormalForm(s)
	}
	out.key = "pods " + pods + " in namespaces " + namespaces
	return out
}

// selecting returns the policies that select a pod.
func (e *Evaluator) selecting(p *world.Pod) []*compiled {
	index := e.policies[p.Namespace]
	if index == nil || p.HostNetwork {
		return nil
	}
	var out []*compiled
	add := func(candidates []*compiled) {
		for _, c := range candidates {
			if c.subject.Matches(labels.Set(p.Labels)) {
				out = append(out, c)
			}
		}
	}
	for k, v := range p.Labels {
		add(index.byLabel[label{Key: k, Value: v}])
	}
	add(index.others)
	slices.SortFunc(out, func(a, b *compiled) int { return cmp.Compare(a.source.Name, b.source.Name) })
	return out
}

func (e *Evaluator) namespaceLabels(name string) labels.Set {
	set := labels.Set{rule.NamespaceName: name}
	for k, v := range e.cluster.Namespaces[name] {
		set[k] = v
	}
	set[rule.NamespaceName] = name
	return set
}

// matches reports whether a peer selects a pod.
func (e *Evaluator) matches(p podPeer, pod *world.Pod) bool {
	if pod.HostNetwork || p.namespace != "" && p.namespace != pod.Namespace {
		return false
	}
	return p.pods.Matches(labels.Set(pod.Labels)) && p.namespaces.Matches(e.namespaceLabels(pod.Namespace))
}
