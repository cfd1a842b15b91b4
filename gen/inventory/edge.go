package inventory

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/graph"
)

// guessed is an edge of the starter package, and what made it likely.
type guessed struct {
	// from is the source as an edge names it; unit is it too, unless it is `any` or `*/*`.
	from   string
	unit   *unit
	to     *unit
	ports  graph.PortSet
	origin []string
	// advice says how to write it better.
	advice string
}

// rank puts the edges that open the package to others first.
func (e *guessed) rank() int {
	switch {
	case e.unit != nil:
		return 2
	case e.from == anyone:
		return 0
	}
	return 1
}

// The peers of edges that no workload of the manifests starts.
const (
	anyone  = "any"
	anyPods = "*/*"
)

// edges guesses the talk graph, sorted.
func (s *starter) edges() []*guessed {
	g := &guesser{starter: s, edges: map[string]*guessed{}}
	for _, x := range s.published() {
		g.add(anyone, nil, x, "")
	}
	for _, f := range s.frontEnds {
		for _, x := range s.exposed(f) {
			if f.apiServer {
				g.add(anyone, nil, x, "; narrow it to `apiserver`, once you set that")
			} else {
				g.add(anyPods, nil, x, "; narrow it to your ingress controller")
			}
		}
	}
	for _, u := range s.units {
		for _, w := range u.members {
			for _, x := range s.targets(w) {
				g.add(s.peer(u), u, x, "")
			}
		}
	}
	return slices.SortedFunc(maps.Values(g.edges), func(a, b *guessed) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.from, b.from), cmp.Compare(s.peer(a.to), s.peer(b.to)))
	})
}

type guesser struct {
	*starter
	edges map[string]*guessed
}

// add notes an edge. A workload that names its own Service tells others where it is, unless it names one pod of it.
func (g *guesser) add(from string, source *unit, x target, advice string) {
	to := g.unitOf[x.Workload]
	if to == nil || to == source && !x.ownPod || !g.owned(to.namespace) && (source == nil || !g.owned(source.namespace)) {
		return
	}
	key := from + " -> " + g.peer(to)
	e := g.edges[key]
	if e == nil {
		e = &guessed{from: from, unit: source, to: to}
		g.edges[key] = e
	}
	e.advice = advice
	e.ports.Union(graph.Single(x.ports...))
	if !slices.Contains(e.origin, x.from) {
		e.origin = append(e.origin, x.from)
	}
}

// possible reports whether the edge can be written: pod selectors do not match pods on the node's network.
func (e *guessed) possible() bool {
	return !e.to.hostNetwork() && (e.unit == nil || !e.unit.hostNetwork())
}

// why returns what made the edge likely, in one line.
func (e *guessed) why() string {
	slices.Sort(e.origin)
	shown := e.origin[:min(2, len(e.origin))]
	out := strings.Join(shown, ", ")
	if more := len(e.origin) - len(shown); more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return oneLine(out + e.advice)
}

// unreached returns the pod ports behind Services that no edge leads to, as edges name them.
func (s *starter) unreached(edges []*guessed) []string {
	reached := map[*unit]*graph.PortSet{}
	for _, e := range edges {
		if reached[e.to] == nil {
			reached[e.to] = &graph.PortSet{}
		}
		reached[e.to].Union(e.ports)
	}
	var out []string
	for _, x := range s.served() {
		to := s.unitOf[x.Workload]
		if to == nil || to.hostNetwork() || !s.owned(to.namespace) {
			continue
		}
		for _, p := range x.ports {
			if r := reached[to]; r == nil || !r.Contains(graph.Single(p)) {
				out = append(out, s.peer(to)+":"+p.String())
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// oneLine returns text that came from a manifest as it can stand in a comment.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, s)
	if s = strings.Join(strings.Fields(s), " "); len(s) > 200 {
		s = s[:200] + "..."
	}
	return s
}
