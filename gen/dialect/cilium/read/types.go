package read

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Policy is a CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy as it is written, with every field that its CRD has
// (Cilium v1.20).
type Policy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              *Spec           `json:"spec"`
	Specs             []Spec          `json:"specs"`
	Status            json.RawMessage `json:"status"`
}

// Spec is one rule of a policy in Cilium's words: pods, or nodes, and what they may send and receive.
type Spec struct {
	EndpointSelector  *metav1.LabelSelector `json:"endpointSelector"`
	NodeSelector      *metav1.LabelSelector `json:"nodeSelector"`
	EnableDefaultDeny struct {
		Ingress *bool `json:"ingress"`
		Egress  *bool `json:"egress"`
	} `json:"enableDefaultDeny"`
	Ingress     []Ingress `json:"ingress"`
	IngressDeny []Ingress `json:"ingressDeny"`
	Egress      []Egress  `json:"egress"`
	EgressDeny  []Egress  `json:"egressDeny"`
	// These three mean nothing for what passes.
	Labels      json.RawMessage `json:"labels"`
	Description string          `json:"description"`
	Log         json.RawMessage `json:"log"`
}

// Ingress is an entry of ingress or ingressDeny.
type Ingress struct {
	FromEndpoints []metav1.LabelSelector `json:"fromEndpoints"`
	FromRequires  []json.RawMessage      `json:"fromRequires"`
	FromCIDR      []string               `json:"fromCIDR"`
	FromCIDRSet   []CIDR                 `json:"fromCIDRSet"`
	FromEntities  []string               `json:"fromEntities"`
	FromGroups    []json.RawMessage      `json:"fromGroups"`
	FromNodes     []json.RawMessage      `json:"fromNodes"`
	Common
}

// Egress is an entry of egress or egressDeny.
type Egress struct {
	ToEndpoints []metav1.LabelSelector `json:"toEndpoints"`
	ToRequires  []json.RawMessage      `json:"toRequires"`
	ToCIDR      []string               `json:"toCIDR"`
	ToCIDRSet   []CIDR                 `json:"toCIDRSet"`
	ToEntities  []string               `json:"toEntities"`
	ToServices  []json.RawMessage      `json:"toServices"`
	ToGroups    []json.RawMessage      `json:"toGroups"`
	ToNodes     []json.RawMessage      `json:"toNodes"`
	ToFQDNs     []FQDN                 `json:"toFQDNs"`
	Common
}

// Common is what entries of both directions have.
type Common struct {
	ToPorts        []Ports           `json:"toPorts"`
	ICMPs          []json.RawMessage `json:"icmps"`
	Authentication json.RawMessage   `json:"authentication"`
}

// CIDR is an entry of fromCIDRSet or toCIDRSet.
type CIDR struct {
	CIDR          string          `json:"cidr"`
	Except        []string        `json:"except"`
	GroupRef      string          `json:"cidrGroupRef"`
	GroupSelector json.RawMessage `json:"cidrGroupSelector"`
}

// FQDN is hosts by a name or a pattern.
type FQDN struct {
	MatchName    string `json:"matchName"`
	MatchPattern string `json:"matchPattern"`
}

// Ports is an entry of toPorts.
type Ports struct {
	Ports          []Port          `json:"ports"`
	TerminatingTLS json.RawMessage `json:"terminatingTLS"`
	OriginatingTLS json.RawMessage `json:"originatingTLS"`
	ServerNames    []string        `json:"serverNames"`
	Listener       json.RawMessage `json:"listener"`
	Rules          *Rules          `json:"rules"`
}

// Port is a port by its number in text, or by its name.
type Port struct {
	Port     string `json:"port"`
	EndPort  int    `json:"endPort"`
	Protocol string `json:"protocol"`
}

// Rules is what may pass on ports.
type Rules struct {
	HTTP []HTTP `json:"http"`
	DNS  []FQDN `json:"dns"`
}

// HTTP is requests. Method, path and host are regular expressions over the whole value.
type HTTP struct {
	Method        string        `json:"method"`
	Path          string        `json:"path"`
	Host          string        `json:"host"`
	Headers       []string      `json:"headers"`
	HeaderMatches []HeaderMatch `json:"headerMatches"`
}

// HeaderMatch is a header and its value.
type HeaderMatch struct {
	Name     string          `json:"name"`
	Value    string          `json:"value"`
	Mismatch string          `json:"mismatch"`
	Secret   json.RawMessage `json:"secret"`
}
