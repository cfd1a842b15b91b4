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

// finder finds what leads where in an inventory whose objects all have a namespace.
type finder struct {
	*Inventory
	Links
	// services and configs are those of a name, in any namespace.
	services map[string][]*Service
	configs  map[string][]*config
	// assumed is the namespace of objects whose manifests give none, so that it may go by another name.
	assumed string
}

func newFinder(inv *Inventory, assumed string) *finder {
	f := &finder{inv, inv.Links(), map[string][]*Service{}, map[string][]*config{}, assumed}
	for _, s := range inv.Services {
		f.services[s.Name] = append(f.services[s.Name], s)
	}
	for _, c := range inv.configs {
		f.configs[c.name] = append(f.configs[c.name], c)
	}
	return f
}

// targets returns the workloads that a workload's environment, command line and configuration lead to.
func (f *finder) targets(w *Workload) []target {
	var out []target
	texts := f.allTexts(w)
	byKey := map[string]string{}
	for _, t := range texts {
		byKey[t.key] = t.value
	}
	for _, t := range texts {
		for _, m := range mentions(t) {
			service, ownPod := f.resolve(m.host, w.Namespace)
			if service == nil {
				continue
			}
			for _, x := range f.lead(service, m.beside(byKey[portKey(t.key)], service)) {
				x.from, x.ownPod = t.from, ownPod
				out = append(out, x)
			}
		}
	}
	return out
}

// beside returns a mention of a host alone with the port that another variable gives, if it is one of the Service's.
func (m mention) beside(port string, s *Service) mention {
	n, err := strconv.Atoi(strings.TrimSpace(port))
	if err == nil && m.port == 0 && slices.ContainsFunc(s.Ports, func(p ServicePort) bool { return p.Number == n }) {
		m.port = n
	}
	return m
}

// resolve finds the Service of a DNS name as a pod of a namespace would (Kubernetes documentation, DNS for Services and
// Pods): `svc`, `svc.ns`, `svc.ns.svc` and longer, each also with a pod of a StatefulSet in front.
func (f *finder) resolve(host, namespace string) (s *Service, ownPod bool) {
	labels := strings.Split(host, ".")
	if s := f.lookup(labels, namespace); s != nil {
		return s, false
	}
	if len(labels) > 1 && isOrdinal(labels[0]) {
		s := f.lookup(labels[1:], namespace)
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

func (f *finder) lookup(labels []string, namespace string) *Service {
	full := len(labels) > 2
	if full && labels[2] != "svc" {
		return nil
	}
	if len(labels) > 1 {
		namespace = labels[1]
	}
	for _, s := range f.services[labels[0]] {
		if s.Namespace == namespace || full && s.Namespace == f.assumed {
			return s
		}
	}
	return nil
}

// lead returns the workloads behind a Service, each with the pod ports that a mention of the Service leads to. It is
// empty where the mention names a port that neither the Service nor the pods have.
func (f *finder) lead(s *Service, m mention) []target {
	var out []target
	for _, w := range f.behind[s] {
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
		if target, ok := p.TargetAt(w); ok && wanted(p) && !slices.Contains(out, target.graph()) {
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
func (f *finder) exposed(e frontEnd) []target {
	var out []target
	for _, s := range f.services[e.service] {
		for _, w := range f.behind[s] {
			ports := s.behindPorts(w, func(p ServicePort) bool {
				return (e.port == 0 || p.Number == e.port) && (e.portName == "" || p.Name == e.portName || p.TargetName == e.portName)
			})
			if s.Namespace == e.namespace && len(ports) > 0 {
				out = append(out, target{Workload: w, service: s, ports: ports, from: e.of})
			}
		}
	}
	return out
}

// served returns every workload behind every Service.
func (f *finder) served() []target {
	var out []target
	for _, s := range f.Services {
		out = append(out, f.lead(s, mention{})...)
	}
	return out
}

// published returns what Services of type LoadBalancer or NodePort let in from outside of the cluster.
func (f *finder) published() []target {
	var out []target
	for _, x := range f.served() {
		if t := x.service.Type; t == "LoadBalancer" || t == "NodePort" {
			x.from = "Service " + x.service.Name + " is a " + t
			out = append(out, x)
		}
	}
	return out
}
