package graph

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
)

// Graph is the packages of one build, linked.
type Graph struct {
	Packages []*Package
	// Cluster is what the packages say together of theirs; its Profile is never nil.
	Cluster Cluster
	// Namespaces and Workloads are sorted by name.
	Namespaces []*Namespace
	Workloads  []*Workload
	// Edges, Forbids and Grants are pairs of peers, in the order in which they were written, package by package.
	Edges, Forbids, Grants []*Edge
	// Claims are the pairs of `tests`.
	Claims []*Claim
	// Complete is false where some edge did not resolve, so that its absence says nothing.
	Complete bool
	// subjects is by number; there is none of number 0.
	subjects []Subject
	// wanted is what WantedDNS returns, rules what DNSRules returns.
	wanted, rules []DNSRule
}

// Namespace is a namespace, or a selector over namespaces, that some package declares.
type Namespace struct {
	Name string
	// Selector is set where the entry selects namespaces by labels; such an entry is never owned.
	Selector *metav1.LabelSelector
	Pos      diag.Pos
	// Owner is the first package that owns the namespace; nil where it is only a peer.
	Owner *Package
	// Isolate is what its pods are isolated for by default.
	Isolate Directions
	// PerWorkload is deny "workload": each workload has its own default deny.
	PerWorkload bool
	// KnownLabels is all labels of the namespace besides its name; nil where they are not known. KnownLabelsPos is where
	// that is said.
	KnownLabels    map[string]string
	KnownLabelsPos diag.Pos
	Workloads      []*Workload
	// peer is the whole namespace in edges, number that of it as a subject.
	peer   Peer
	number int
	// subjects is those of all its pods, for ingress and egress.
	subjects [2][]Subject
}

// Owned reports whether npgen emits policies for the namespace.
func (n *Namespace) Owned() bool { return n.Owner != nil }

// DeniesAll reports whether all pods of the namespace, declared or not, are isolated in a direction.
func (n *Namespace) DeniesAll(d Directions) bool {
	return n.Owned() && !n.PerWorkload && n.Isolate.Has(d)
}

// LabelSelector returns the selector that picks the namespace as a peer: its own, or the label that the control plane
// sets (kubernetes.io/metadata.name).
func (n *Namespace) LabelSelector() *metav1.LabelSelector {
	if n.Selector != nil {
		return n.Selector
	}
	return &metav1.LabelSelector{MatchLabels: map[string]string{metav1NamespaceLabel: n.Name}}
}

// metav1NamespaceLabel is the label that the control plane sets on every namespace (corev1.LabelMetadataName).
const metav1NamespaceLabel = "kubernetes.io/metadata.name"

// Workload is pods of one namespace by their labels.
type Workload struct {
	Namespace *Namespace
	Name      string
	Selector  metav1.LabelSelector
	// KnownLabels is all labels of its pods besides the selector's; nil where they are not known. KnownLabelsPos is where
	// that is said.
	KnownLabels    map[string]string
	KnownLabelsPos diag.Pos
	Ports          []NamedPort
	Isolate        Directions
	DNS            Bool
	Elsewhere      bool
	HostNetwork    bool
	Service        *Service
	Pos            diag.Pos
	// IsolatePos is where the workload's own `isolate` stands, else its Pos.
	IsolatePos diag.Pos
	// full is ns/name, which each edge asks for many times; "" where Link did not make the workload.
	full string
	// peer is the workload in edges, number that of it as a subject.
	peer   Peer
	number int
}

// String returns ns/name.
func (w *Workload) String() string {
	if w.full != "" {
		return w.full
	}
	return w.Namespace.Name + "/" + w.Name
}

// Isolated reports whether the workload's pods are isolated in a direction by a policy that npgen emits.
func (w *Workload) Isolated(d Directions) bool {
	return w.Namespace.Owned() && !w.HostNetwork && w.Isolate.Has(d)
}

// Peer is one end of an edge, resolved. Edges share their peers, so that none is ever changed.
type Peer struct {
	Kind PeerKind
	// Namespace is set for WholeNamespace, for a Workload's peer and for DNS servers that are pods.
	Namespace *Namespace
	Workload  *Workload
	External  *External
	// Test is a pod that only tests speak of.
	Test *TestPeer
	// Package is the one that wrote the edge; nil for workloads and whole namespaces, which are the same to all.
	Package *Package
	// Blocks is the addresses of Internet, APIServer, Nodes, CIDR, an External and DNS: just one for CIDR.
	Blocks []Block
	// DNS is set for kind DNS.
	DNS *DNSConfig
	// declared is the ports that an edge to the peer has which names none.
	declared PortSet
	// key is the text of Key, once it is known.
	key string
}

// IsAddresses reports whether the peer denotes addresses alone.
func (p *Peer) IsAddresses() bool {
	return p.Kind == Internet || p.Kind == APIServer || p.Kind == Nodes || p.Kind == CIDR || p.External != nil
}

