// Package clusterpolicy is ClusterNetworkPolicies as the oracle has them: objects that can be written as YAML.
//
// In: nothing. Out: types with the names of fields of policy.networking.k8s.io/v1alpha2. It refuses nothing.
package clusterpolicy

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Policy is a ClusterNetworkPolicy (policy.networking.k8s.io/v1alpha2) as far as its meaning is in policies alone.
type Policy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              Spec `json:"spec"`
}

// Spec is what a Policy says.
type Spec struct {
	Tier     string `json:"tier"`
	Priority int    `json:"priority"`
	Subject  Peer   `json:"subject"`
	Ingress  []Rule `json:"ingress,omitempty"`
	Egress   []Rule `json:"egress,omitempty"`
}

// Peer is one of pods, all pods of namespaces, and for egress addresses. Networks are all addresses of both
// families, which all pods have, too, or such as no pod has.
type Peer struct {
	Namespaces *metav1.LabelSelector `json:"namespaces,omitempty"`
	Pods       *Pods                 `json:"pods,omitempty"`
	Networks   []string              `json:"networks,omitempty"`
}

// Rule is a rule of either direction.
type Rule struct {
	Name      string     `json:"name,omitempty"`
	Action    string     `json:"action"`
	From      []Peer     `json:"from,omitempty"`
	To        []Peer     `json:"to,omitempty"`
	Protocols []Protocol `json:"protocols,omitempty"`
}

// Protocol is ports of one protocol, or a port by its name.
type Protocol struct {
	TCP   *Port  `json:"tcp,omitempty"`
	UDP   *Port  `json:"udp,omitempty"`
	SCTP  *Port  `json:"sctp,omitempty"`
	Named string `json:"destinationNamedPort,omitempty"`
}

// Port is a port.
type Port struct {
	DestinationPort Numbers `json:"destinationPort"`
}

// Numbers is one number or a range.
type Numbers struct {
	Number int    `json:"number,omitempty"`
	Range  *Range `json:"range,omitempty"`
}

// Range is a range of ports.
type Range struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Rules returns the rules of a direction.
func (p *Policy) Rules(egress bool) []Rule {
	if egress {
		return p.Spec.Egress
	}
	return p.Spec.Ingress
}

// Peers returns the peers of a rule, which has those of one direction.
func (r *Rule) Peers() []Peer {
	return append(slices.Clone(r.From), r.To...)
}

// IsEverything reports whether addresses are all of both families.
func (p *Peer) IsEverything() bool {
	return slices.Contains(p.Networks, "0.0.0.0/0") && slices.Contains(p.Networks, "::/0")
}

// ByProtocol returns the ports by number, by their protocols.
func (x *Protocol) ByProtocol() map[string]*Port {
	out := map[string]*Port{}
	for protocol, port := range map[string]*Port{"tcp": x.TCP, "udp": x.UDP, "sctp": x.SCTP} {
		if port != nil {
			out[protocol] = port
		}
	}
	return out
}

// Bounds returns the first and the last port.
func (p *Port) Bounds() (lo, hi int) {
	if r := p.DestinationPort.Range; r != nil {
		return r.Start, r.End
	}
	return p.DestinationPort.Number, p.DestinationPort.Number
}

// Pods is pods by two selectors.
type Pods struct {
	NamespaceSelector metav1.LabelSelector `json:"namespaceSelector"`
	PodSelector       metav1.LabelSelector `json:"podSelector"`
}
