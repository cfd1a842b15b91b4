package draft

import (
	"cmp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// opening is what a policy of the manifests opens to a workload in one direction, from or to one peer.
type opening struct {
	direction graph.Directions
	// unit is the peer where it is a workload, peer its name as an edge has it.
	unit  *unit
	peer  string
	ports sets.Ports
	// policies is the names of the policies that open it.
	policies []string
}

// readPolicies finds what the policies that lie in the manifests isolate and open.
func (s *starter) readPolicies() {
	s.openings, s.isolated = map[*unit][]*opening{}, map[*unit]graph.Directions{}
	var objects []networkingv1.NetworkPolicy
	for _, p := range s.Policies {
		policy := p.NetworkPolicy
		policy.Namespace = cmp.Or(policy.Namespace, s.home)
		read.Default(&policy)
		if read.Validate(&policy) == nil {
			objects = append(objects, policy)
		}
	}
	policies := read.Rules(objects)
	for i := range policies {
		p := &policies[i]
		for _, u := range s.selected(p.Namespace, p.Subject) {
			s.isolated[u] |= p.Isolates
			for j := range p.Rules {
				s.open(p, u, &p.Rules[j])
			}
		}
	}
}

// selected returns the units whose pods a selector selects in a namespace.
func (s *starter) selected(namespace string, selector *metav1.LabelSelector) []*unit {
	var out []*unit
	for _, u := range s.units {
		if u.namespace == namespace && slices.ContainsFunc(u.members, func(w *inventory.Workload) bool {
			return rule.SelectsAll(selector) || sets.Matches(*selector, w.Labels)
		}) {
			out = append(out, u)
		}
	}
	return out
}

// open notes what a rule opens to a unit.
func (s *starter) open(p *rule.Policy, u *unit, r *rule.Rule) {
	if u.hostNetwork() || !s.owned(u.namespace) {
		return
	}
	add := func(peer string, of *unit, ports sets.Ports) {
		if ports.IsEmpty() || of.hostNetwork() {
			return
		}
		for _, o := range s.openings[u] {
			if o.direction == r.Direction && o.peer == peer {
				o.ports = o.ports.Union(ports)
				if !slices.Contains(o.policies, p.Name) {
					o.policies = append(o.policies, p.Name)
				}
				return
			}
		}
		s.openings[u] = append(s.openings[u], &opening{r.Direction, of, peer, ports, []string{p.Name}})
	}
	if r.Everyone() {
		add(anyone, nil, u.named(r))
	}
	for _, peer := range r.Peers {
		switch {
		case peer.Block != nil:
			if len(peer.Block.Except) == 0 {
				add(cidrPeer(peer.Block.CIDR), nil, u.named(r))
			} else {
				add(s.external(peer.Block), nil, u.named(r))
			}
		case peer.Namespaces == nil && !rule.SelectsAll(peer.Pods):
			for _, of := range s.selected(p.Namespace, peer.Pods) {
				target := u
				if r.Direction == graph.Egress {
					target = of
				}
				add(s.peer(of), of, target.named(r))
			}
		case !rule.SelectsAll(peer.Pods):
			s.undrafted = append(s.undrafted, p.Namespace+"/"+p.Name)
		case peer.Namespaces == nil:
			add(s.alias(&metav1.LabelSelector{MatchLabels: map[string]string{rule.NamespaceName: p.Namespace}})+"/*", nil, u.named(r))
		case !isDNS(r):
			add(s.alias(peer.Namespaces)+"/*", nil, u.named(r))
		}
	}
}

// isDNS reports whether a rule opens DNS and nothing else, which a package gives by itself.
func isDNS(r *rule.Rule) bool {
	dns := graph.Single(graph.Port{Range: graph.Range{Lo: 53, Hi: 53}}, graph.Port{Range: graph.Range{Lo: 53, Hi: 53}, Protocol: graph.UDP})
	return r.Direction == graph.Egress && len(r.Named) == 0 && r.Ports.Within(dns.Set())
}

// named returns the ports of a rule at a unit, those by name as the unit's numbers.
func (u *unit) named(r *rule.Rule) sets.Ports {
	out := r.Ports
	for _, n := range r.Named {
		for _, p := range u.ports {
			if p.Name == n.Name && p.Protocol.String() == n.Protocol.String() {
				out = out.Union(graph.Single(p.Port).Set())
			}
		}
	}
	return out
}

func cidrPeer(cidr string) string {
	if strings.Contains(cidr, ":") {
		return "[" + prefix(cidr).String() + "]"
	}
	return prefix(cidr).String()
}

// external returns the name of the external for a range with exceptions.
func (s *starter) external(b *rule.Block) string {
	fields := []string{"cidrs: " + list([]string{prefix(b.CIDR).String()})}
	var except []string
	for _, e := range b.Except {
		except = append(except, prefix(e).String())
	}
	fields = append(fields, "except: "+list(except))
	return s.declare(&s.externals, DNSLabel("addresses-"+prefix(b.CIDR).String(), ""), strings.Join(fields, ", "))
}

// alias returns the name of namespaces that labels select. They are never the subject of a policy.
func (s *starter) alias(selector *metav1.LabelSelector) string {
	name := "everywhere"
	if !rule.SelectsAll(selector) {
		name = DNSLabel("in-"+selectorName(selector), "")
	}
	return s.declare(&s.aliases, name, strings.Join(selectorFields(selector), ", "))
}

// declaration is a field of the package that an edge needs.
type declaration struct{ name, fields, comment string }

// declare returns the name of a declaration with the fields, making it where there is none.
func (s *starter) declare(all *[]declaration, name, fields string) string {
	for _, d := range *all {
		if d.fields == fields {
			return d.name
		}
	}
	taken := map[string]bool{}
	for _, d := range slices.Concat(s.aliases, s.externals) {
		taken[d.name] = true
	}
	for _, u := range s.units {
		taken[u.name], taken[u.namespace] = true, true
	}
	name = unused(name, taken)
	*all = append(*all, declaration{name: name, fields: fields})
	return name
}

// denied reports whether the policies of the manifests isolate an end of an edge and open nothing of it.
func (s *starter) denied(e *guessed) bool {
	if s.isolated[e.to]&graph.Ingress != 0 && !s.opens(e.to, graph.Ingress, e.unit, e.ports) {
		return true
	}
	return e.unit != nil && s.isolated[e.unit]&graph.Egress != 0 && !s.opens(e.unit, graph.Egress, e.to, e.ports)
}

// opens reports whether some policy opens some of the ports between a unit and a peer. Peers that are no units may hold it.
func (s *starter) opens(u *unit, d graph.Directions, peer *unit, ports graph.PortSet) bool {
	return slices.ContainsFunc(s.openings[u], func(o *opening) bool {
		return o.direction == d && (o.unit == nil || o.unit == peer) && o.ports.Overlaps(ports.Set())
	})
}

// openedBy reports whether some policy lets somebody in to a port.
func (s *starter) openedBy(u *unit, p graph.Port) bool {
	return slices.ContainsFunc(s.openings[u], func(o *opening) bool {
		return o.direction == graph.Ingress && o.ports.Overlaps(graph.Single(p).Set())
	})
}

// policyEdges returns what the policies open as edges, each with the policies, sorted.
func (s *starter) policyEdges() []string {
	var out []string
	for _, u := range s.units {
		for _, o := range s.openings[u] {
			from, to := o.peer, s.peer(u)
			if o.direction == graph.Egress {
				from, to = to, from
			}
			slices.Sort(o.policies)
			line := from + " -> " + to + ":" + strings.TrimSuffix(o.ports.String(), " ")
			out = append(out, quoteEdge(line)+", // NetworkPolicy "+OneLine(strings.Join(o.policies, ", ")))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
