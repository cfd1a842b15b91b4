package draft

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// unit is a workload of the starter package: one or more workloads of the manifests that the same labels select.
type unit struct {
	namespace, name string
	members         []*inventory.Workload
	// labels selects its pods.
	labels map[string]string
	// byDefault is set where the default, app: <name>, selects the same pods.
	byDefault bool
	ports     []graph.NamedPort
	services  []servicePair
	// serviceName is the Service's name where there is one Service, called otherwise than the workload.
	serviceName string
}

// servicePair is a port of a Service that differs from the pod port behind it.
type servicePair struct{ port, target graph.Port }

// hostNetwork reports whether its pods are on the node's network; what is no workload is not.
func (u *unit) hostNetwork() bool { return u != nil && u.members[0].HostNetwork }

// sorted sorts the workloads into those of the starter package, in the order of namespaces and names; loose is those that
// carry no labels, so that no policy can select them.
func (s *starter) sorted() (units []*unit, loose []*inventory.Workload) {
	byKey := map[string]*unit{}
	for _, w := range s.Workloads {
		labels := s.Stable(w)
		if len(labels) == 0 {
			loose = append(loose, w)
			continue
		}
		key := fmt.Sprint(w.Namespace, w.HostNetwork, labels)
		if byKey[key] == nil {
			byKey[key] = &unit{namespace: w.Namespace, labels: labels}
			units = append(units, byKey[key])
		}
		byKey[key].members = append(byKey[key].members, w)
	}
	s.nameUnits(units)
	withApp := map[[2]string]int{}
	for _, w := range s.Workloads {
		withApp[[2]string{w.Namespace, w.Labels["app"]}]++
	}
	for _, u := range units {
		u.byDefault = u.hasApp() && withApp[[2]string{u.namespace, u.name}] == len(u.members)
		s.addPorts(u)
		s.addServices(u)
	}
	slices.SortFunc(units, func(a, b *unit) int {
		return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
	})
	return units, loose
}

// name gives each unit a name that is its own in its namespace.
func (s *starter) nameUnits(units []*unit) {
	used := map[string]bool{}
	for _, u := range units {
		base := s.baseName(u)
		for i := 0; u.name == "" || used[u.namespace+"/"+u.name]; i++ {
			switch i {
			case 0:
				u.name = DNSLabel(base, "")
			case 1:
				u.name = DNSLabel(base, "-"+strings.ToLower(u.members[0].Kind))
			default:
				u.name = DNSLabel(base, fmt.Sprintf("-%d", i))
			}
		}
		used[u.namespace+"/"+u.name] = true
	}
}

// baseName returns the name of the workload, or what its versions have in common.
func (s *starter) baseName(u *unit) string {
	first := u.members[0]
	name := first.Name
	if len(u.members) > 1 || u.leavesVersion() {
		for _, key := range []string{"app", "app.kubernetes.io/name", "k8s-app", "name"} {
			if v := u.labels[key]; len(validation.IsDNS1123Label(v)) == 0 && !s.namesOther(u, v) {
				name = v
				break
			}
		}
	}
	if graph.IsBuiltin(name) {
		return name + "-pods"
	}
	return name
}

// leavesVersion reports whether the unit's labels leave out a version by which the controller knows its pods.
func (u *unit) leavesVersion() bool {
	for k := range u.members[0].Selector {
		if _, kept := u.labels[k]; !kept && inventory.IsVersion(k) {
			return true
		}
	}
	return false
}

func (s *starter) namesOther(u *unit, name string) bool {
	return slices.ContainsFunc(s.Workloads, func(w *inventory.Workload) bool {
		return w.Namespace == u.namespace && w.Name == name && !slices.Contains(u.members, w)
	})
}

// hasApp reports whether all pods of the unit have the label app=<name>.
func (u *unit) hasApp() bool {
	return !slices.ContainsFunc(u.members, func(w *inventory.Workload) bool { return w.Labels["app"] != u.name })
}

// addPorts lists the container ports, and what Services send to by number, each under a name.
func (s *starter) addPorts(u *unit) {
	var ports []inventory.Port
	add := func(p inventory.Port) {
		if !slices.ContainsFunc(ports, func(q inventory.Port) bool { return p.Graph() == q.Graph() }) {
			ports = append(ports, p)
		}
	}
	for _, w := range u.members {
		for _, p := range w.Ports {
			add(p)
		}
	}
	for _, w := range u.members {
		for _, s := range s.Before(w) {
			for _, p := range s.Ports {
				if p.TargetName == "" {
					add(inventory.Port{Number: p.Target, Protocol: p.Protocol})
				}
			}
		}
	}
	taken := map[string]bool{}
	for _, p := range ports {
		if p.Name == "" {
			p.Name = s.serviceName(u, p)
		}
		name := portName(p, taken)
		taken[name] = true
		u.ports = append(u.ports, graph.NamedPort{Name: name, Port: p.Graph()})
	}
}

// serviceName returns the name that a Service has for a port of the pods, or "".
func (s *starter) serviceName(u *unit, p inventory.Port) string {
	for _, w := range u.members {
		for _, service := range s.Before(w) {
			for _, sp := range service.Ports {
				if target, ok := sp.TargetAt(w); ok && target.Graph() == p.Graph() && sp.Name != "" {
					return sp.Name
				}
			}
		}
	}
	return ""
}

// portName returns the container port's name, or one made of protocol and number (at most 15 characters, as IANA
// service names are) where it has none or the name is taken.
func portName(p inventory.Port, taken map[string]bool) string {
	made := fmt.Sprintf("%s-%d", p.Protocol, p.Number)
	for _, name := range []string{p.Name, made, "port-" + made} {
		if graph.CheckPortName(name) == nil && !taken[name] {
			return name
		}
	}
	name := ""
	for i := 0; name == "" || taken[name]; i++ {
		name = fmt.Sprintf("p%d-%d", i, p.Number)
	}
	return name
}

// addServices lists the ports of the unit's Services that are not those of the pods.
func (s *starter) addServices(u *unit) {
	names := map[string]bool{}
	for _, w := range u.members {
		for _, s := range s.Before(w) {
			u.addService(s, w, names)
		}
	}
	if len(names) == 1 && !names[u.name] {
		u.serviceName = slices.Collect(maps.Keys(names))[0]
	}
}

func (u *unit) addService(s *inventory.Service, w *inventory.Workload, names map[string]bool) {
	for _, p := range s.Ports {
		port := inventory.Port{Number: p.Number, Protocol: p.Protocol}.Graph()
		target, ok := p.TargetAt(w)
		known := slices.ContainsFunc(u.services, func(q servicePair) bool { return q.port == port })
		if !ok || target.Graph() == port {
			continue
		}
		names[s.Name] = true
		if !known {
			u.services = append(u.services, servicePair{port, target.Graph()})
		}
	}
}
