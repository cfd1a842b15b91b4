package read

import (
	"net/netip"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// Neutral returns what a policy says of pods and of addresses outside of the cluster, and what of it is not in there. Requests
// and names of hosts are in there as all requests and all addresses. An error is why Cilium refuses the policy, and
// enforces nothing of it.
func Neutral(p *Policy) (policies []rule.Policy, notCounted []string, err error) {
	meanings, err := Meanings(p)
	if err != nil {
		return nil, nil, err
	}
	for i := range meanings {
		r := &neutral{}
		r.meaning(&meanings[i])
		for _, text := range r.notCounted {
			if !slices.Contains(notCounted, text) {
				notCounted = append(notCounted, text)
			}
		}
		if r.counts {
			policies = append(policies, r.Policy)
		}
	}
	return policies, notCounted, nil
}

// neutral is a policy while it is made.
type neutral struct {
	rule.Policy
	notCounted []string
	// counts is false where nobody can tell which pods are meant.
	counts bool
}

func (n *neutral) leaveOut(text string) { n.notCounted = append(n.notCounted, text) }

func (n *neutral) meaning(m *Meaning) {
	n.Policy = rule.Policy{
		Kind: m.Kind, Namespace: m.Namespace, Name: m.Name, Namespaces: m.Subject.Namespaces, Subject: m.Subject.Pods, Isolates: m.Isolates,
	}
	n.counts = true
	for _, field := range m.NotUnderstood {
		switch {
		case field == "nodeSelector":
			n.leaveOut("what it says of nodes")
			n.counts = false
		case strings.Contains(field, ": the label"), strings.Contains(field, ": a selector"):
			n.leaveOut("all of a rule with `" + strings.ReplaceAll(field, "`", "") + "`")
			n.counts = false
		default:
			n.leaveOut("`" + field + "`")
		}
	}
	if !n.counts {
		return
	}
	for _, d := range graph.AllDirections() {
		for i := range m.Allows {
			n.opening(&m.Allows[i], d, rule.Accept)
		}
		for i := range m.Denies {
			n.opening(&m.Denies[i], d, rule.Deny)
		}
	}
}

func (n *neutral) opening(o *Opening, d graph.Directions, action rule.Action) {
	if o.Direction != d {
		return
	}
	r := rule.Rule{Action: action, Direction: d, Index: o.Index, Nobody: true, Ports: o.Ports, Named: o.Named}
	if len(o.HTTP) > 0 {
		r.Narrowed = true
		n.leaveOut("which requests it lets through: they are counted as all")
	}
	if len(o.DNS) > 0 && !slices.Contains(o.DNS, FQDN{MatchPattern: "*"}) {
		r.Narrowed = true
		n.leaveOut("which questions of DNS it lets through: they are counted as all")
	}
	for i := range o.Peers {
		p := &o.Peers[i]
		switch {
		case p.Everyone:
			r.Nobody, r.Peers = false, nil
			n.Rules = append(n.Rules, r)
			return
		case p.Block != nil:
			r.Peers = append(r.Peers, rule.Peer{Block: p.Block})
		case p.Pods != nil:
			r.Peers = append(r.Peers, rule.Peer{Namespaces: p.Pods.Namespaces, Pods: p.Pods.Pods})
		case p.Host != nil:
			r.Narrowed = true
			r.Peers = append(r.Peers, outside("0.0.0.0/0"), outside("::/0"))
			n.leaveOut("which addresses its names of hosts have: they are counted as all outside of the cluster")
		default:
			n.entity(p.Entity, &r)
		}
	}
	n.Rules = append(n.Rules, r)
}

// entity adds those of an entity that are pods or addresses outside of the cluster (Cilium v1.20, pkg/policy/api/entity.go).
func (n *neutral) entity(name string, r *rule.Rule) {
	switch name {
	case "world":
		r.Peers = append(r.Peers, outside("0.0.0.0/0"), outside("::/0"))
	case "world-ipv4":
		r.Peers = append(r.Peers, outside("0.0.0.0/0"))
	case "world-ipv6":
		r.Peers = append(r.Peers, outside("::/0"))
	case "cluster", "cluster-mesh":
		r.Peers = append(r.Peers, rule.Peer{Namespaces: &metav1.LabelSelector{}})
		n.leaveOut("its rules for the entity `" + name + "` in what they say of nodes and of the API server")
	default:
		n.leaveOut("its rules for the entity `" + name + "`")
	}
}

func outside(cidr string) rule.Peer {
	return rule.Peer{Block: &rule.Block{CIDR: cidr, Addresses: sets.AddressesOf([]netip.Prefix{netip.MustParsePrefix(cidr)}, nil)}}
}
