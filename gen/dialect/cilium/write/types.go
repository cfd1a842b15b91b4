package write

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// The names that every object has.
const (
	APIVersion = "cilium.io/v2"
	Kind       = "CiliumNetworkPolicy"
)

// Policy is a CiliumNetworkPolicy, as far as npgen writes one.
type Policy struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        Metadata `json:"metadata"`
	Spec            Spec     `json:"spec"`
}

// Metadata is what npgen says of an object.
type Metadata struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Spec selects pods of the object's namespace, and says what they may receive and send. A direction that has a rule is
// closed but for what its rules open; an empty rule opens nothing.
type Spec struct {
	EndpointSelector metav1.LabelSelector `json:"endpointSelector"`
	Ingress          []Ingress            `json:"ingress,omitempty"`
	Egress           []Egress             `json:"egress,omitempty"`
}

// Ingress opens pods to peers of one kind, on some ports.
type Ingress struct {
	FromEndpoints []metav1.LabelSelector `json:"fromEndpoints,omitempty"`
	FromCIDRSet   []CIDR                 `json:"fromCIDRSet,omitempty"`
	FromEntities  []string               `json:"fromEntities,omitempty"`
	ToPorts       []Ports                `json:"toPorts,omitempty"`
}

// Egress opens peers of one kind to pods, on some ports.
type Egress struct {
	ToEndpoints []metav1.LabelSelector `json:"toEndpoints,omitempty"`
	ToCIDRSet   []CIDR                 `json:"toCIDRSet,omitempty"`
	ToEntities  []string               `json:"toEntities,omitempty"`
	ToFQDNs     []FQDN                 `json:"toFQDNs,omitempty"`
	ToPorts     []Ports                `json:"toPorts,omitempty"`
}

// CIDR is a range of addresses without some others.
type CIDR struct {
	CIDR   string   `json:"cidr"`
	Except []string `json:"except,omitempty"`
}

// FQDN is hosts by a name or a pattern: one of the two.
type FQDN struct {
	MatchName    string `json:"matchName,omitempty"`
	MatchPattern string `json:"matchPattern,omitempty"`
}

// MostPorts is how many ports one entry of toPorts may have.
const MostPorts = 40

// Ports is ports, and what may pass on them.
type Ports struct {
	Ports []Port `json:"ports"`
	Rules *Rules `json:"rules,omitempty"`
}

// Port is a port, a range of ports, or with the port 0 all of a protocol.
type Port struct {
	Port     string `json:"port"`
	EndPort  int    `json:"endPort,omitempty"`
	Protocol string `json:"protocol"`
}

// Rules is what may pass: requests of HTTP, or questions of DNS.
type Rules struct {
	HTTP []HTTP `json:"http,omitempty"`
	DNS  []FQDN `json:"dns,omitempty"`
}

// HTTP is requests: those that have all that it says. Method and path are regular expressions over the whole value.
type HTTP struct {
	Method        string   `json:"method,omitempty"`
	Path          string   `json:"path,omitempty"`
	HeaderMatches []Header `json:"headerMatches,omitempty"`
}

// Header is a header and its value.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
