package inventory

import (
	"cmp"

	"github.com/npgen/npgen/gen/diag"
)

// Mesh is a service mesh, by what it does with the traffic of its pods.
type Mesh int

// The meshes.
const (
	NoMesh Mesh = iota
	// IstioAmbient tunnels what its pods say to each other over one port (Istio, Ambient and Kubernetes NetworkPolicy).
	IstioAmbient
	// IstioSidecar gives each pod a proxy, which asks istiod (Istio, Installing the Sidecar).
	IstioSidecar
	// Linkerd gives each pod a proxy, which asks its control plane (Linkerd, Automatic Proxy Injection).
	Linkerd
)

// InMesh is that pods are in a mesh, and what says so.
type InMesh struct {
	Mesh
	Says string
	Pos  diag.Pos
}

// MeshOf returns the mesh that labels and annotations put a workload's pods into: those of the pods, or else of the
// namespace n, which is nil where it is not known. Pods on the node's network are in none.
func MeshOf(w *Workload, n *Namespace) InMesh {
	if n == nil {
		n = &Namespace{}
	}
	in := func(mesh Mesh, key, value string, ofPods bool) InMesh {
		if ofPods {
			return InMesh{mesh, "`" + key + ": " + value + "` of its pods", w.Pos}
		}
		return InMesh{mesh, "`" + key + ": " + value + "` of its namespace", n.Pos}
	}
	if w.HostNetwork {
		return InMesh{}
	}
	const inject, ofNamespace = "sidecar.istio.io/inject", "istio-injection"
	ofPods := cmp.Or(w.Labels[inject], w.PodAnnotations[inject])
	switch isOff := ofPods == "false" || n.Labels[ofNamespace] == "disabled"; {
	case isOff:
	case ofPods == "true":
		return in(IstioSidecar, inject, "true", true)
	case n.Labels[ofNamespace] == "enabled":
		return in(IstioSidecar, ofNamespace, "enabled", false)
	case n.Labels[inject] == "true":
		return in(IstioSidecar, inject, "true", false)
	}
	const mode, ambient = "istio.io/dataplane-mode", "ambient"
	if v := w.Labels[mode]; v == ambient || v == "" && n.Labels[mode] == ambient {
		return in(IstioAmbient, mode, ambient, v == ambient)
	}
	const linkerd = "linkerd.io/inject"
	own := w.PodAnnotations[linkerd]
	if v := cmp.Or(own, n.Annotations[linkerd]); v == "enabled" || v == "ingress" {
		return in(Linkerd, linkerd, v, own != "")
	}
	return InMesh{}
}
