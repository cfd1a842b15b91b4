package check

import (
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// requestsOverridden refuses an edge with requests where another opens the same pair and port without: Cilium then lets
// every request pass, so that the edge would say what is not so.
func (h *halves) requestsOverridden(out *diag.List) {
	for _, e := range h.graph.Edges {
		if len(e.HTTP()) == 0 {
			continue
		}
		for _, other := range h.graph.Edges {
			if len(other.HTTP()) > 0 || !e.Ports.Overlaps(other.Ports) || !sharesHalf(h.graph, e, other) || !h.comparable(e.From, other.From) || !h.comparable(e.To, other.To) {
				continue
			}
			out.Errorf(diag.Unsupported, e.Decl.HTTPPos, "`http` of `%s` has no effect: `%s` opens the same pair and port to every request", e.Decl.Text, other.Decl.Text).
				WithHelp("remove one of the two, or take the port out of the wider edge").WithRelated(other.Decl.Pos, "the other edge")
			break
		}
	}
}

// sharesHalf reports whether both edges are written into policies of one direction.
func sharesHalf(g *graph.Graph, a, b *graph.Edge) bool {
	for _, d := range graph.AllDirections() {
		if g.Emits(a, d) && g.Emits(b, d) {
			return true
		}
	}
	return false
}

// comparable reports whether one of two peers is all of the other, so that it is no pod of two selectors alone that
// both have.
func (h *halves) comparable(a, b *graph.Peer) bool {
	if x, y := a.Hosts(), b.Hosts(); len(x) > 0 && len(y) > 0 {
		return shareHost(x, y)
	}
	if a.Key() == b.Key() {
		return true
	}
	return h.endsWithin(h.of(a), h.of(b)) || h.endsWithin(h.of(b), h.of(a))
}

func (h *halves) endsWithin(a, b *sets.Ends) bool {
	if len(a.Pods) == 0 && a.Addresses.IsEmpty() || !a.Addresses.Within(b.Addresses) {
		return false
	}
	for _, p := range a.Pods {
		within := false
		for _, q := range b.Pods {
			within = within || h.Within(p, q)
		}
		if !within {
			return false
		}
	}
	return true
}

// shareHost reports whether some name is of both lists.
func shareHost(a, b []graph.Host) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y || covers(x, y) || covers(y, x) {
				return true
			}
		}
	}
	return false
}

// covers reports whether a pattern has a name, or a pattern on fewer levels.
func covers(pattern, h graph.Host) bool {
	below, isDeep := strings.CutPrefix(string(pattern), "**")
	if !isDeep {
		var isPattern bool
		if below, isPattern = strings.CutPrefix(string(pattern), "*"); !isPattern {
			return false
		}
	}
	rest, isBelow := strings.CutSuffix(string(h), below)
	return isBelow && rest != "" && (isDeep || !strings.Contains(rest, ".") && rest != "**")
}
