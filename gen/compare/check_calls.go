package compare

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/evidence"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/sets"
)

// calls tells of calls that the manifests speak of and the package does not allow.
func (c *checker) calls() {
	home := ""
	if owned := c.ownedNames(); len(owned) == 1 {
		home = owned[0]
	}
	placed := c.inv.In(home)
	assumed := ""
	if len(c.nameless) > 0 {
		assumed = home
	}
	m := &caller{
		checker: c, said: map[string]bool{}, original: map[*inventory.Workload]*inventory.Workload{},
		declaredBy: map[*inventory.Workload][]*graph.Workload{}, edges: map[edgesOf][]*graph.Edge{},
	}
	for _, e := range c.g.Edges {
		for _, d := range graph.AllDirections() {
			if subject, _ := e.End(d); e.Emits(d) {
				m.edges[edgesOf{subject.Workload, d}] = append(m.edges[edgesOf{subject.Workload, d}], e)
			}
		}
	}
	for i, w := range placed.Workloads {
		m.original[w] = c.inv.Workloads[i]
	}
	finder := evidence.New(placed, assumed)
	for _, call := range finder.Calls() {
		if call.Everyone {
			continue
		}
		for _, p := range call.Ports {
			m.call(&call, p)
		}
	}
	for _, byRole := range []bool{false, true} {
		for _, n := range finder.Needs() {
			if n.ByRole == byRole {
				m.need(n)
			}
		}
	}
	m.meshes(placed)
}

func (c *checker) ownedNames() []string {
	var out []string
	for _, n := range c.g.Namespaces {
		if n.Owned() {
			out = append(out, n.Name)
		}
	}
	return out
}

// caller holds calls against the package.
type caller struct {
	*checker
	// said is the calls that have their finding.
	said map[string]bool
	// original is the workloads as the manifests give them, by those with a namespace.
	original map[*inventory.Workload]*inventory.Workload
	// declaredBy is the workloads of the package that select each of the manifests', once somebody has asked; edges is the
	// edges that speak of a workload in a direction, of none for those of whole namespaces.
	declaredBy map[*inventory.Workload][]*graph.Workload
	edges      map[edgesOf][]*graph.Edge
}

type edgesOf struct {
	subject   *graph.Workload
	direction graph.Directions
}

// speakingOf returns the edges of a direction that hold a workload's pods as the subject.
func (m *caller) speakingOf(w *inventory.Workload, d graph.Directions) iter.Seq[*graph.Edge] {
	return func(yield func(*graph.Edge) bool) {
		for _, declared := range append(m.declared(w), nil) {
			for _, e := range m.edges[edgesOf{declared, d}] {
				if subject, _ := e.End(d); m.holds(subject, w) && !yield(e) {
					return
				}
			}
		}
	}
}

// call tells of one port of a call that the package closes at either end.
func (m *caller) call(call *evidence.Call, p graph.Port) {
	to := call.To
	if to.HostNetwork || !m.isKnown(to) || call.Caller == evidence.Pods && (call.From.HostNetwork || !m.isKnown(call.From)) {
		return
	}
	from, sure := "", call.Sure
	switch call.Caller {
	case evidence.Pods:
		from = m.nameOf(call.From)
		if m.passes(graph.Egress, call.From, to, p) && m.passes(graph.Ingress, to, call.From, p) {
			return
		}
	default:
		if m.letsIn(to, call.Caller, p) {
			if call.Caller == evidence.APIServer {
				m.throughTunnel(to, p, call.Says, call.Pos())
			}
			return
		}
		from = map[evidence.Caller]string{evidence.Anyone: "any", evidence.APIServer: "apiserver", evidence.Controller: "(ingress controller)", evidence.Scraper: "(Prometheus)"}[call.Caller]
		sure = sure && call.Caller != evidence.Scraper
	}
	name := fmt.Sprintf("%s:%s", m.nameOf(to), p)
	finding := m.tell(from, name, call.From, to, sure, call.Says, call.Pos())
	if finding != nil && call.Caller == evidence.APIServer {
		finding.WithHelp("%s", cmp.Or(m.webhookHelp(name), finding.Help))
	}
}

// need tells of a workload that calls the API server and may not.
func (m *caller) need(n evidence.Need) {
	if n.From.HostNetwork || !m.isKnown(n.From) || !m.isIsolated(n.From, graph.Egress) {
		return
	}
	for e := range m.speakingOf(n.From, graph.Egress) {
		if e.To.Kind == graph.Any || e.To.IsAddresses() {
			return
		}
	}
	finding := m.tell(m.nameOf(n.From), "apiserver", n.From, nil, n.Sure && !n.ByRole, n.Says, n.Pos())
	if finding != nil && n.ByRole {
		finding.WithHelp("where it calls, write the edge `%s -> apiserver`; else give its pods no token: `automountServiceAccountToken: false`", m.nameOf(n.From))
	}
}

