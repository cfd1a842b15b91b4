package flows

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// servicePrefix stands before the name of a Service in a question, as in `svc/db`.
const servicePrefix = "svc"

// services returns the Services of a name, in a namespace or in any.
func (a *manifestAsker) services(namespace, name string) []*inventory.Service {
	var out []*inventory.Service
	for _, s := range a.cluster.Services {
		if s.Name == name && (namespace == "" || namespace == s.Namespace) {
			out = append(out, s)
		}
	}
	return out
}

// service returns the pods behind a Service, which is what policies see of it.
func (a *manifestAsker) service(ref graph.PeerRef, namespace, name string) []Target {
	found := a.services(namespace, name)
	if len(found) > 1 {
		found = slices.DeleteFunc(found, func(s *inventory.Service) bool { return s.Namespace != metav1.NamespaceDefault })
	}
	if len(found) != 1 {
		names := map[string]bool{}
		for _, s := range a.cluster.Services {
			names[s.Namespace+"/"+servicePrefix+"/"+s.Name] = true
		}
		what := "the manifests have no Service `%s`"
		if len(a.services(namespace, name)) > 1 {
			what = "Service `%s` is in several namespaces"
		}
		finding := a.findings.Errorf(diag.UnknownName, ref.Pos, what, name)
		if near := diag.ByDistance(namespace+"/"+servicePrefix+"/"+name, maps.Keys(names)); len(near) > 0 {
			finding.WithHelp("there are `%s`", strings.Join(near[:min(len(near), 5)], "`, `"))
		}
		return nil
	}
	s := found[0]
	called := s.Namespace + "/" + s.Name
	var out []Target
	for i := range a.cluster.Pods {
		if p := &a.cluster.Pods[i]; isBehind(s, p) {
			out = append(out, Target{Name: p.Namespace + "/" + p.Name, Pod: p, service: s})
		}
	}
	switch {
	case len(s.Selector) == 0:
		a.findings.Errorf(diag.UnknownName, ref.Pos, "Service `%s` has no selector, so nothing says who stands behind it", called).
			WithHelp("write the pods, or the addresses of its EndpointSlices")
	case len(out) == 0:
		a.findings.Errorf(diag.UnknownName, ref.Pos, "no pods of the input stand behind Service `%s`: none in namespace `%s` has %s", called, s.Namespace, sets.LabelsText(s.Selector)).
			WithHelp("write the pods by labels, as `%s/{%s}`", s.Namespace, sets.LabelsText(s.Selector))
	default:
		var names []string
		for _, t := range out {
			names = append(names, "`"+t.Name+"`")
		}
		a.note("policies see the pods behind Service `%s`: %s", called, strings.Join(names, ", "))
	}
	return out
}

func isBehind(s *inventory.Service, p *world.Pod) bool {
	return !p.Implied && p.Selector == nil && len(s.Selector) > 0 && p.HasLabels(s.Namespace, s.Selector)
}

// servicePorts returns the ports of a pod behind the ports of its Service that the question names.
func (a *manifestAsker) servicePorts(to Target) (sets.Ports, bool) {
	decl, s := a.question.decl, to.service
	called := s.Namespace + "/" + s.Name
	var set graph.PortSet
	isFine := true
	add := func(p inventory.ServicePort) {
		port, ok := targetOf(p, to.Pod)
		if !ok {
			a.findings.Errorf(diag.UnknownPortName, decl.Pos, "port `%d` of Service `%s` leads to the port `%s`, a name that no container of `%s` gives", p.Number, called, p.TargetName, to.Name).
				WithHelp("write the number of the pods' port")
			isFine = false
			return
		}
		set.Add(port)
		if port.Lo != p.Number {
			a.note("`%d` is the port of Service `%s`; policies see the port of its pods, `%d`", p.Number, called, port.Lo)
		}
	}
	if decl.Ports == nil {
		for _, p := range s.Ports {
			add(p)
		}
	} else {
		for i, tok := range decl.Ports.Tokens {
			known := false
			for _, p := range s.Ports {
				if isAsked(tok, p) {
					known = true
					add(p)
				}
			}
			if !known {
				a.findings.Errorf(diag.UnknownPortName, decl.TokenPos[i], "Service `%s` has no such port", called).WithHelp("it has %s", portsText(s))
				isFine = false
			}
		}
	}
	if set.IsEmpty() && isFine {
		a.findings.Errorf(diag.NoPorts, decl.Pos, "Service `%s` has no ports", called).WithHelp("write the pods and their port")
		isFine = false
	}
	return set.Set(), isFine
}

func portsText(s *inventory.Service) string {
	var out []string
	for _, p := range s.Ports {
		text := fmt.Sprintf("`%d`", p.Number)
		if p.Name != "" {
			text += " (" + p.Name + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// isAsked reports whether a part of a question names a port of a Service.
func isAsked(tok graph.PortToken, p inventory.ServicePort) bool {
	if tok.Name != "" {
		return tok.Name == p.Name
	}
	return tok.Port.Protocol == p.Protocol && tok.Port.Lo <= p.Number && p.Number <= tok.Port.Hi
}

// targetOf returns the port of a pod behind a port of a Service.
func targetOf(p inventory.ServicePort, pod *world.Pod) (graph.Port, bool) {
	if p.TargetName == "" {
		return inventory.Port{Number: p.Target, Protocol: p.Protocol}.Graph(), true
	}
	for _, q := range pod.Ports {
		if q.Name == p.TargetName && q.Protocol == p.Protocol {
			return inventory.Port{Number: q.Port, Protocol: q.Protocol}.Graph(), true
		}
	}
	return graph.Port{}, false
}

// behindServices returns the ports of a pod that Services lead to from a port which the question names, where the pod has
// not that port itself; and says what a port is that no container declares.
func (a *manifestAsker) behindServices(tok graph.PortToken, to Target) []graph.Port {
	isOne := a.question.decl.To[0].Kind == graph.Named
	if !isOne || to.Pod == nil || to.Pod.Implied || to.Pod.Selector != nil || to.IsHypothetical || tok.Port.Lo != tok.Port.Hi {
		return nil
	}
	for _, p := range to.Pod.Ports {
		if tok.Name != "" && p.Name == tok.Name || tok.Name == "" && p.Protocol == tok.Port.Protocol && p.Port == tok.Port.Lo {
			return nil
		}
	}
	var out []graph.Port
	var notes []string
	for _, s := range a.cluster.Services {
		if !isBehind(s, to.Pod) {
			continue
		}
		for _, p := range s.Ports {
			port, ok := targetOf(p, to.Pod)
			switch {
			case tok.Name == "" && ok && port == tok.Port:
				return nil // they listen there, whatever the containers declare
			case ok && isAsked(tok, p):
				out = append(out, port)
				notes = append(notes, fmt.Sprintf("`%s` is the port of Service `%s/%s`; policies see the port of its pods, `%d`", tok, s.Namespace, s.Name, port.Lo))
			}
		}
	}
	for _, text := range notes {
		a.note("%s", text)
	}
	if len(out) == 0 && tok.Name == "" {
		a.note("no container of `%s` declares the port `%s`", to.Name, tok)
	}
	return out
}
