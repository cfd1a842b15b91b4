// Package world is the cluster that questions are asked about.
//
// In: a linked graph and its policies, or what manifests define. Out: a Cluster of pods, labels of namespaces, policies
// and names of addresses; of both kinds of input alike. It refuses nothing but policies that Kubernetes would refuse,
// which are findings.
//
// What is in no namespace by itself is in one that is chosen once for all of the input (HomeNamespace), and the DNS
// servers that clusters are known to have are listed here and nowhere else.
package world

import (
	"net/netip"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// Pod is pods of one namespace with the same labels: those of a workload, or of a manifest.
type Pod struct {
	Namespace, Name string
	Labels          map[string]string
	// Ports is the named ports of the pod, which policies may refer to by name.
	Ports []NamedPort
	// HostNetwork pods use the node's addresses: policies do not govern them (Network Policies, Pods and hostNetwork).
	HostNetwork bool
	// Selector is set where Labels is an example only: the pods are those of Namespace, or of the namespaces that In
	// selects, with labels that it matches.
	Selector, In *metav1.LabelSelector
	// Known is all other labels of the pods that Selector matches; nil where they are not known.
	Known map[string]string
	// Implied pods are not declared: a selector of a policy speaks of them (Cluster.WithUnknown).
	Implied bool
}

// HasLabels reports whether the pods have some labels, among others; no namespace is any.
func (p *Pod) HasLabels(namespace string, labels map[string]string) bool {
	return (namespace == "" || namespace == p.Namespace) && inventory.Within(labels, p.Labels)
}

// NamedPort is a port of a container by its name.
type NamedPort struct {
	Name     string
	Protocol sets.Protocol
	Port     int
}

// Cluster is what a question is asked about.
type Cluster struct {
	Pods []Pod
	// Namespaces holds the labels of namespaces. Each has kubernetes.io/metadata.name besides; a namespace that is
	// missing here has that label alone.
	Namespaces map[string]map[string]string
	// Known holds the labels of the namespaces of which all are known, besides the name.
	Known map[string]map[string]string
	// Stated is those of Known that packages state as `knownLabels`, and that no manifest shows.
	Stated map[string]bool
	// Selected holds namespaces by labels, by the name that a package has for them.
	Selected map[string]*metav1.LabelSelector
	Policies []rule.Policy
	// Others is policies that say more than NetworkPolicies do: those of other dialects.
	Others []OtherPolicy
	// Services is those of manifests.
	Services []*inventory.Service
	// NotCounted is what could change an answer and is not in the cluster.
	NotCounted []inventory.NotCounted
	// DNS is the DNS servers that packages name: they are declared as what answers.
	DNS []DNSServer
	// Ranges is the names by which addresses are called.
	Ranges []Range
}

// Range is addresses that have a name, such as `internet`.
type Range struct {
	Name          string
	CIDRs, Except []netip.Prefix
}

// Other is the name of the pods of a namespace that nothing declares, and of the namespaces that nothing declares.
const Other = "(other)"
