package policy

import (
	"maps"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
)

// shared is the parts that many objects have in common, each put together once. Nothing changes them afterwards.
type shared struct {
	packages map[*graph.Package]*common
	// types are by the direction of an object.
	types [graph.Both][]networkingv1.PolicyType
	// selectors are those with expressions, in canonical form; the others are shared with the graph.
	selectors  map[*metav1.LabelSelector]*metav1.LabelSelector
	namespaces map[*graph.Namespace]*metav1.LabelSelector
	everything metav1.LabelSelector
	blocks     map[*graph.Peer][]networkingv1.NetworkPolicyPeer
	dns        map[*graph.DNSConfig]*dns
	ports      map[string]*ports
	// key is room for a key of ports.
	key []byte
}

func newShared() *shared {
	return &shared{
		packages: map[*graph.Package]*common{},
		types: [...][]networkingv1.PolicyType{
			graph.Ingress: {networkingv1.PolicyTypeIngress}, graph.Egress: {networkingv1.PolicyTypeEgress},
		},
		selectors:  map[*metav1.LabelSelector]*metav1.LabelSelector{},
		namespaces: map[*graph.Namespace]*metav1.LabelSelector{},
		blocks:     map[*graph.Peer][]networkingv1.NetworkPolicyPeer{},
		dns:        map[*graph.DNSConfig]*dns{},
		ports:      map[string]*ports{},
	}
}

// common is what the objects of one package have in common.
type common struct {
	labels map[string]string
	// annotations are those of a wave; nil where the package asks for none.
	annotations [waves]map[string]string
}

func (x *shared) packageOf(o *object) *common {
	p := o.subject.Namespace.Owner
	c := x.packages[p]
	if c == nil {
		c = &common{labels: maps.Clone(p.Output.Labels), annotations: waveAnnotations(p.Output)}
		if c.labels == nil {
			c.labels = map[string]string{}
		}
		c.labels[ManagedByLabel], c.labels[PackageLabel] = "npgen", p.Output.Name
		x.packages[p] = c
	}
	return c
}

func (x *shared) canonical(s *metav1.LabelSelector) *metav1.LabelSelector {
	if len(s.MatchExpressions) == 0 {
		return s
	}
	c := x.selectors[s]
	if c == nil {
		canonical := graph.Canonical(*s)
		c = &canonical
		x.selectors[s] = c
	}
	return c
}

func (x *shared) namespace(n *graph.Namespace) *metav1.LabelSelector {
	s := x.namespaces[n]
	if s == nil {
		s = x.canonical(n.LabelSelector())
		x.namespaces[n] = s
	}
	return s
}

// dns is the DNS servers of a package and the ports on which they answer.
type dns struct {
	set   graph.PortSet
	ports *ports
	peers []networkingv1.NetworkPolicyPeer
}

func (x *shared) dnsOf(c *graph.DNSConfig) *dns {
	d := x.dns[c]
	if d == nil {
		set := c.PortSet()
		d = &dns{set: set, ports: x.portsOf(set), peers: dnsPeers(c)}
		x.dns[c] = d
	}
	return d
}

// only reports whether a set is the ports of DNS and no others.
func (d *dns) only(s graph.PortSet) bool { return d.set.Contains(s) && s.Contains(d.set) }
