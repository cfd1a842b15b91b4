package evidence

import (
	"slices"
	"strconv"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// target is what a DNS name stands for.
type target struct {
	service *inventory.Service
	// pod is the name of the StatefulSet where the name is that of one of its pods.
	pod string
	// port is the name of the Service's port, and protocol its protocol, for the name of an SRV record.
	port     string
	protocol graph.Protocol
}

// find finds the Service of a DNS name as a pod of a namespace would (Kubernetes documentation, DNS for Services and
// Pods): `svc`, `svc.ns`, `svc.ns.svc` and longer, each also with a pod of a StatefulSet or `_port._protocol` in front.
func (f *Finder) find(host, namespace string) (target, bool) {
	labels := strings.Split(host, ".")
	if isService(host) {
		t := target{service: f.lookup(labels[2:], namespace), port: labels[0][1:]}
		protocols := graph.Protocols()
		i := slices.IndexFunc(protocols, func(p graph.Protocol) bool { return labels[1] == "_"+p.String() })
		if i < 0 {
			return t, false
		}
		t.protocol = protocols[i]
		return t, t.service != nil
	}
	if s := f.lookup(labels, namespace); s != nil {
		return target{service: s}, true
	}
	if name, ok := ofStatefulSet(labels[0]); ok && len(labels) > 1 {
		s := f.lookup(labels[1:], namespace)
		return target{service: s, pod: name}, s != nil
	}
	return target{}, false
}

// resolve returns the Service of a mention, or nil.
func (f *Finder) resolve(m mention, namespace string) *inventory.Service {
	t, _ := f.find(m.host, namespace)
	return t.service
}

// ofStatefulSet returns the StatefulSet of a pod's name, which ends in a number.
func ofStatefulSet(pod string) (string, bool) {
	i := strings.LastIndexByte(pod, '-')
	if i < 0 {
		return "", false
	}
	_, err := strconv.ParseUint(pod[i+1:], 10, 31)
	return pod[:i], err == nil
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

// lead returns the workloads that a mention in a text of a workload leads to, each with the pod ports. It is empty where
// nothing answers: found says whether there is a Service of that name all the same.
func (f *Finder) lead(w *inventory.Workload, m mention) (calls []Call, found bool) {
	t, found := f.find(m.host, w.Namespace)
	if !found {
		return nil, false
	}
	for _, to := range f.Behind(t.service) {
		own := to == w
		if t.pod != "" && (to.Kind != "StatefulSet" || to.Name != t.pod) {
			continue
		}
		if own && (to.Kind != "StatefulSet" || t.pod == "" && !t.service.Headless) {
			continue
		}
		for _, g := range t.ports(to, m) {
			if len(g.ports) > 0 {
				calls = append(calls, Call{To: to, Service: t.service, Ports: g.ports, Sure: g.sure, anyPort: g.any, OwnPod: own})
			}
		}
	}
	return calls, true
}

// schemePort returns the port that clients take where a URL gives none (IANA's registry, and the clients' documentation).
func schemePort(scheme string) int {
	return map[string]int{
		"http": 80, "https": 443, "ws": 80, "wss": 443, "postgres": 5432, "postgresql": 5432, "mysql": 3306, "mariadb": 3306,
		"mongodb": 27017, "redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671, "nats": 4222, "memcached": 11211,
		"ldap": 389, "ldaps": 636, "mqtt": 1883, "mqtts": 8883, "kafka": 9092, "sqlserver": 1433, "oracle": 1521,
		"cassandra": 9042, "clickhouse": 9000, "smtp": 25, "smtps": 465, "ftp": 21, "sftp": 22, "ssh": 22, "git": 9418, "etcd": 2379,
	}[scheme]
}

// guess is pod ports that a mention leads to; any is set where it could be each of them.
type guess struct {
	ports     []graph.Port
	sure, any bool
}

// ports returns the pod ports that a mention leads to at one workload: that behind the named port; the pod's own, as
// clients of a headless Service use it; that of the scheme; or else all.
func (t target) ports(w *inventory.Workload, m mention) []guess {
	s := t.service
	all := func(inventory.ServicePort) bool { return true }
	if t.port != "" {
		return []guess{{ports: behindPorts(s, w, func(p inventory.ServicePort) bool { return p.Name == t.port && p.Protocol == t.protocol }), sure: true}}
	}
	if m.port != 0 {
		return []guess{{ports: t.numbered(w, m.port, !m.command), sure: true}}
	}
	if out := t.beside(w, m); len(out) > 0 {
		return out
	}
	if ports := t.numbered(w, schemePort(m.scheme), false); len(ports) > 0 {
		return []guess{{ports: ports, sure: true}}
	}
	ports := behindPorts(s, w, all)
	if s.Headless && (len(ports) == 0 || t.pod != "") {
		for _, p := range w.Ports {
			if !slices.Contains(ports, p.Graph()) {
				ports = append(ports, p.Graph())
			}
		}
	}
	return []guess{{ports: ports, sure: len(ports) == 1, any: len(ports) > 1}}
}

// beside returns the ports that stand beside a mention of a host. Which of several the program takes, nobody says.
func (t target) beside(w *inventory.Workload, m mention) []guess {
	var out []guess
	for _, n := range m.beside {
		if ports := t.numbered(w, n, t.service.Headless); len(ports) > 0 {
			out = append(out, guess{ports: ports})
		}
	}
	if len(out) == 1 {
		out[0].sure = true
	}
	return out
}

// numbered returns the pod ports behind a number of the Service, or else the pod's own of that number, if that may be.
func (t target) numbered(w *inventory.Workload, number int, ofPod bool) []graph.Port {
	ports := behindPorts(t.service, w, func(p inventory.ServicePort) bool { return p.Number == number })
	if len(ports) == 0 && ofPod {
		return portsOf(w, number)
	}
	return ports
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
				out = append(out, Call{
					Caller: caller, To: w, Service: s, Ports: ports, Class: e.Class, Sure: true, Says: e.Of, Pos: func() diag.Pos { return e.Pos },
				})
			}
		}
	}
	return out
}

// Served returns every workload behind every Service.
func (f *Finder) Served() []Call {
	var out []Call
	for _, s := range f.Services {
		for _, w := range f.Behind(s) {
			if ports := behindPorts(s, w, func(inventory.ServicePort) bool { return true }); len(ports) > 0 {
				out = append(out, Call{To: w, Service: s, Ports: ports})
			}
		}
	}
	return out
}

// published returns what Services of type LoadBalancer or NodePort let in from outside of the cluster.
func (f *Finder) published() []Call {
	var out []Call
	for _, c := range f.Served() {
		if t := c.Service.Type; t == "LoadBalancer" || t == "NodePort" {
			c.Caller, c.Says, c.Pos, c.Sure = Anyone, "Service "+c.Service.Name+" is a "+t, func() diag.Pos { return c.Service.Pos }, true
			out = append(out, c)
		}
	}
	return out
}
