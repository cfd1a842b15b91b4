package judges

import (
	"github.com/mattfenwick/cyclonus/pkg/matcher"
	networkingv1 "k8s.io/api/networking/v1"
)

// cyclonus is github.com/mattfenwick/cyclonus. It knows of no host network: the pod's node stands in as an address.
type cyclonus struct {
	cluster *Cluster
	policy  *matcher.Policy
}

func newCyclonus(c *Cluster) (Judge, error) {
	policies := make([]*networkingv1.NetworkPolicy, len(c.Policies))
	for i := range c.Policies {
		policies[i] = &c.Policies[i]
	}
	return &cyclonus{c, matcher.BuildNetworkPolicies(false, policies)}, nil
}

// Allowed asks each half once for every name that the port has at the destination: a Traffic carries only one.
func (j *cyclonus) Allowed(p Probe) (bool, error) {
	names := []string{""}
	if to, ok := j.cluster.governed(p.To); ok {
		for _, port := range to.Ports {
			if int(port.ContainerPort) == p.Port && port.Protocol == p.Protocol {
				names = append(names, port.Name)
			}
		}
	}
	var egress, ingress bool
	for _, name := range names {
		result := j.policy.IsTrafficAllowed(&matcher.Traffic{
			Source: j.peer(p.From), Destination: j.peer(p.To),
			ResolvedPort: p.Port, ResolvedPortName: name, Protocol: p.Protocol,
		})
		egress = egress || result.Egress.IsAllowed()
		ingress = ingress || result.Ingress.IsAllowed()
	}
	return egress && ingress, nil
}

func (j *cyclonus) peer(s Side) *matcher.TrafficPeer {
	out := &matcher.TrafficPeer{IP: j.cluster.address(s).String()}
	if pod, ok := j.cluster.governed(s); ok {
		out.Internal = &matcher.InternalPeer{
			PodLabels: pod.Labels, Namespace: pod.Namespace, NamespaceLabels: j.cluster.Namespaces[pod.Namespace],
		}
	}
	return out
}