// NameIn returns the peer as an edge in namespace ns would write it.
func (p *Peer) NameIn(ns *Namespace) string {
	switch {
	case p.Workload != nil && p.Namespace == ns:
		return p.Workload.Name
	case p.Workload != nil:
		return p.Workload.String()
	case p.External != nil:
		return p.External.String()
	case p.Test != nil:
		return p.Test.Name.Value
	case p.Kind == WholeNamespace && p.Namespace != ns:
		return p.Namespace.Name + "/*"
	case p.Kind == CIDR:
		return cidrText(p.Blocks[0].CIDR)
	}
	return PeerExpr{Kind: p.Kind}.String()
}

// PeerKey identifies what a peer denotes: peers with equal keys select the same pods or addresses, and have the same
// name in every object.
type PeerKey struct {
	workload *Workload
	text     string
}

// Compare orders keys by the name of what they denote, qualified.
func (k PeerKey) Compare(l PeerKey) int { return cmp.Compare(k.name(), l.name()) }

func (k PeerKey) name() string {
	if k.workload != nil {
		return k.workload.String()
	}
	return k.text
}

// Key returns what identifies the peer.
func (p *Peer) Key() PeerKey {
	if p.Workload != nil {
		return PeerKey{workload: p.Workload}
	}
	if p.key != "" {
		return PeerKey{text: p.key}
	}
	return PeerKey{text: p.text()}
}

// text returns what identifies a peer that is no workload.
func (p *Peer) text() string {
	var b strings.Builder
	b.WriteString(p.NameIn(nil))
	for _, block := range p.Blocks {
		b.WriteByte(' ')
		b.WriteString(block.CIDR.String())
		for _, e := range block.Except {
			b.WriteByte('-')
			b.WriteString(e.String())
		}
	}
	if p.DNS != nil {
		b.WriteString(p.DNS.key())
	}
	for _, h := range p.Hosts() {
		b.WriteByte(' ')
		b.WriteString(string(h))
	}
	return b.String()
}

// Edge is a pair of peers and the ports between them.
type Edge struct {
	From, To *Peer
	Ports    PortSet
	// Except is the sources that a guardrail does not bind.
	Except []*Peer
	// Half is the one half that is emitted; zero is both.
	Half    Half
	Decl    *EdgeDecl
	Package *Package
}

// Emits reports whether the edge speaks for a direction at all.
func (e *Edge) Emits(d Directions) bool { return e.Half == 0 || e.Half == d }

// End returns the end that a policy of direction d selects, and the other end.
func (e *Edge) End(d Directions) (subject, other *Peer) {
	if d == Egress {
		return e.From, e.To
	}
	return e.To, e.From
}

// Text returns the edge in canonical form as namespace ns would write it.
func (e *Edge) Text(ns *Namespace) string {
	return e.From.NameIn(ns) + " -> " + e.To.NameIn(ns) + ":" + e.Ports.String() + RequestsText(e.HTTP())
}

// HTTP returns the requests that the edge allows; none where it allows its ports as a whole.
func (e *Edge) HTTP() []Request { return e.Decl.HTTP }

// Hosts returns the names of hosts that the peer denotes besides its addresses.
func (p *Peer) Hosts() []Host {
	if p.External == nil {
		return nil
	}
	return p.External.Hosts
}

// Target returns the kind of the objects of the build; packages that own namespaces have one.
func (g *Graph) Target() Target {
	for _, n := range g.Namespaces {
		if n.Owned() {
			return n.Owner.Output.Target
		}
	}
	return Kubernetes
}

// Staged reports whether the objects of the build are a dry run.
func (g *Graph) Staged() bool {
	for _, n := range g.Namespaces {
		if n.Owned() {
			return n.Owner.Output.Staged.Value
		}
	}
	return false
}

// OmitsNamespace returns the first package of which the objects are to have no namespace; nil where there is none.
func (g *Graph) OmitsNamespace() *Package {
	for _, p := range g.Packages {
		if p.Output.OmitNamespace.Is(true) {
			return p
		}
	}
	return nil
}

// Claim is a pair of `tests`.
type Claim struct {
	*Edge
	Allow bool
}

// Owns reports whether the package declares a namespace as its own.
func (p *Package) Owns(namespace string) bool {
	for _, n := range p.Namespaces {
		if n.Name.Value == namespace && n.isOwned() {
			return true
		}
	}
	return p.Namespace.Value == namespace && namespace != ""
}

// isOwned reports whether the entry by itself makes the namespace an own one.
func (d *NamespaceDecl) isOwned() bool { return d.Selector == nil && (!d.Owned.Set || d.Owned.Value) }

func sortedPrefixes(prefixes []netip.Prefix) []netip.Prefix {
	return slices.SortedFunc(slices.Values(prefixes), comparePrefixes)
}

func comparePrefixes(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}
