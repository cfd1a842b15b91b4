package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/draft"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// portCheck is a port that the package gives for a workload, and the pods that the workload selects.
type portCheck struct {
	w *graph.Workload
	// name is that under which the workload declares the port; empty for a number in an edge.
	name string
	port graph.Port
	pos  diag.Pos
	pods []*inventory.Workload
}

// String returns the port as messages write it.
func (p portCheck) String() string {
	if p.name == "" {
		return fmt.Sprintf("`%s`", p.port)
	}
	return fmt.Sprintf("`%s: %s`", p.name, p.port)
}

// instead returns what to write for another port.
func (c *checker) instead(p portCheck, port graph.Port) string {
	if p.name == "" {
		return fmt.Sprintf("`%s:%s`", c.name(p.w.Namespace, p.w.Name), port)
	}
	return fmt.Sprintf("`%s: %s`", draft.FieldName(p.name), draft.PortValue(port))
}

// edgePorts checks the numbers that an edge gives and its target does not declare.
func (c *checker) edgePorts(e *graph.Edge) {
	w := e.To.Workload
	if w == nil || e.Decl == nil || e.Decl.Ports == nil {
		return
	}
	pods := c.selects[w]
	for i, tok := range e.Decl.Ports.Tokens {
		isDeclared := slices.ContainsFunc(w.Ports, func(p graph.NamedPort) bool {
			return p.Protocol == tok.Protocol && p.Lo <= tok.Hi && tok.Lo <= p.Hi
		})
		if tok.Name != "" || isDeclared || len(pods) == 0 || !e.Ports.Contains(graph.Single(tok.Port)) {
			continue
		}
		pos := e.Decl.Pos
		if i < len(e.Decl.TokenPos) {
			pos = cmp.Or(e.Decl.TokenPos[i], pos)
		}
		c.port(portCheck{w: w, port: tok.Port, pos: pos, pods: pods})
	}
}

// port compares one port with the pods. Container ports are only documentation, so where pods declare none, or probes or
// Services show that a port listens, there is nothing to say.
func (c *checker) port(p portCheck) {
	listens := c.listens(p)
	if !listens && c.servicePort(p) {
		return
	}
	if i := slices.IndexFunc(p.pods, func(w *inventory.Workload) bool { return w.Port(p.name) != nil }); p.name != "" && i >= 0 {
		c.portNumber(p, p.pods[i])
		return
	}
	declared := graph.PortSet{}
	for _, w := range p.pods {
		for _, q := range w.Ports {
			declared.Add(q.Graph())
		}
	}
	if listens || declared.IsEmpty() {
		return
	}
	c.findings.Warnf(diag.UndeclaredPort, p.pos, "no pod of `%s` declares the port %s", c.name(p.w.Namespace, p.w.Name), p).
		WithHelp("the pods declare %s", strings.ReplaceAll("`"+declared.String()+"`", ",", "`, `")).
		WithRelated(p.pods[0].Pos, "%s", p.pods[0])
}

// listens reports whether some pod is known to listen on the port, or on one of the range.
func (c *checker) listens(p portCheck) bool {
	for _, w := range p.pods {
		for _, q := range c.links.Listening(w) {
			if q.Protocol == p.port.Protocol && p.port.Lo <= q.Number && q.Number <= p.port.Hi {
				return true
			}
		}
	}
	return false
}

// servicePort reports a number that is a Service's where the pods behind it have another.
func (c *checker) servicePort(p portCheck) bool {
	for _, w := range p.pods {
		for _, s := range c.links.Before(w) {
			for _, sp := range s.Ports {
				target, ok := sp.TargetAt(w)
				if !ok || (inventory.Port{Number: sp.Number, Protocol: sp.Protocol}).Graph() != p.port {
					continue
				}
				c.findings.Errorf(diag.ServicePort, p.pos, "`%s` is the port of Service `%s`, but policies see the pod's port `%s`", p.port, s.Name, target.Graph()).
					WithHelp("write %s", c.instead(p, target.Graph())).
					WithRelated(s.Pos, "Service `%s`", s.Name).WithRelated(w.Pos, "%s", w)
				return true
			}
		}
	}
	return false
}

// portNumber reports a port name that means one number in the package and another in the pods.
func (c *checker) portNumber(p portCheck, w *inventory.Workload) {
	for _, v := range p.pods {
		if q := v.Port(p.name); q != nil && q.Protocol == p.port.Protocol && p.port.Lo <= q.Number && q.Number <= p.port.Hi {
			return
		}
	}
	theirs := w.Port(p.name).Graph()
	c.findings.Warnf(diag.PortNumber, p.pos, "the port %s is `%s` in the pods of `%s`", p, theirs, c.name(p.w.Namespace, p.w.Name)).
		WithHelp("write %s, or give the port another name", c.instead(p, theirs)).WithRelated(w.Pos, "%s", w)
}
