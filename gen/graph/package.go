// Package graph is the talk graph: the language's meaning, apart from how it is read and what is emitted.
//
// In: Packages as declared, each element with its position, and edges by the grammar (ParseEdge). Out: a Graph, in
// which the packages of one build are linked: names resolved, groups multiplied out, ports and isolation known.
// It refuses names that are not declared, edges that no pair of peers can have, and packages that contradict each
// other; each is a finding, and linking goes on to find all.
package graph

import (
	"net/netip"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
)

// Text is a string and where the user wrote it.
type Text struct {
	Value string
	Pos   diag.Pos
}

// IsSet reports whether the user wrote the text at all.
func (t Text) IsSet() bool { return t.Value != "" }

// Bool is a boolean that may be left out.
type Bool struct {
	Value, Set bool
	Pos        diag.Pos
}

// Is reports whether the user wrote the given value.
func (b Bool) Is(v bool) bool { return b.Set && b.Value == v }

// Directions is a set of the directions of traffic, seen from a pod.
type Directions int

// The directions, and both together.
const (
	Ingress Directions = 1 << iota
	Egress
	Both = Ingress | Egress
)

// AllDirections returns both directions, one by one.
func AllDirections() []Directions { return []Directions{Ingress, Egress} }

// Has reports whether d holds every direction of e.
func (d Directions) Has(e Directions) bool { return d&e == e }

// String returns the word that `isolate` uses.
func (d Directions) String() string { return [...]string{"none", "ingress", "egress", "both"}[d] }

// Isolation is a value of the field `isolate`, where it is given.
type Isolation struct {
	Directions
	Set bool
	Pos diag.Pos
}

// Package is one policy package as declared.
type Package struct {
	// Path is the folder or file as the user named it; CUEName the name in its package clause.
	Path, CUEName string
	Pos           diag.Pos

	Cluster    Cluster
	Namespace  Text
	Namespaces []*NamespaceDecl
	Workloads  []*WorkloadDecl
	Externals  []*External
	Groups     []*Group
	Allow      []*EdgeDecl
	Forbid     []*EdgeDecl
	Grant      GrantDecl
	Isolate    Isolation
	Deny       Text
	DNS        DNSConfig
	APIServer  *APIServerDecl
	// Internet is `internet: except`; InternetCIDRs and InternetExcept are the schema's own data.
	Internet                      []Prefix
	InternetCIDRs, InternetExcept []netip.Prefix
	Tests                         Tests
	Output                        Output
}

// Prefix is an address range and where it is written.
type Prefix struct {
	netip.Prefix
	Pos diag.Pos
}

// NamespaceDecl is an entry of `namespaces`.
type NamespaceDecl struct {
	Name     Text
	Owned    Bool
	Selector *Selector // by labels; nil is by name
	// KnownLabels is nil where they are not given.
	KnownLabels *KnownLabels
	Isolate     Isolation
	Deny        Text
}

// KnownLabels is the field `knownLabels`: all labels that there are, besides those that stand elsewhere.
type KnownLabels struct {
	Labels map[string]string
	// Places is where each stands, by key.
	Places map[string]diag.Pos
	Pos    diag.Pos
}

// Selector is a label selector as declared.
type Selector struct {
	metav1.LabelSelector
	Pos diag.Pos
}

// WorkloadDecl is an entry of `workloads`.
type WorkloadDecl struct {
	Name        Text // as written: name or ns/name
	Selector    *Selector
	KnownLabels *KnownLabels
	Ports       []NamedPort
	Isolate     Isolation
	DNS         Bool
	Elsewhere   Bool
	HostNetwork Bool
	Service     *Service
}

// NamedPort is a port that a workload or external declares.
type NamedPort struct {
	Name string
	Port
	Pos diag.Pos
}

// Service is the Service in front of a workload: its ports and the pod ports behind them.
type Service struct {
	Name  string
	Ports []ServicePort
	Pos   diag.Pos
}

// ServicePort maps a port of a Service to a pod port, by number or by the name of a declared port.
type ServicePort struct {
	Port   Port
	Target PortToken
	Pos    diag.Pos
}

