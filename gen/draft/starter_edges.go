package draft

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/evidence"
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
	for _, c := range s.Calls() {
		switch c.Caller {
		case evidence.Anyone:
			g.add(anyone, nil, c, "")
		case evidence.APIServer:
			g.add(anyone, nil, c, "; narrow it to `apiserver`, once you set that")
		case evidence.Controller:
			g.add(anyPods, nil, c, "; narrow it to your ingress controller")
		default:
			if u := s.unitOf[c.From]; u != nil {
				g.add(s.peer(u), u, c, "")
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
func (g *guesser) add(from string, source *unit, c evidence.Call, advice string) {
	to := g.unitOf[c.To]
	if to == nil || to == source && !c.OwnPod || !g.owned(to.namespace) && (source == nil || !g.owned(source.namespace)) {
		return
	}
	key := from + " -> " + g.peer(to)
	e := g.edges[key]
	if e == nil {
		e = &guessed{from: from, unit: source, to: to}
		g.edges[key] = e
	}
	e.advice = advice
	e.ports.Union(graph.Single(c.Ports...))
	if !slices.Contains(e.origin, c.Says) {
		e.origin = append(e.origin, c.Says)
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
	return OneLine(out + e.advice)
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
	for _, c := range s.Served() {
		to := s.unitOf[c.To]
		if to == nil || to.hostNetwork() || !s.owned(to.namespace) {
			continue
		}
		for _, p := range c.Ports {
			if r := reached[to]; r == nil || !r.Contains(graph.Single(p)) {
				out = append(out, s.peer(to)+":"+p.String())
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// OneLine returns text that came from a manifest as it can stand in a comment.
func OneLine(s string) string {
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