// tell adds a finding of a call, nil where the call has one or is forbidden.
func (m *caller) tell(from, to string, source, target *inventory.Workload, sure bool, says string, pos diag.Pos) *diag.Diagnostic {
	call := from + " -> " + to
	if m.said[call] || m.isForbidden(source, target) {
		return nil
	}
	m.said[call] = true
	finding := m.findings.Infof(diag.UndeclaredCall, m.at(source, target), "the manifests speak of `%s`, which the package does not allow: %s", call, says)
	if sure {
		finding.Severity = diag.Warning
	}
	help := fmt.Sprintf("write the edge `%s`, or take the text out of the manifests", call)
	switch from {
	case "(ingress controller)", "(Prometheus)":
		help = fmt.Sprintf("write an edge to `%s` from where it runs", to)
	}
	return finding.WithHelp("%s", help).WithRelated(pos, "%s", says)
}

// at returns where the package declares the caller, or else the callee.
func (m *caller) at(ends ...*inventory.Workload) diag.Pos {
	for _, w := range ends {
		if declared := m.declared(w); len(declared) > 0 {
			return declared[0].Pos
		}
	}
	for _, w := range ends {
		for _, n := range m.g.Namespaces {
			if w != nil && n.Owned() && n.Name == w.Namespace {
				return n.Pos
			}
		}
	}
	return diag.Pos{}
}

// declared returns the workloads of the package that select a workload's pods.
func (m *caller) declared(w *inventory.Workload) []*graph.Workload {
	if w == nil {
		return nil
	}
	out, known := m.declaredBy[w]
	if known {
		return out
	}
	for _, n := range m.g.Namespaces {
		if n.Selector != nil || n.Name != w.Namespace {
			continue
		}
		for _, d := range n.Workloads {
			if sets.Matches(d.Selector, w.Labels) {
				out = append(out, d)
			}
		}
	}
	m.declaredBy[w] = slices.Clip(out)
	return out
}

// isKnown reports whether the package speaks of a workload's pods; of others undeclared-pods tells.
func (m *caller) isKnown(w *inventory.Workload) bool {
	for _, n := range m.g.Namespaces {
		if n.Owned() && n.Name == w.Namespace {
			return m.accounted[m.original[w]] || w.Made && len(m.declared(w)) > 0 || m.wholeNamespace(n)
		}
	}
	return true
}

func (m *caller) nameOf(w *inventory.Workload) string {
	name := w.Name
	if declared := m.declared(w); len(declared) > 0 {
		return m.name(declared[0].Namespace, declared[0].Name)
	}
	return w.Namespace + "/" + name
}

// isIsolated reports whether the package isolates a workload's pods.
func (m *caller) isIsolated(w *inventory.Workload, d graph.Directions) bool {
	for _, n := range m.g.Namespaces {
		if !n.Owned() || n.Name != w.Namespace {
			continue
		}
		if n.DeniesAll(d) {
			return true
		}
		for _, declared := range m.declared(w) {
			if declared.Isolated(d) {
				return true
			}
		}
	}
	return false
}

// passes reports whether a half of a flow passes: at a workload's pods, to or from those of another.
func (m *caller) passes(d graph.Directions, at, other *inventory.Workload, p graph.Port) bool {
	if !m.isIsolated(at, d) {
		return true
	}
	for e := range m.speakingOf(at, d) {
		if _, peer := e.End(d); e.Ports.Contains(graph.Single(p)) && m.holds(peer, other) {
			return true
		}
	}
	return false
}

// letsIn reports whether the package lets somebody in who is no workload of the manifests. Who that is it need not say in
// the same words.
func (m *caller) letsIn(to *inventory.Workload, who evidence.Caller, p graph.Port) bool {
	if !m.isIsolated(to, graph.Ingress) {
		return true
	}
	for e := range m.speakingOf(to, graph.Ingress) {
		isOutside := e.From.Kind == graph.Any || e.From.IsAddresses()
		isForeign := e.From.Kind == graph.AllNamespaces || e.From.Namespace != nil && !e.From.Namespace.Owned() || e.From.Workload != nil
		isThem := isOutside || isForeign && (who == evidence.Controller || who == evidence.Scraper) || who == evidence.APIServer && m.isTunnelled(e.From)
		if isThem && e.Ports.Contains(graph.Single(p)) {
			return true
		}
	}
	return false
}

// holds reports whether a peer holds a workload's pods.
func (m *caller) holds(p *graph.Peer, w *inventory.Workload) bool {
	switch {
	case p.Kind == graph.Any || p.Kind == graph.AllNamespaces:
		return true
	case p.IsAddresses() || p.Namespace == nil || !m.isNamespace(p.Namespace, w.Namespace):
		return false
	case p.Workload != nil:
		return sets.Matches(p.Workload.Selector, w.Labels)
	}
	return p.Kind == graph.WholeNamespace
}

// isNamespace reports whether an entry of the package is a namespace, as far as the manifests show its labels.
func (m *caller) isNamespace(n *graph.Namespace, name string) bool {
	if n.Selector == nil {
		return n.Name == name
	}
	labels := map[string]string{corev1.LabelMetadataName: name}
	for _, o := range m.inv.Namespaces {
		if o.Name == name {
			for k, v := range o.Labels {
				labels[k] = v
			}
		}
	}
	return sets.Matches(*n.Selector, labels)
}

// isForbidden reports whether the package forbids the call itself.
func (m *caller) isForbidden(from, to *inventory.Workload) bool {
	if from == nil || to == nil {
		return false
	}
	for _, e := range m.g.Forbids {
		if m.holds(e.From, from) && m.holds(e.To, to) {
			return true
		}
	}
	return false
}
