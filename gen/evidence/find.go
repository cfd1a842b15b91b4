package evidence

import (
	"slices"
	"strconv"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// resolve finds the Service of a DNS name as a pod of a namespace would (Kubernetes documentation, DNS for Services and
// Pods): `svc`, `svc.ns`, `svc.ns.svc` and longer, each also with a pod of a StatefulSet in front.
func (f *Finder) resolve(host, namespace string) (s *inventory.Service, ownPod bool) {
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

func (f *Finder) lookup(labels []string, namespace string) *inventory.Service {
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
func (f *Finder) lead(s *inventory.Service, m mention) []Call {
	var out []Call
	for _, w := range f.Behind(s) {
		if ports := podPorts(s, w, m); len(ports) > 0 {
			out = append(out, Call{To: w, Service: s, Ports: ports})
		}
	}
	return out
}

// podPorts returns the pod ports that a mention of a Service leads to at one of its workloads: that behind the named
// port; the pod's own, as clients of a headless Service use it; that of the scheme; or else all.
func podPorts(s *inventory.Service, w *inventory.Workload, m mention) []graph.Port {
	defaults := map[string]int{"http": 80, "https": 443, "ws": 80, "wss": 443}
	for _, number := range []int{m.port, defaults[m.scheme]} {
		if ports := behindPorts(s, w, func(p inventory.ServicePort) bool { return p.Number == number }); len(ports) > 0 {
			return ports
		}
		if number != 0 && number == m.port {
			return portsOf(w, number)
		}
	}
	return behindPorts(s, w, func(inventory.ServicePort) bool { return true })
}

func behindPorts(s *inventory.Service, w *inventory.Workload, wanted func(inventory.ServicePort) bool) []graph.Port {
	var out []graph.Port
	for _, p := range s.Ports {
		if target, ok := p.TargetAt(w); ok && wanted(p) && !slices.Contains(out, target.Graph()) {
			out = append(out, target.Graph())
		}
	}
	return out
}

// portsOf returns the pod's ports of a number, over whichever protocols it declares.
func portsOf(w *inventory.Workload, number int) []graph.Port {
	var out []graph.Port
	for _, p := range w.Ports {
		if p.Number == number {
			out = append(out, p.Graph())
		}
	}
	return out
}

// exposed returns what a front end leads to.
func (f *Finder) exposed(e *inventory.FrontEnd) []Call {
	caller := Controller
	if e.APIServer {
		caller = APIServer
	}
	var out []Call
	for _, s := range f.services[e.Service] {
		for _, w := range f.Behind(s) {
			ports := behindPorts(s, w, func(p inventory.ServicePort) bool {
				return (e.Port == 0 || p.Number == e.Port) && (e.PortName == "" || p.Name == e.PortName || p.TargetName == e.PortName)
			})
			if s.Namespace == e.Namespace && len(ports) > 0 {
				out = append(out, Call{Caller: caller, To: w, Service: s, Ports: ports, Sure: true, Says: e.Of, Pos: func() diag.Pos { return e.Pos }})
			}
		}
	}
	return out
}

// Served returns every workload behind every Service.
func (f *Finder) Served() []Call {
	var out []Call
	for _, s := range f.Services {
		out = append(out, f.lead(s, mention{})...)
	}
	return out
}

// published returns what Services of type LoadBalancer or NodePort let in from outside of the cluster.
func (f *Finder) published() []Call {
	var out []Call
	for _, c := range f.Served() {
		if t := c.Service.Type; t == "LoadBalancer" || t == "NodePort" {
			c.Sure = true
			c.Caller, c.Says, c.Pos = Anyone, "Service "+c.Service.Name+" is a "+t, func() diag.Pos { return c.Service.Pos }
			out = append(out, c)
		}
	}
	return out
}
