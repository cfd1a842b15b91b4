package flows

import (
	"net/netip"
	"slices"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// DNS says whether the pods of a policy can ask the cluster's DNS.
type DNS struct {
	// Needed is false where the policy leaves egress as it is.
	Needed bool
	// Allowed names the pods that may ask over UDP and TCP, Partly those that may over one of them, Denied the others.
	Allowed, Partly, Denied []string
	// By is the rules that allow it.
	By []RuleRef
}

// AskDNS looks for DNS egress in all policies of the pods that a policy selects; where it selects none that is known,
// of a pod with the labels that it asks for. Servers are those that DNS profiles know, and what answers UDP on 53.
func (e *Evaluator) AskDNS(index int) DNS {
	p := &e.cluster.Policies[index]
	out := DNS{}
	if out.Needed = p.Isolates.Has(graph.Egress); !out.Needed {
		return out
	}
	servers := e.dnsServers()
	for _, pod := range e.subjects(index) {
		best := sets.Ports(nil)
		for _, server := range servers {
			s := e.side(Target{Pod: pod}, server.Target, server.Target, server.ports, graph.Egress)
			if len(s.Open) >= len(best) {
				best = s.Open
			}
			for _, r := range s.Opening {
				if !slices.Contains(out.By, r.RuleRef) {
					out.By = append(out.By, r.RuleRef)
				}
			}
		}
		name := pod.Namespace + "/" + pod.Name
		switch len(best) {
		case 0:
			out.Denied = append(out.Denied, name)
		case 1:
			out.Partly = append(out.Partly, name)
		default:
			out.Allowed = append(out.Allowed, name)
		}
	}
	return out
}

type dnsServer struct {
	Target
	// ports is the server's port over UDP and TCP.
	ports sets.Ports
}

// dnsServers returns the servers that clusters are known to have, those that packages name, and the pods that answer UDP on 53.
func (e *Evaluator) dnsServers() []dnsServer {
	if e.servers != nil {
		return e.servers
	}
	var out []dnsServer
	for _, s := range append(world.DNSServers(), e.cluster.DNS...) {
		t := Target{Pod: s.Pod}
		if s.Pod == nil {
			t.Addresses = sets.AddressesOf([]netip.Prefix{netip.PrefixFrom(s.Address, s.Address.BitLen())}, nil)
		}
		out = append(out, dnsServer{t, s.Ports()})
	}
	for i := range e.cluster.Pods {
		p := &e.cluster.Pods[i]
		for _, port := range p.Ports {
			if port.Protocol == sets.UDP && port.Port == world.DNSPort && !p.HostNetwork {
				out = append(out, dnsServer{Target{Pod: p}, world.DNSServer{Port: world.DNSPort}.Ports()})
			}
		}
	}
	e.servers = out
	return out
}

// subjects returns the pods that a policy selects: those declared, with one that nothing declares where it selects
// every pod; else one with the labels that it asks for.
func (e *Evaluator) subjects(index int) []*world.Pod {
	policy := e.compiled[index]
	selector := policy.source.Subject
	out := e.selected(policy)
	if rule.SelectsAll(selector) {
		return append(out, &world.Pod{Namespace: policy.source.Namespace, Name: other})
	}
	if len(out) == 0 {
		out = append(out, &world.Pod{Namespace: policy.source.Namespace, Name: world.SelectorName(selector), Labels: rule.Example(selector)})
	}
	return out
}
