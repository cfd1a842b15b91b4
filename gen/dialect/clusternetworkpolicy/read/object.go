package read

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// object is a ClusterNetworkPolicy as it is written: what may be left out is nil there.
type object struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        metav1.ObjectMeta `json:"metadata"`
	Spec            *spec             `json:"spec"`
	Status          json.RawMessage   `json:"status"`
}

type spec struct {
	Tier     string   `json:"tier"`
	Priority *int32   `json:"priority"`
	Subject  *subject `json:"subject"`
	Ingress  []entry  `json:"ingress"`
	Egress   []entry  `json:"egress"`
}

type subject struct {
	Namespaces *metav1.LabelSelector `json:"namespaces"`
	Pods       *pods                 `json:"pods"`
}

// pods is pods by two selectors; without a namespaceSelector they are of every namespace.
type pods struct {
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector"`
	PodSelector       *metav1.LabelSelector `json:"podSelector"`
}

// entry is a rule of either direction, of which one has `from` and the other `to`.
type entry struct {
	Name      string     `json:"name"`
	Action    string     `json:"action"`
	From      []peer     `json:"from"`
	To        []peer     `json:"to"`
	Protocols []protocol `json:"protocols"`
}

// peer is a peer of either direction; addresses, nodes and names are of egress alone.
type peer struct {
	Namespaces  *metav1.LabelSelector `json:"namespaces"`
	Pods        *pods                 `json:"pods"`
	Nodes       *metav1.LabelSelector `json:"nodes"`
	Networks    []string              `json:"networks"`
	DomainNames []string              `json:"domainNames"`
}

type protocol struct {
	TCP   *destination `json:"tcp"`
	UDP   *destination `json:"udp"`
	SCTP  *destination `json:"sctp"`
	Named *string      `json:"destinationNamedPort"`
}

type destination struct {
	Port *struct {
		Number *int32 `json:"number"`
		Range  *struct {
			Start int32 `json:"start"`
			End   int32 `json:"end"`
		} `json:"range"`
	} `json:"destinationPort"`
}
