package review

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/graph"
)

// edge is an edge that npgen notes in a policy that it makes of it.
type edge struct {
	from, to graph.PeerExpr
	// ports is those of the edge as the note has them, such as `53` and `53/udp`.
	ports []string
}

const edgesKey = "npgen.dev/edges"

func edgesOf(p *networkingv1.NetworkPolicy) []edge {
	var out []edge
	for line := range strings.Lines(p.Annotations[edgesKey]) {
		ends, ports := strings.TrimSpace(line), ""
		if i := strings.LastIndexByte(ends, ':'); i > strings.LastIndexByte(ends, ']') {
			ends, ports = ends[:i], ends[i+1:]
		}
		if e, faults := graph.ParseEdge(ends); len(faults) == 0 {
			out = append(out, edge{e.From, e.To, strings.Split(ports, ",")})
		}
	}
	return out
}

// declared reports whether npgen made the policy of an edge of which f holds: then a package says what is meant, and
// vet has looked at it.
func (p *policy) declared(f func(edge) bool) bool { return slices.ContainsFunc(p.edges, f) }

func anyEdge(edge) bool { return true }

// other returns the end of an edge that the rules of a direction name.
func (e edge) other(d graph.Directions) graph.PeerExpr {
	if d == graph.Egress {
		return e.to
	}
	return e.from
}