// External is an entry of `external`: addresses outside of the cluster, and hosts by their names.
type External struct {
	// Name is not set where the hosts stand in an edge.
	Name   Text
	CIDRs  []Prefix
	Except []Prefix
	// Hosts is sorted, each once.
	Hosts    []Host
	HostsPos diag.Pos
	Ports    []NamedPort
}

// Group is an entry of `groups`.
type Group struct {
	Name  Text
	Peers []PeerRef
}

// PeerRef is a peer as written, with its position.
type PeerRef struct {
	PeerExpr
	Pos diag.Pos
	// In is the edge around the peer, where its text does not stand at Pos.
	In string
}

// Half says that an edge emits one half alone; zero is both.
type Half = Directions

// EdgeDecl is one edge as written, in either form.
type EdgeDecl struct {
	Pos      diag.Pos
	From, To []PeerRef
	Ports    *PortsExpr
	PortsPos diag.Pos
	// TokenPos returns the position of a port token; for a string edge it lies inside the string.
	TokenPos []diag.Pos
	Why      string
	Half     Half
	// Except is the peers that a guardrail does not bind.
	Except    []PeerRef
	ExceptPos diag.Pos
	// Hosts stands in the place of To, where it is set.
	Hosts *External
	// HTTP is the requests that the edge allows; none where it allows the ports as a whole.
	HTTP    []Request
	HTTPPos diag.Pos
	// Text is the edge as the user would recognise it. Made says that it does not stand at Pos in those words: a
	// comprehension or interpolation made it.
	Text string
	Made bool
}

// GrantDecl is the field `grant`: what other packages may open in the namespaces that this one owns. Where it is set,
// they may open nothing else.
type GrantDecl struct {
	Edges []*EdgeDecl
	Set   bool
	Pos   diag.Pos
}

// APIServerDecl is the field `apiserver`.
type APIServerDecl struct {
	CIDRs []Prefix
	Ports []Port
	Pos   diag.Pos
}

// DNSConfig is the field `dns`, the profile's fields filled in.
type DNSConfig struct {
	Auto      bool
	Profile   string
	Namespace string
	Labels    map[string]string
	Ports     []int
	CIDRs     []netip.Prefix
	Pos       diag.Pos
}

// Tests is the field `tests`.
type Tests struct {
	Allow, Deny []*EdgeDecl
	Peers       []*TestPeer
}

// TestPeer is a pod that only tests speak of.
type TestPeer struct {
	Name      Text
	Namespace Text
	Labels    map[string]string
}

// Output is the field `output`.
type Output struct {
	// Name is the value of the label npgen.dev/package.
	Name                string
	Labels, Annotations map[string]string
	// PerEdge is grouping "edge": one object for each edge and side.
	PerEdge bool
	// Waves is the tool that is to apply the allow objects before the default denies; zero is none.
	Waves Waves
	// OmitNamespace leaves out metadata.namespace.
	OmitNamespace Bool
	// Target is the kind of the objects, TargetPos where it is written.
	Target    Target
	TargetPos diag.Pos
	// Staged is set where the objects are a dry run.
	Staged Bool
	Pos    diag.Pos
}

// Target is a kind of policies.
type Target int

// The values of `output: target`.
const (
	Kubernetes Target = iota
	Cilium
)

// Targets returns all of them.
func Targets() []Target { return []Target{Kubernetes, Cilium} }

// String returns the word that `target` uses.
func (t Target) String() string { return [...]string{"kubernetes", "cilium"}[t] }

// ArgoCDWaveKey is the annotation by which Argo CD orders what it applies (Argo CD, Sync Phases and Waves).
const ArgoCDWaveKey = "argocd.argoproj.io/sync-wave"

// Waves is a tool that applies objects in an order which an annotation gives.
type Waves int

// The values of `output: waves`.
const (
	NoWaves Waves = iota
	ArgoCD
)

// String returns the word that `waves` uses.
func (w Waves) String() string { return [...]string{"none", "argocd"}[w] }
