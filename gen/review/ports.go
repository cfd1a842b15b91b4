package review

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
)

// targets is the pods on which the ports of a rule are opened.
type targets struct {
	pods []*pods
	// peer is the index of the peer in an egress rule.
	peer int
}

// targetsOf returns the known pods on which a rule opens ports: those of the policy, or of each peer of an egress rule.
// It leaves out whole namespaces, and groups of which some pods are not known.
func (r *reviewer) targetsOf(x *writtenRule) []targets {
	if x.Direction == graph.Ingress {
		if rule.SelectsAll(&x.Spec.PodSelector) {
			return nil
		}
		return known(targets{r.subjects(x.policy), -1})
	}
	var out []targets
	for i, peer := range x.Peers {
		if !rule.SelectsAll(peer.PodSelector) {
			out = append(out, known(targets{r.peersOf(x, peer), i})...)
		}
	}
	return out
}

func known(t targets) []targets {
	t.pods = slices.DeleteFunc(slices.Clone(onlyWorkloads(t.pods)), (*pods).onHost)
	if len(t.pods) == 0 {
		return nil
	}
	return []targets{t}
}

// number returns the one number of an item of `ports`, or false.
func number(p networkingv1.NetworkPolicyPort) (graph.Protocol, int, bool) {
	if p.Port == nil || p.Port.Type == intstr.String || p.EndPort != nil {
		return 0, 0, false
	}
	return protocolOf(p), int(p.Port.IntVal), true
}

func protocolOf(p networkingv1.NetworkPolicyPort) graph.Protocol {
	for _, known := range graph.Protocols() {
		if string(*p.Protocol) == map[graph.Protocol]string{graph.TCP: "TCP", graph.UDP: "UDP", graph.SCTP: "SCTP"}[known] {
			return known
		}
	}
	return graph.TCP
}

// listens reports whether a workload is known to listen on a port.
func (r *reviewer) listens(w *inventory.Workload, protocol graph.Protocol, port int) bool {
	return slices.ContainsFunc(r.links.Listening(w), func(p inventory.Port) bool { return p.Number == port && p.Protocol == protocol })
}

// behind returns the Service that has a port, and the port of the workload behind it.
func (r *reviewer) behind(w *inventory.Workload, protocol graph.Protocol, port int) (*inventory.Service, inventory.Port, bool) {
	for _, s := range r.links.Before(w) {
		for _, p := range s.Ports {
			if target, ok := p.TargetAt(w); ok && p.Number == port && p.Protocol == protocol {
				return s, target, true
			}
		}
	}
	return nil, inventory.Port{}, false
}
