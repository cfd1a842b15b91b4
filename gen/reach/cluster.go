package reach

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// Pod is pods of one namespace with the same labels: those of a workload, or of a manifest.
type Pod struct {
	Namespace, Name string
	Labels          map[string]string
	// Ports is the named ports of the pod, which policies may refer to by name.
	Ports []NamedPort
	// HostNetwork pods use the node's addresses: policies do not govern them (Network Policies, Pods and hostNetwork).
	HostNetwork bool
	// Implied pods are not declared: a selector of a policy speaks of them (Cluster.WithUnknown).
	Implied bool
}

// NamedPort is a port of a container by its name.
type NamedPort struct {
	Name     string
	Protocol graph.Protocol
	Port     int
}

// Cluster is what a question is asked about.
type Cluster struct {
	Pods []Pod
	// Namespaces holds the labels of namespaces. Each has kubernetes.io/metadata.name besides; a namespace that is
	// missing here has that label alone.
	Namespaces map[string]map[string]string
	// Policies is as Read returns them: valid, with defaults.
	Policies []networkingv1.NetworkPolicy
	// Ranges is the names by which Flows calls addresses.
	Ranges []Range
}

// End is one end of a flow: a pod, or an address outside of the cluster.
type End struct {
	Pod  *Pod
	Addr netip.Addr
}

// Evaluator answers who reaches whom in one cluster.
type Evaluator struct {
	cluster  Cluster
	policies map[string]*policyIndex
}

// policyIndex holds the policies of a namespace by a label that their subject must have, and apart those without one.
type policyIndex struct {
	byLabel map[label][]*compiled
	others  []*compiled
}

type label struct{ key, value string }

// compiled is a policy with its selectors ready.
type compiled struct {
	source  *networkingv1.NetworkPolicy
	index   int
	subject labels.Selector
	// sides holds the rules of the directions that the policy isolates.
	sides map[graph.Directions][]compiledRule
}

type compiledRule struct {
	everyone bool
	peers    []podPeer
	blocks   sets.Addresses
	ports    sets.Ports
	named    []NamedPort
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

// New makes an evaluator. The policies must be valid and have their defaults, as Read returns them.
func New(c Cluster) *Evaluator {
	e := &Evaluator{cluster: c, policies: map[string]*policyIndex{}}
	for i := range c.Policies {
		p := compile(&c.Policies[i])
		p.index = i
		index := e.policies[p.source.Namespace]
		if index == nil {
			index = &policyIndex{byLabel: map[label][]*compiled{}}
			e.policies[p.source.Namespace] = index
		}
		if l := requiredLabel(p.source.Spec.PodSelector); l != (label{}) {
			index.byLabel[l] = append(index.byLabel[l], p)
		} else {
			index.others = append(index.others, p)
		}
	}
	return e
}

func compile(p *networkingv1.NetworkPolicy) *compiled {
	out := &compiled{source: p, subject: mustSelector(p.Spec.PodSelector), sides: map[graph.Directions][]compiledRule{}}
	for _, d := range []graph.Directions{graph.Ingress, graph.Egress} {
		rules, isolates := rulesOf(p, d)
		if !isolates {
			continue
		}
		out.sides[d] = []compiledRule{}
		for _, r := range rules {
			out.sides[d] = append(out.sides[d], compileRule(p.Namespace, r))
		}
	}
	return out
}

func compileRule(namespace string, r rule) compiledRule {
	out := compiledRule{everyone: len(r.peers) == 0}
	out.ports, out.named = rulePorts(r.ports)
	for _, p := range r.peers {
		if p.IPBlock != nil {
			out.blocks = out.blocks.Union(blockAddresses(p.IPBlock))
			continue
		}
		out.peers = append(out.peers, compilePeer(namespace, p))
	}
	return out
}

func compilePeer(namespace string, p networkingv1.NetworkPolicyPeer) podPeer {
	out := podPeer{namespace: namespace, namespaces: labels.Everything(), pods: labels.Everything()}
	namespaces, pods := inText(nameLabel, namespace), ""
	if s := p.NamespaceSelector; s != nil {
		out.namespace, out.namespaces = "", mustSelector(*s)
		namespaces = selectorText(*s)
		if l := requiredLabel(*s); l.key == nameLabel {
			out.namespace = l.value
		} else if v, ok := s.MatchLabels[nameLabel]; ok {
			out.namespace = v
		}
	}
	if s := p.PodSelector; s != nil {
		out.pods, out.label = mustSelector(*s), requiredLabel(*s)
		pods = selectorText(*s)
	}
	out.key = peerText(namespaces, pods)
	return out
}

// nameLabel is the label that Kubernetes sets on each namespace (corev1.LabelMetadataName).
const nameLabel = "kubernetes.io/metadata.name"

// requiredLabel returns one label that everything a selector matches must have, or none.
func requiredLabel(s metav1.LabelSelector) label {
	if keys := slices.Sorted(maps.Keys(s.MatchLabels)); len(keys) > 0 {
		return label{keys[0], s.MatchLabels[keys[0]]}
	}
	for _, r := range s.MatchExpressions {
		if r.Operator == metav1.LabelSelectorOpIn && len(r.Values) == 1 {
			return label{r.Key, r.Values[0]}
		}
	}
	return label{}
}

func mustSelector(s metav1.LabelSelector) labels.Selector {
	out, err := metav1.LabelSelectorAsSelector(&s)
	if err != nil {
		panic(err) // Read has refused it
	}
	return out
}

// selecting returns the policies that select a pod.
func (e *Evaluator) selecting(p *Pod) []*compiled {
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
		add(index.byLabel[label{k, v}])
	}
	add(index.others)
	slices.SortFunc(out, func(a, b *compiled) int { return cmp.Compare(a.source.Name, b.source.Name) })
	return out
}

func (e *Evaluator) namespaceLabels(name string) labels.Set {
	set := labels.Set{nameLabel: name}
	for k, v := range e.cluster.Namespaces[name] {
		set[k] = v
	}
	set[nameLabel] = name
	return set
}

// matches reports whether a peer selects a pod.
func (e *Evaluator) matches(p podPeer, pod *Pod) bool {
	if pod.HostNetwork || p.namespace != "" && p.namespace != pod.Namespace {
		return false
	}
	return p.pods.Matches(labels.Set(pod.Labels)) && p.namespaces.Matches(e.namespaceLabels(pod.Namespace))
}
