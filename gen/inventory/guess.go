package inventory

import (
	"slices"
	"strconv"
	"strings"

	"github.com/npgen/npgen/gen/graph"
)

// target is one workload that a text or a front end leads to, and the pod ports meant.
type target struct {
	*Workload
	service *Service
	ports   []graph.Port
	from    string
	// ownPod is set where the text names a single pod of a StatefulSet, as members of one do to find each other.
	ownPod bool
}

// targets returns the workloads that a workload's environment, command line and configuration lead to.
func (inv *Inventory) targets(w *Workload) []target {
	var out []target
	texts := inv.allTexts(w)
	byKey := map[string]string{}
	for _, t := range texts {
		byKey[t.key] = t.value
	}
	for _, t := range texts {
		for _, m := range mentions(t) {
			service, ownPod := inv.resolve(m.host, w.Namespace)
			if service == nil {
				continue
			}
			if m.port == 0 {
				m.port, _ = strconv.Atoi(strings.TrimSpace(byKey[portKey(t.key)]))
			}
			for _, x := range inv.behind(service, m) {
				x.from, x.ownPod = t.from, ownPod
				out = append(out, x)
			}
		}
	}
	return out
}

// resolve finds the Service of a DNS name as a pod of a namespace would (Kubernetes documentation, DNS for Services and
// Pods): `svc`, `svc.ns`, `svc.ns.svc` and longer, each also with a pod of a StatefulSet in front.
func (inv *Inventory) resolve(host, namespace string) (s *Service, ownPod bool) {
	labels := strings.Split(host, ".")
	if s := inv.lookup(labels, namespace); s != nil {
		return s, false
	}
	if len(labels) > 1 && isOrdinal(labels[0]) {
		s := inv.lookup(labels[1:], namespace)
		return s, s != nil
	}
	return nil, false
}

// isOrdinal reports whether a name ends in a number as the pods of a StatefulSet do.
func isOrdinal(name string) bool {
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return false
	}
	_, err := strconv.ParseUint(name[i+1:], 10, 31)
	return err == nil
}

func (inv *Inventory) lookup(labels []string, namespace string) *Service {
	full := len(labels) > 2
	if full && labels[2] != "svc" {
		return nil
	}
	if len(labels) > 1 {
		namespace = labels[1]
	}
	for _, s := range inv.Services {
		if s.Name == labels[0] && (s.Namespace == namespace || full && s.Namespace == "") {
			return s
		}
	}
	return nil
}

// behind returns the workloads behind a Service, each with the pod ports that a mention of the Service leads to. It is
// empty where the mention names a port that neither the Service nor the pods have.
func (inv *Inventory) behind(s *Service, m mention) []target {
	var out []target
	for _, w := range inv.Workloads {
		if !s.backs(w) {
			continue
		}
		if ports := s.podPorts(w, m); len(ports) > 0 {
			out = append(out, target{Workload: w, service: s, ports: ports})
		}
	}
	return out
}

// podPorts returns the pod ports that a mention of a Service leads to at one of its workloads: that behind the named
// port; the pod's own, as clients of a headless Service use it; that of the scheme; or else all.
func (s *Service) podPorts(w *Workload, m mention) []graph.Port {
	defaults := map[string]int{"http": 80, "https": 443, "ws": 80, "wss": 443}
	for _, number := range []int{m.port, defaults[m.scheme]} {
		if ports := s.behindPorts(w, func(p ServicePort) bool { return p.Number == number }); len(ports) > 0 {
			return ports
		}
		if number != 0 && number == m.port {
			return w.portsOf(number)
		}
	}
	return s.behindPorts(w, func(ServicePort) bool { return true })
}

func (s *Service) behindPorts(w *Workload, wanted func(ServicePort) bool) []graph.Port {
	var out []graph.Port
	for _, p := range s.Ports {
		if target, ok := p.target(w); ok && wanted(p) && !slices.Contains(out, target.graph()) {
			out = append(out, target.graph())
		}
	}
	return out
}

// portsOf returns the pod's ports of a number, over whichever protocols it declares.
func (w *Workload) portsOf(number int) []graph.Port {
	var out []graph.Port
	for _, p := range w.Ports {
		if p.Number == number {
			out = append(out, p.graph())
		}
	}
	return out
}

// exposed returns what a front end leads to.
func (inv *Inventory) exposed(f frontEnd) []target {
	var out []target
	for _, s := range inv.Services {
		if s.Name != f.service || s.Namespace != f.namespace {
			continue
		}
		for _, w := range inv.Workloads {
			ports := s.behindPorts(w, func(p ServicePort) bool {
				return (f.port == 0 || p.Number == f.port) && (f.portName == "" || p.Name == f.portName || p.TargetName == f.portName)
			})
			if s.backs(w) && len(ports) > 0 {
				out = append(out, target{Workload: w, service: s, ports: ports, from: f.of})
			}
		}
	}
	return out
}

// published returns what a Service of type LoadBalancer or NodePort lets in from outside of the cluster.
func (inv *Inventory) published() []target {
	var out []target
	for _, s := range inv.Services {
		if s.Type != "LoadBalancer" && s.Type != "NodePort" {
			continue
		}
		for _, x := range inv.behind(s, mention{}) {
			x.from = "Service " + s.Name + " is a " + s.Type
			out = append(out, x)
		}
	}
	return out
}
