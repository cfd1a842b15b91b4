package review

import (
	"fmt"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
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
func (r *reviewer) allBehind(pods []*pod, protocol graph.Protocol, port int) (*inventory.Service, inventory.Port, bool) {
	var service *inventory.Service
	var target inventory.Port
	for _, p := range pods {
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
	pod := flows.End{Pod: &t.pods[0].Pod}
	if x.Direction == graph.Egress {
		return len(x.subjects) > 0 && r.eval.Egress(flows.End{Pod: &x.subjects[0].Pod}, pod).Ports.Contains(port.Protocol, port.Number)
	}
	for _, end := range r.ends(x) {
		if r.eval.Ingress(end, pod).Ports.Contains(port.Protocol, port.Number) {
			return true
		}
	}
	return false
}

// subjectText returns the pods of a policy as messages write them.
func (r *reviewer) subjectText(p *policy) string {
	if rule.SelectsAll(&p.Spec.PodSelector) {
		return fmt.Sprintf("of namespace `%s`", p.Namespace)
	}
	return selectorText(&p.Spec.PodSelector)
}
