// Package rule is the neutral policy: what policies of any dialect say, without how it is written.
//
// In: nothing; a dialect's reader makes the values. Out: policies as a subject, the directions that they isolate, and
// rules that each open peers on ports. It refuses nothing: a reader gives only what is valid, with the dialect's
// defaults in it.
//
// Rules of NetworkPolicies only add up (Network Policies, The two sorts of pod isolation): a pod may send or receive what
// some rule of some policy that selects it opens, or everything where no policy isolates it. Other dialects have more:
// rules that deny, which come before those that accept, and tiers, which are asked before all that or after it. In a tier
// the policies are asked by their priority, the rules of one in their order, and the first that speaks of a flow decides.
package rule

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// Tier says when a policy is asked.
type Tier int

// The tiers. Main is that of NetworkPolicies: where a policy of it isolates the pod, nothing else is asked behind it.
const (
	Main Tier = iota
	Admin
	Baseline
)

// String returns the name of the tier, as ClusterNetworkPolicies write it.
func (t Tier) String() string { return [...]string{"Main", "Admin", "Baseline"}[t] }

// Action is what a rule does with the flows that it speaks of.
type Action int

// The actions. Pass goes to the next tier, past the rest of this one.
const (
	Accept Action = iota
	Deny
	Pass
)

// String returns the action, as ClusterNetworkPolicies write it.
func (a Action) String() string { return [...]string{"Accept", "Deny", "Pass"}[a] }

// Policy is one policy. Policies share what is equal, and are not to be changed.
type Policy struct {
	// Kind is empty for a NetworkPolicy.
	Kind string
	// Namespace is empty where the policy is the cluster's; then Namespaces says which namespaces the subject is in.
	Namespace, Name string
	Namespaces      *metav1.LabelSelector
	// Tier is when it is asked, and Priority which of its tier are asked before it: those with less.
	Tier     Tier
	Priority int
	// Subject selects pods of the namespace, nil all.
	Subject *metav1.LabelSelector
	// Isolates is the directions in which the subject may send or receive only what rules open.
	Isolates graph.Directions
	// Rules is the rules that count, those for ingress first.
	Rules []Rule
	// Ignored is the rules of directions that the policy does not isolate: they mean nothing.
	Ignored []Rule
	// Pos is where the policy stands, where that is known.
	Pos diag.Pos
}

// Rule opens the subject of a policy to all of its peers, on all of its ports, or does another thing with these flows.
type Rule struct {
	Action    Action
	Direction graph.Directions
	// Index is the place of the rule among those of its direction, from 0.
	Index int
	// Peers is empty where the rule is for everyone, in the cluster and outside, unless Nobody says that it is for none.
	Peers  []Peer
	Nobody bool
	// Narrowed says that not all passes that the rule speaks of, but some requests, or to some addresses of it.
	Narrowed bool
	Ports    sets.Ports
	// Named is ports by name, which stand for other numbers at each destination.
	Named []PortName
}

// Peer is pods by two selectors, or a block of addresses outside of the cluster.
type Peer struct {
	// Namespaces is nil where the pods are of the policy's own namespace.
	Namespaces *metav1.LabelSelector
	// Pods is nil for every pod.
	Pods *metav1.LabelSelector
	// Block is set where the peer is addresses.
	Block *Block
}

// Block is a range of addresses without some others.
type Block struct {
	// CIDR and Except are the ranges as they are written.
	CIDR      string
	Except    []string
	Addresses sets.Addresses
}

// PortName is a port by its name.
type PortName struct {
	Name     string
	Protocol sets.Protocol
}

// Everyone reports whether the rule is for everyone, in the cluster and outside.
func (r *Rule) Everyone() bool { return len(r.Peers) == 0 && !r.Nobody }

// String names the policy: "shop/web", or "ClusterNetworkPolicy deny-all".
func (p *Policy) String() string {
	name := p.Name
	if p.Namespace != "" {
		name = p.Namespace + "/" + name
	}
	if p.Kind != "" {
		name = p.Kind + " " + name
	}
	return name
}

// Addresses returns the addresses of all blocks of the rule.
func (r *Rule) Addresses() sets.Addresses {
	var out sets.Addresses
	for _, p := range r.Peers {
		if p.Block != nil {
			out = out.Union(p.Block.Addresses)
		}
	}
	return out
}

// In returns the rules of a direction that count.
func (p *Policy) In(d graph.Directions) []Rule {
	for i := range p.Rules {
		if p.Rules[i].Direction == d {
			end := i
			for end < len(p.Rules) && p.Rules[end].Direction == d {
				end++
			}
			return p.Rules[i:end:end]
		}
	}
	return nil
}
