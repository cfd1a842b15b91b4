package review

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/world"
)

// undeclaredPort finds ports that none of the pods has: a name that no container gives to a port, which then opens
// nothing; and a number, where all containers say on which ports they listen and it is none of them. Containers need
// not say so, which makes it a warning.
func (r *reviewer) undeclaredPort(x *writtenRule) {
	if !r.sure(x.Namespace) {
		return
	}
	for _, t := range r.targetsOf(x) {
		for j, item := range x.Ports {
			switch {
			case item.Port != nil && item.Port.Type == intstr.String:
				r.undeclaredName(x, t, j, item)
			default:
				r.undeclaredNumber(x, t, j, item)
			}
		}
	}
}

func (r *reviewer) undeclaredName(x *writtenRule, t targets, j int, item networkingv1.NetworkPolicyPort) {
	protocol, name := protocolOf(item), item.Port.StrVal
	var names []string
	for _, p := range t.pods {
		for _, port := range p.workload.Ports {
			if port.Name == name && port.Protocol == protocol {
				return
			}
			if port.Name != "" {
				names = append(names, port.Name+" ("+port.Protocol.String()+")")
			}
		}
	}
	finding := r.findings.Warnf(diag.UndeclaredPort, x.Value(x.path("ports", j, "port")...), "no container of %s gives the name `%s` to a port of %s, so the name opens nothing", t.pods[0].workload, name, *item.Protocol)
	if len(names) > 0 {
		slices.Sort(names)
		finding.WithHelp("the names are %s", quoted(slices.Compact(names)))
	} else {
		finding.WithHelp("write the number of the port")
	}
	finding.WithRelated(t.pods[0].workload.Pos, "%s", t.pods[0].workload)
}

func (r *reviewer) undeclaredNumber(x *writtenRule, t targets, j int, item networkingv1.NetworkPolicyPort) {
	protocol, port, ok := number(item)
	if !ok || ofMesh(port) || protocol != graph.SCTP && port == world.DNSPort {
		return
	}
	declared := graph.PortSet{}
	for _, p := range t.pods {
		_, _, isService := r.behind(p.workload, protocol, port)
		if len(p.workload.Ports) == 0 || p.workload.Made || isService || r.listens(p.workload, protocol, port) {
			return
		}
		for _, q := range p.workload.Ports {
			declared.Add(graph.Port{Range: graph.Range{Lo: q.Number, Hi: q.Number}, Protocol: q.Protocol})
		}
	}
	r.findings.Warnf(diag.UndeclaredPort, x.Value(x.path("ports", j, "port")...), "no container of %s declares the port `%s`", listed(t.pods), portText(protocol, port)).
		WithHelp("they declare `%s`", declared.String()).WithRelated(t.pods[0].workload.Pos, "%s", t.pods[0].workload)
}

func portText(protocol graph.Protocol, port int) string {
	return graph.Port{Range: graph.Range{Lo: port, Hi: port}, Protocol: protocol}.String()
}

// ofMesh reports whether a port is one of a sidecar that Istio or Linkerd adds to pods, which no manifest shows (Istio,
// Application Requirements; Linkerd, Proxy Configuration).
func ofMesh(port int) bool {
	return port >= 15000 && port <= 15099 || slices.Contains([]int{4140, 4143, 4190, 4191}, port)
}

// listed names the workloads of pods, the first of many.
func listed(all []*pods) string {
	first := all[0].workload
	if slices.ContainsFunc(all, func(p *pods) bool { return !sameWorkload(p.workload, first) }) {
		return first.String() + " and others"
	}
	return first.String()
}

func sameWorkload(a, b *inventory.Workload) bool {
	return a.Kind == b.Kind && a.Name == b.Name && a.Namespace == b.Namespace
}
