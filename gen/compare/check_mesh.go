package compare

import (
	"fmt"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// hbone is the port over which the pods of an ambient mesh speak (Istio, Ambient and Kubernetes NetworkPolicy).
const hbone = 15008

func tcp(number int) graph.Port {
	return graph.Port{Range: graph.Range{Lo: number, Hi: number}, Protocol: graph.TCP}
}

// controlPlane is what the proxies of a mesh ask.
type controlPlane struct {
	name, namespace, definition string
	// asked is the ports, and where the catalog has them.
	asked []askedPort
}

type askedPort struct {
	number int
	peer   string
}

func controlPlanes() map[inventory.Mesh]controlPlane {
	return map[inventory.Mesh]controlPlane{
		inventory.IstioSidecar: {"Istio's control plane", "istio-system", "#Istiod", []askedPort{{15012, "istio-system/istiod"}}},
		inventory.Linkerd: {"Linkerd's control plane", "linkerd", "#Linkerd", []askedPort{
			{8080, "linkerd/identity"}, {8086, "linkerd/destination"}, {8090, "linkerd/destination"},
		}},
	}
}

// meshes finds edges that leave out what the mesh needs into which the manifests put their pods.
func (m *caller) meshes(placed *inventory.Inventory) {
	of := map[*inventory.Workload]inventory.InMesh{}
	var ambient []*inventory.Workload
	told := map[*graph.Workload]bool{}
	namespaces := map[string]*inventory.Namespace{}
	for _, n := range placed.Namespaces {
		namespaces[n.Name] = n
	}
	for _, w := range placed.Workloads {
		in := inventory.MeshOf(w, namespaces[w.Namespace])
		of[w] = in
		switch plane, hasPlane := controlPlanes()[in.Mesh]; {
		case in.Mesh == inventory.IstioAmbient:
			ambient = append(ambient, w)
		case hasPlane:
			m.controlPlane(w, in, plane, told)
		}
	}
	if len(ambient) == 0 {
		return
	}
	var receiving []*inventory.Workload // a sidecar takes the tunnel, too
	for _, w := range placed.Workloads {
		if of[w].Mesh == inventory.IstioAmbient || of[w].Mesh == inventory.IstioSidecar {
			receiving = append(receiving, w)
		}
	}
	said := map[*graph.EdgeDecl]bool{}
	for _, e := range m.g.Edges {
		if !said[e.Decl] && e.Ports.Overlaps(allTCP()) {
			said[e.Decl] = m.tunnel(e, ambient, receiving, of)
		}
	}
}

func allTCP() graph.PortSet {
	var s graph.PortSet
	s.AddAll(graph.TCP)
	return s
}

// tunnel finds an edge between pods of an ambient mesh whose tunnel is closed, and one that opens the tunnel and with it
// every port. It reports whether there is a finding.
func (m *caller) tunnel(e *graph.Edge, ambient, receiving []*inventory.Workload, of map[*inventory.Workload]inventory.InMesh) bool {
	opens := e.Ports.Contains(graph.Single(tcp(hbone)))
	if e.Ports.AllOf(graph.TCP) || e.Half != 0 {
		return false // nothing is closed, or other policies say the rest
	}
	for _, to := range receiving {
		if !m.holds(e.To, to) {
			continue
		}
		for _, from := range ambient {
			if from == to || !m.holds(e.From, from) {
				continue
			}
			isIsolated := m.isIsolated(from, graph.Egress) || m.isIsolated(to, graph.Ingress)
			switch {
			case !isIsolated:
			case opens:
				m.findings.Infof(diag.MeshCut, e.Decl.Pos, "through port %d of the ambient mesh every TCP port of `%s` is open to `%s`, whatever the edges say", hbone, m.nameOf(to), m.nameOf(from)).
					WithHelp("what may pass is the mesh's to say: write an AuthorizationPolicy for it").
					WithRelated(of[to].Pos, "%s", of[to].Says)
				return true
			case !m.passes(graph.Egress, from, to, tcp(hbone)) || !m.passes(graph.Ingress, to, from, tcp(hbone)):
				m.findings.Warnf(diag.MeshCut, e.Decl.Pos, "`%s` and `%s` are in an ambient mesh, which speaks over port %d, and that is closed between them", m.nameOf(from), m.nameOf(to), hbone).
					WithHelp("write `%s -> %s:%d` too; it carries every TCP port, so that an AuthorizationPolicy of the mesh has to say what may pass", m.nameOf(from), m.nameOf(to), hbone).
					WithRelated(of[from].Pos, "%s", of[from].Says)
				return true
			}
		}
	}
	return false
}

// controlPlane finds pods whose proxy cannot ask the control plane of its mesh.
func (m *caller) controlPlane(w *inventory.Workload, in inventory.InMesh, plane controlPlane, told map[*graph.Workload]bool) {
	if !m.isKnown(w) || !m.isIsolated(w, graph.Egress) || w.Namespace == plane.namespace {
		return
	}
	var ports, edges []string
	for _, a := range plane.asked {
		if !m.mayAsk(w, plane.namespace, tcp(a.number)) {
			ports = append(ports, fmt.Sprint(a.number))
			edges = append(edges, fmt.Sprintf("`%s -> %s:%d`", m.nameOf(w), a.peer, a.number))
		}
	}
	declared := m.declared(w)
	if len(ports) == 0 || len(declared) > 0 && told[declared[0]] {
		return
	}
	if len(declared) > 0 {
		told[declared[0]] = true
	}
	m.findings.Warnf(diag.MeshCut, m.at(w), "the proxy in the pods of `%s` asks %s on %s, which no edge opens", m.nameOf(w), plane.name, strings.Join(ports, ", ")).
		WithHelp("write %s, with `catalog.%s` of `github.com/npgen/npgen/catalog`", strings.Join(edges, " and "), plane.definition).
		WithRelated(in.Pos, "%s", in.Says)
}

// mayAsk reports whether a workload's pods may reach a port somewhere that may be a control plane: in its usual namespace, or
// outside of what the packages own.
func (m *caller) mayAsk(w *inventory.Workload, namespace string, p graph.Port) bool {
	for e := range m.speakingOf(w, graph.Egress) {
		isThere := e.To.Kind == graph.Any || e.To.Kind == graph.AllNamespaces || e.To.IsAddresses() ||
			e.To.Namespace != nil && (e.To.Namespace.Name == namespace || !e.To.Namespace.Owned())
		if isThere && e.Ports.Contains(graph.Single(p)) {
			return true
		}
	}
	return false
}
