package read

import (
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// Meaning is what one rule of a policy says. Policies of NetworkPolicy's, Cilium's and cluster kinds add up in it: what
// any allows is open where something isolates the pod, but for what a deny of any takes away.
type Meaning struct {
	Kind, Namespace, Name string
	// Subject selects the pods.
	Subject Pods
	// Isolates is the directions in which the subject may send and receive only what is allowed to it.
	Isolates graph.Directions
	Allows   []Opening
	Denies   []Opening
	// NotUnderstood names the fields whose meaning the policy alone does not give, by their paths. What Allows and Denies
	// say is all but those.
	NotUnderstood []string
}

// Pods is pods by the labels of their namespaces and their own; nil is every one.
type Pods struct{ Namespaces, Pods *metav1.LabelSelector }

// Opening is what one entry of one rule says: all of its peers, on all of its ports.
type Opening struct {
	Direction graph.Directions
	// Index is the place of the entry in its list, from 0.
	Index int
	Peers []Peer
	Ports sets.Ports
	Named []rule.PortName
	// HTTP and DNS narrow what passes to some requests and questions, where they are not nil.
	HTTP []HTTP
	DNS  []FQDN
}

// Peer is one of pods, addresses, an entity, hosts, or everyone.
type Peer struct {
	Everyone bool
	Pods     *Pods
	Block    *rule.Block
	// Entity is one of Cilium's words besides `all`, which is everyone.
	Entity string
	Host   *FQDN
}

// Meanings returns what a policy says, for each of its rules. An error is why Cilium refuses the policy, and enforces
// nothing of it.
func Meanings(p *Policy) ([]Meaning, error) {
	specs := p.Specs
	if p.Spec != nil {
		specs = append([]Spec{*p.Spec}, specs...)
	}
	if len(specs) == 0 {
		return nil, errors.New("it has neither `spec` nor `specs`")
	}
	var out []Meaning
	for i := range specs {
		m := meaning{Meaning: Meaning{Kind: p.Kind, Namespace: p.Namespace, Name: p.Name}, spec: &specs[i]}
		if err := m.make(); err != nil {
			return nil, err
		}
		out = append(out, m.Meaning)
	}
	return out, nil
}

// meaning is a meaning while it is made.
type meaning struct {
	Meaning
	spec *Spec
	// path is the field that is being read.
	path string
}

func (m *meaning) notUnderstood(field string) {
	m.NotUnderstood = append(m.NotUnderstood, m.path+field)
}

func (m *meaning) make() error {
	s := m.spec
	switch {
	case len(s.Ingress)+len(s.IngressDeny)+len(s.Egress)+len(s.EgressDeny) == 0:
		return errors.New("it has no entry in `ingress`, `ingressDeny`, `egress` or `egressDeny`")
	case s.EndpointSelector == nil && s.NodeSelector == nil:
		return errors.New("it has neither `endpointSelector` nor `nodeSelector`")
	case s.EndpointSelector != nil && s.NodeSelector != nil:
		return errors.New("it has both `endpointSelector` and `nodeSelector`")
	case s.NodeSelector != nil && m.Kind == Namespaced:
		return errors.New("it selects nodes, which only a policy of the cluster does")
	case s.NodeSelector != nil:
		m.notUnderstood("nodeSelector")
	default:
		m.path = "endpointSelector"
		subject, err := m.selector(s.EndpointSelector, true)
		if err != nil {
			return err
		}
		m.Subject = subject
	}
	isolates := func(d graph.Directions, entries int, enabled *bool) {
		if entries > 0 && (enabled == nil || *enabled) {
			m.Isolates |= d
		}
	}
	isolates(graph.Ingress, len(s.Ingress)+len(s.IngressDeny), s.EnableDefaultDeny.Ingress)
	isolates(graph.Egress, len(s.Egress)+len(s.EgressDeny), s.EnableDefaultDeny.Egress)
	return errors.Join(
		m.ingress("ingress", s.Ingress, &m.Allows), m.ingress("ingressDeny", s.IngressDeny, &m.Denies),
		m.egress("egress", s.Egress, &m.Allows), m.egress("egressDeny", s.EgressDeny, &m.Denies),
	)
}

func (m *meaning) ingress(list string, entries []Ingress, out *[]Opening) error {
	for i := range entries {
		e := &entries[i]
		m.path = fmt.Sprintf("%s[%d].", list, i)
		peers, err := m.peers([]kindOf{
			{"fromEndpoints", len(e.FromEndpoints), e.FromEndpoints != nil, func() ([]Peer, error) { return m.endpoints("fromEndpoints", e.FromEndpoints) }},
			{"fromCIDR", len(e.FromCIDR), e.FromCIDR != nil, func() ([]Peer, error) { return cidrs(e.FromCIDR) }},
			{"fromCIDRSet", len(e.FromCIDRSet), e.FromCIDRSet != nil, func() ([]Peer, error) { return m.cidrSet("fromCIDRSet", e.FromCIDRSet) }},
			{"fromEntities", len(e.FromEntities), e.FromEntities != nil, func() ([]Peer, error) { return entities(e.FromEntities) }},
			{"fromNodes", len(e.FromNodes), e.FromNodes != nil, nil},
			{"fromGroups", len(e.FromGroups), e.FromGroups != nil, nil},
			{"fromRequires", len(e.FromRequires), e.FromRequires != nil, nil},
		}, len(e.ToPorts)+len(e.ICMPs) > 0)
		if err != nil {
			return fmt.Errorf("%s[%d]: %w", list, i, err)
		}
		if err := m.openings(graph.Ingress, i, peers, &e.Common, out); err != nil {
			return fmt.Errorf("%s[%d]: %w", list, i, err)
		}
	}
	return nil
}

func (m *meaning) egress(list string, entries []Egress, out *[]Opening) error {
	for i := range entries {
		e := &entries[i]
		m.path = fmt.Sprintf("%s[%d].", list, i)
		if list == "egressDeny" && e.ToFQDNs != nil {
			return fmt.Errorf("%s[%d]: a deny knows no `toFQDNs`", list, i)
		}
		peers, err := m.peers([]kindOf{
			{"toEndpoints", len(e.ToEndpoints), e.ToEndpoints != nil, func() ([]Peer, error) { return m.endpoints("toEndpoints", e.ToEndpoints) }},
			{"toCIDR", len(e.ToCIDR), e.ToCIDR != nil, func() ([]Peer, error) { return cidrs(e.ToCIDR) }},
			{"toCIDRSet", len(e.ToCIDRSet), e.ToCIDRSet != nil, func() ([]Peer, error) { return m.cidrSet("toCIDRSet", e.ToCIDRSet) }},
			{"toEntities", len(e.ToEntities), e.ToEntities != nil, func() ([]Peer, error) { return entities(e.ToEntities) }},
			{"toFQDNs", len(e.ToFQDNs), e.ToFQDNs != nil, func() ([]Peer, error) { return hosts(e.ToFQDNs) }},
			{"toServices", len(e.ToServices), e.ToServices != nil, nil},
			{"toNodes", len(e.ToNodes), e.ToNodes != nil, nil},
			{"toGroups", len(e.ToGroups), e.ToGroups != nil, nil},
			{"toRequires", len(e.ToRequires), e.ToRequires != nil, nil},
		}, len(e.ToPorts)+len(e.ICMPs) > 0)
		if err != nil {
			return fmt.Errorf("%s[%d]: %w", list, i, err)
		}
		if err := m.openings(graph.Egress, i, peers, &e.Common, out); err != nil {
			return fmt.Errorf("%s[%d]: %w", list, i, err)
		}
	}
	return nil
}

// kindOf is a kind of peers that an entry can have. Of some the policy alone does not say who they are.
type kindOf struct {
	field string
	count int
	given bool
	read  func() ([]Peer, error)
}

// peers returns who an entry is for. Cilium refuses peers of several kinds in one entry.
func (m *meaning) peers(kinds []kindOf, hasPorts bool) ([]Peer, error) {
	found, given, nobody := (*kindOf)(nil), false, false
	for i := range kinds {
		k := &kinds[i]
		given = given || k.given
		switch {
		case k.count == 0 && k.given && (k.field == "fromEndpoints" || k.field == "toEndpoints"):
			nobody = true // whatever stands beside it
		case k.count == 0 && k.given:
			m.notUnderstood(k.field) // what that is, is not written anywhere
		case k.count > 0 && found != nil:
			return nil, fmt.Errorf("it has both `%s` and `%s`", found.field, k.field)
		case k.count > 0:
			found = k
		}
	}
	switch {
	case nobody && found != nil && found.read != nil: // which Cilium may refuse all the same
		_, err := found.read()
		return nil, err
	case nobody:
		return nil, nil
	case found != nil && found.read == nil:
		m.notUnderstood(found.field)
		return nil, nil
	case found != nil:
		return found.read()
	case !given && hasPorts:
		return []Peer{{Everyone: true}}, nil
	}
	return nil, nil
}
