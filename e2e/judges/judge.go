// Package judges asks engines that other people wrote whether a flow is allowed, so that npgen's evaluator and its
// proof are held against somebody else's reading of the API.
//
//	cyclonus    github.com/mattfenwick/cyclonus, pkg/matcher
//	kubenetpol  sigs.k8s.io/kube-network-policies, pkg/networkpolicy, the reference implementation of SIG Network
//	cilium      github.com/cilium/cilium, pkg/policy
//
// Cilium's engine also takes CiliumNetworkPolicies, and says what a proxy lets pass of HTTP and whether it reads DNS.
//
// In: a cluster as the API server holds it, and probes. Out: allowed or denied, from each engine's own code. It refuses
// policies that the engine refuses. Nothing here imports npgen's evaluator: only the tests hold the two together.
package judges

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	npav1 "sigs.k8s.io/network-policy-api/apis/v1alpha2"
)

// Cluster is what a judge is asked about. All addresses of pods are of one family.
type Cluster struct {
	Pods []Pod
	// Namespaces holds the labels of every namespace that has a pod, kubernetes.io/metadata.name among them.
	Namespaces map[string]map[string]string
	// Policies is as Stored returns them.
	Policies []networkingv1.NetworkPolicy
	// Tiers is ClusterNetworkPolicies; cyclonus knows none.
	Tiers []npav1.ClusterNetworkPolicy
}

// Pod is one pod.
type Pod struct {
	Namespace, Name string
	Labels          map[string]string
	// Ports is the container ports; the names are unique.
	Ports []corev1.ContainerPort
	// Address is the pod's own, or its node's for a host-network pod.
	Address     netip.Addr
	HostNetwork bool
}

// Side is one end of a probe: a pod, or an address outside of the cluster.
type Side struct {
	// Pod is an index in Cluster.Pods, or -1.
	Pod  int
	Addr netip.Addr
}

// Probe is one question: may From send to a port of To.
type Probe struct {
	From, To Side
	Protocol corev1.Protocol
	// Port is from 1 to 65535.
	Port int
}

// Judge is an engine that has taken a cluster in.
type Judge interface {
	// Allowed reports whether the flow passes both ends. An error is trouble, never a denial.
	Allowed(Probe) (bool, error)
}

// Engine makes judges.
type Engine struct {
	Name string
	New  func(*Cluster) (Judge, error)
}

// Engines returns all of them.
func Engines() []Engine {
	return []Engine{{"cyclonus", newCyclonus}, {"kubenetpol", newKubenetpol}, {"cilium", newCilium}}
}

// Stored returns policies as the API server gives them out: with the defaults of networking.k8s.io/v1, written here
// apart from npgen's own, and with empty lists as absent ones, since it stores them in Protocol Buffers.
func Stored(policies []networkingv1.NetworkPolicy) ([]networkingv1.NetworkPolicy, error) {
	out := make([]networkingv1.NetworkPolicy, len(policies))
	for i := range policies {
		data, err := policies[i].Marshal()
		if err != nil {
			return nil, err
		}
		if err := out[i].Unmarshal(data); err != nil {
			return nil, err
		}
		setDefaults(&out[i].Spec)
	}
	return out, nil
}

func setDefaults(s *networkingv1.NetworkPolicySpec) {
	if len(s.PolicyTypes) == 0 {
		s.PolicyTypes = append(s.PolicyTypes, networkingv1.PolicyTypeIngress)
		if len(s.Egress) != 0 {
			s.PolicyTypes = append(s.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	for _, r := range s.Ingress {
		setProtocols(r.Ports)
	}
	for _, r := range s.Egress {
		setProtocols(r.Ports)
	}
}

func setProtocols(ports []networkingv1.NetworkPolicyPort) {
	for i := range ports {
		if ports[i].Protocol == nil {
			tcp := corev1.ProtocolTCP
			ports[i].Protocol = &tcp
		}
	}
}

// address returns the address that a packet of one side carries.
func (c *Cluster) address(s Side) netip.Addr {
	if s.Pod < 0 {
		return s.Addr
	}
	return c.Pods[s.Pod].Address
}

// governed returns the pod of a side. An address outside is none, and a host-network pod is only the address of its
// node (Network Policies, NetworkPolicy and hostNetwork pods).
func (c *Cluster) governed(s Side) (*Pod, bool) {
	if s.Pod < 0 || c.Pods[s.Pod].HostNetwork {
		return nil, false
	}
	return &c.Pods[s.Pod], true
}
