package check

import (
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// halfOpen tells where a namespace selected by labels, which is never a subject, includes own, isolated pods: the edge
// opens the other end to them, but not their own. Of `any` it says nothing: that is what `any` means.
func halfOpen(h *halves, out *diag.List) {
	for _, e := range h.graph.Edges {
		if e.Half != 0 {
			continue
		}
		for _, d := range []graph.Directions{graph.Egress, graph.Ingress} {
			closed := h.closedPods(e, d)
			if len(closed) == 0 {
				continue
			}
			subject, _ := e.End(d)
			out.Infof(diag.HalfOpen, e.Decl.Pos, "`%s` in `%s` includes isolated pods of %s, whose %s this edge does not open", name(e, subject), text(e), namespaces(closed), d).
				WithHelp("where those pods need it, write the edge for them as well: name the workloads, or `*`")
		}
	}
}

func namespaces(names []string) string {
	if len(names) == 1 {
		return "namespace " + names[0]
	}
	return "the namespaces " + strings.Join(names, ", ")
}

// closedPods returns the owned namespaces with isolated pods that a peer includes and for which direction d is not open
// to all others of the edge. The pods at the other end are not looked at as subjects.
func (h *halves) closedPods(e *graph.Edge, d graph.Directions) []string {
	subject, other := e.End(d)
	if subject.Namespace == nil || subject.Namespace.Selector == nil || subject.Workload != nil {
		return nil
	}
	var closed []string
	for _, n := range h.selected(subject.Namespace) {
		if h.isClosed(e, d, n, other) {
			closed = append(closed, "`"+n.Name+"`")
		}
	}
	return closed
}

// selected returns the owned namespaces that a selector over namespaces selects, where they carry no labels that nobody
// stated.
func (h *halves) selected(by *graph.Namespace) []*graph.Namespace {
	if known, ok := h.selections[by]; ok {
		return known
	}
	var out []*graph.Namespace
	for _, n := range h.graph.Namespaces {
		if n.Owned() && h.Meet(h.namespace(by), h.NamespaceLabels(h.namespace(n), n.KnownLabels)) {
			out = append(out, n)
		}
	}
	h.selections[by] = out
	return out
}

// isClosed reports whether some pod of a namespace is isolated in direction d and not opened by it to all others of an
// edge.
func (h *halves) isClosed(e *graph.Edge, d graph.Directions, n *graph.Namespace, other *graph.Peer) bool {
	pods := h.NamespaceLabels(h.namespace(n), n.KnownLabels)
	for _, kind := range sets.Kinds() {
		half := h.half(d, kind, n)
		if half == nil || len(half.Isolated.Boxes()) == 0 {
			continue
		}
		u, addresses := h.NewUnion(), h.NewUnion()
		h.add(u, addresses, d, pods, h.of(other), e.Ports.Set(), 0)
		if kind != sets.PodToPod {
			u = addresses
		}
		for _, about := range u.Boxes() {
			q := h.Ask(about, h.laws()...).Stopped(half)
			if other.Workload != nil {
				self := h.NewUnion()
				self.Add(h.With(subjectSide(d), h.workload(other.Workload)))
				q.NotIn(self)
			}
			if _, answer := q.Find(); answer == sets.Yes {
				return true
			}
		}
	}
	return false
}
