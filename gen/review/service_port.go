package review

import (
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/sets"
)

// servicePort finds the port of a Service where policies see that of the pods behind it (Network Policies; the packet
// has been translated by then). It is an error where every pod of the input that is meant stands behind such a Service,
// none listens on the number, and no policy opens the right one; a warning where part of the input is unread or is
// changed before it is applied.
func (r *reviewer) servicePort(x *writtenRule) {
	for j, item := range x.Ports {
		protocol, port, ok := number(item)
		if !ok {
			continue
		}
		for _, t := range r.targetsOf(x) {
			s, target, all := r.allBehind(t.pods, protocol, port)
			if !all || r.isOpen(x, t, target) {
				continue
			}
			finding := r.findings.Errorf(diag.ServicePort, x.Value(x.path("ports", j, "port")...), "`%d` is the port of Service `%s`, but policies see the pod's port `%d`", port, s.Name, target.Number).
				WithHelp("write `port: %d`", target.Number).
				WithRelated(s.Pos, "Service `%s`", s.Name).WithRelated(t.pods[0].workload.Pos, "%s", t.pods[0].workload)
			if !r.sure(x.Namespace) {
				finding.Severity = diag.Warning
			}
			break
		}
	}
}

// allBehind returns the Service and the pods' port where all pods stand behind a Service with the given port and none
// listens on it.
func (r *reviewer) allBehind(all []*pods, protocol graph.Protocol, port int) (*inventory.Service, inventory.Port, bool) {
	var service *inventory.Service
	var target inventory.Port
	for _, p := range all {
		s, at, ok := r.behind(p.workload, protocol, port)
		if !ok || r.listens(p.workload, protocol, port) {
			return nil, target, false
		}
		service, target = s, at
	}
	return service, target, service != nil
}

// isOpen reports whether policies open the pods' own port to somebody whom the rule names.
func (r *reviewer) isOpen(x *writtenRule, t targets, port inventory.Port) bool {
	ports := sets.PortRange(port.Protocol, port.Number, port.Number)
	return slices.ContainsFunc(t.pods, func(p *pods) bool {
		if x.Direction == graph.Egress {
			return r.passes(r.between(&pods{Pods: x.selected}, p, ports), graph.Egress, sets.PodToPod)
		}
		return slices.ContainsFunc(r.ends(x), func(e sets.Ends) bool { return r.mayPass(p, e, ports, graph.Ingress) })
	})
}
