// Package inventory is what really runs, read from Kubernetes manifests.
//
// In: files, folders and streams of YAML or JSON. Out: the workloads, Services, namespaces and policies that the manifests
// define, and what says who calls whom. It renders nothing: documents that are templates or do not parse are findings and
// left out, and what they may hold is then not held against anyone (Inventory.Incomplete).
package inventory

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/ignore"
)

// Inventory is what a set of manifests defines, in the order in which it was read.
type Inventory struct {
	Workloads  []*Workload
	Services   []*Service
	Namespaces []*Namespace
	Policies   []*Policy
	// Refused is the policies that are not among Policies since Kubernetes would not take them.
	Refused []*Refused
	// NotCounted is what could change an answer and is not among the rest.
	NotCounted []NotCounted
	// Skipped is the number of documents and list items of other kinds.
	Skipped int
	// Incomplete is set where something could not be read or is rewritten later (templates, broken YAML, a
	// kustomization that changes labels), so that what is missing here may exist all the same.
	Incomplete bool
	// OtherTemplates is where templates are reported of which none speaks of a NetworkPolicy.
	OtherTemplates []diag.Pos
	// Kustomized is set where there is a kustomization, so that two objects of one name may be a base and a change of it.
	Kustomized bool

	Configs   []*Config
	FrontEnds []FrontEnd
	// Comments is those by which the user takes findings out of reports.
	Comments []ignore.Comment
	Customs  []*Custom
	// Made is workloads that an operator makes of custom resources which say all of them that matters here, and Makers
	// the other custom resources that are known to make pods.
	Made   []*Workload
	Makers []Maker
	// Monitors say what a Prometheus asks for metrics.
	Monitors []*Monitor
	// Rights is what accounts may do at the API server.
	Rights []Right
	// Behinds is the addresses behind Services, as far as manifests write them.
	Behinds []Addresses
	// OpenShift is set where the manifests are for OpenShift.
	OpenShift bool
}

// Workload is an object that makes pods, or a pod by itself.
type Workload struct {
	Kind string
	// Namespace is empty where the manifest names none.
	Namespace, Name string
	// Labels is the labels of its pods; Selector the labels by which the controller knows them (spec.selector), if any.
	Labels, Selector map[string]string
	// Own is the labels of the object itself, which its pods need not have.
	Own map[string]string
	// Ports is the container ports of its containers and sidecars, each once.
	Ports []Port
	// HostNetwork is set where the pods use the node's network (PodSpec.hostNetwork).
	HostNetwork bool
	Pos         diag.Pos
	// Texts is what its containers are told, and Uses what they read of ConfigMaps and Secrets.
	Texts []Text
	Uses  []ConfigUse
	// Account is the ServiceAccount of its pods; NoToken is set where they get no token of it.
	Account string
	NoToken bool
	// Images is the images of its containers, Annotations those of the object, PodAnnotations those of its pods.
	Images                      []string
	Annotations, PodAnnotations map[string]string
	// Governing is the Service that gives the pods of a StatefulSet their names.
	Governing string
	// Made is set where an operator makes the pods of a custom resource; Scrapes is what a Prometheus of the operator takes its targets from.
	Made    bool
	Scrapes *Scrapes
	Written

	// containers counts the containers that were read.
	containers int

	// probes is ports that the kubelet checks, which listen although no container port says so.
	probes []Port
	owner  owner
}

// String returns kind and name, as messages write it.
func (w *Workload) String() string { return w.Kind + " `" + w.Name + "`" }

// Is reports whether two entries are the same object, as in a base and a copy of it.
func (w *Workload) Is(v *Workload) bool {
	return w.Kind == v.Kind && w.Name == v.Name && w.Namespace == v.Namespace
}

// IsBare reports whether the workload is a pod that no controller made.
func (w *Workload) IsBare() bool { return w.Kind == "Pod" && w.owner.kind == "" }

// Port returns the container port of a name, or nil.
func (w *Workload) Port(name string) *Port {
	for i := range w.Ports {
		if w.Ports[i].Name == name {
			return &w.Ports[i]
		}
	}
	return nil
}

// Port is a port that a container declares (ContainerPort). Name may be empty.
type Port struct {
	Name     string
	Number   int
	Protocol graph.Protocol
}

// Graph returns the port as a package declares it.
func (p Port) Graph() graph.Port {
	return graph.Port{Range: graph.Range{Lo: p.Number, Hi: p.Number}, Protocol: p.Protocol}
}

