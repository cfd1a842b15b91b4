package check

import (
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// halfOpen tells where a namespace selected by labels, which is never a subject, includes own, isolated pods: the edge
// opens the other end to them, but not their own. Of `any` it says nothing: that is what `any` means.
func halfOpen(r *reacher, out *diag.List) {
	for _, e := range r.Edges {
		if e.Half != 0 {
			continue
		}
		for _, d := range []graph.Directions{graph.Egress, graph.Ingress} {
			subject, other := e.End(d)
			closed := r.closedPods(e, subject, other, d)
			if len(closed) == 0 {
				continue
			}
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

// closedPods returns the owned namespaces with isolated pods that a peer includes and for which direction d is not
// open.
func (r *reacher) closedPods(e *graph.Edge, subject, other *graph.Peer, d graph.Directions) []string {
	if subject.Namespace == nil || subject.Namespace.Selector == nil || subject.Workload != nil {
		return nil
	}
	var closed []string
	others := r.ends(other, every)
	for _, n := range r.Namespaces {
		if !n.Owned() || !selectsNamespace(subject.Namespace, n) {
			continue
		}
		if anyEnd(n, func(s end) bool {
			return (s.workload == nil || s.workload != other.Workload) && r.isolated(s, d) && !r.opensAny(s, others, e.Ports, d)
		}) {
			closed = append(closed, "`"+n.Name+"`")
		}
	}
	return closed
}

// anyEnd reports whether something holds for some end of a namespace.
func anyEnd(n *graph.Namespace, is func(end) bool) bool {
	return is(end{namespace: n}) || slices.ContainsFunc(n.Workloads, func(w *graph.Workload) bool {
		return is(end{namespace: n, workload: w})
	})
}

// opensAny reports whether some of the others is open to s on all of the ports.
func (r *reacher) opensAny(s end, others []end, ports graph.PortSet, d graph.Directions) bool {
	return slices.ContainsFunc(others, func(o end) bool { return r.open(s, o, d).ports.Contains(ports) })
}