// Service is a Service; one without a selector stands for no workload.
type Service struct {
	Namespace, Name string
	Selector        map[string]string
	Ports           []ServicePort
	// Type is ClusterIP where the manifest gives none.
	Type string
	// Addresses is its cluster addresses, where a dump shows them.
	Addresses []netip.Addr
	// Headless is set where clients get the addresses of the pods; ExternalName is the name that it stands for.
	Headless            bool
	ExternalName        string
	Labels, Annotations map[string]string
	Pos                 diag.Pos
}

// ServicePort is a port of a Service and the pod port behind it, by number or by the name of a container port. Where
// the manifest gives no targetPort it is the Service's own number.
type ServicePort struct {
	Name       string
	Number     int
	Protocol   graph.Protocol
	Target     int
	TargetName string
}

// Namespace is a Namespace object.
type Namespace struct {
	Name                string
	Labels, Annotations map[string]string
	Pos                 diag.Pos
}

// backs reports whether the pods of a workload stand behind the Service. An unknown namespace may be any.
func (s *Service) backs(w *Workload) bool {
	sameNamespace := s.Namespace == w.Namespace || s.Namespace == "" || w.Namespace == ""
	return sameNamespace && len(s.Selector) > 0 && Within(s.Selector, w.Labels)
}

// TargetAt returns the pod port behind a Service port at one workload.
func (p ServicePort) TargetAt(w *Workload) (Port, bool) {
	if p.TargetName == "" {
		return Port{Number: p.Target, Protocol: p.Protocol}, true
	}
	for _, q := range w.Ports {
		if q.Name == p.TargetName && q.Protocol == p.Protocol {
			return q, true
		}
	}
	return Port{}, false
}

// Links is which Services stand before which workloads.
type Links struct {
	behind map[*Service][]*Workload
	before map[*Workload][]*Service
}

// Links finds the Services of workloads by their selectors.
func (inv *Inventory) Links() Links {
	l := Links{map[*Service][]*Workload{}, map[*Workload][]*Service{}}
	type label struct{ key, value string }
	byLabel := map[label][]*Workload{}
	for _, w := range inv.Workloads {
		for k, v := range w.Labels {
			byLabel[label{k, v}] = append(byLabel[label{k, v}], w)
		}
	}
	for _, s := range inv.Services {
		for _, k := range slices.Sorted(maps.Keys(s.Selector))[:min(1, len(s.Selector))] {
			for _, w := range byLabel[label{k, s.Selector[k]}] {
				if s.backs(w) {
					l.behind[s] = append(l.behind[s], w)
					l.before[w] = append(l.before[w], s)
				}
			}
		}
	}
	return l
}

// Behind returns the workloads whose pods stand behind a Service.
func (l Links) Behind(s *Service) []*Workload { return l.behind[s] }

// Before returns the Services that stand before a workload.
func (l Links) Before(w *Workload) []*Service { return l.before[w] }

// Listening returns what is known of the ports on which a workload's pods listen: container ports, probes and what
// Services send to them by number.
func (l Links) Listening(w *Workload) []Port {
	out := append(slices.Clone(w.Ports), w.probes...)
	for _, s := range l.before[w] {
		for _, p := range s.Ports {
			if p.TargetName == "" {
				out = append(out, Port{Number: p.Target, Protocol: p.Protocol})
			}
		}
	}
	return out
}

// Within reports whether labels are all among others.
func Within(part, whole map[string]string) bool {
	for k, v := range part {
		if w, ok := whole[k]; !ok || w != v {
			return false
		}
	}
	return true
}

// owner is the controller that made an object, from its ownerReferences.
type owner struct{ kind, name string }

// dropOwned leaves out what another object of the inventory makes, as the ReplicaSets and Pods in a dump of a cluster.
func (inv *Inventory) dropOwned() {
	known := map[string]bool{}
	key := func(kind, namespace, name string) string { return fmt.Sprintf("%s %s/%s", kind, namespace, name) }
	for _, w := range inv.Workloads {
		known[key(w.Kind, w.Namespace, w.Name)] = true
	}
	inv.Workloads = slices.DeleteFunc(inv.Workloads, func(w *Workload) bool {
		return w.owner.kind != "" && known[key(w.owner.kind, w.Namespace, w.owner.name)]
	})
}

// IsGenerated reports whether controllers or meshes set a label on pods, so that no manifest shows it.
func IsGenerated(key string) bool {
	switch key {
	case "pod-template-hash", "controller-revision-hash", "pod-template-generation", "controller-uid", "job-name",
		"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "batch.kubernetes.io/controller-uid",
		"batch.kubernetes.io/job-name", "batch.kubernetes.io/job-completion-index",
		"security.istio.io/tlsMode", "service.istio.io/canonical-name", "service.istio.io/canonical-revision",
		"linkerd.io/control-plane-ns", "linkerd.io/proxy-deployment", "linkerd.io/workload-ns":
		return true
	}
	return false
}
