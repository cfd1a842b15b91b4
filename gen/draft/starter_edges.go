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
	// from is the source as an edge names it; unit is it too, where it is a workload.
	from   string
	unit   *unit
	to     *unit
	ports  graph.PortSet
	origin []string
	// sure is set where some evidence is; everyone where all of it is what everyone is told.
	sure, everyone bool
	// lacks says why the edge stands in a comment, if it does.
	lacks string
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

// The sources of edges that no workload of the manifests starts.
const (
	anyone    = "any"
	apiServer = "apiserver"
	// scraper is a Prometheus that the manifests do not show: no name of the package.
	scraper = "prometheus"
)

// edges guesses the talk graph, sorted. The sure edges and the others are apart; where some ports of a pair are sure, the
// others of the pair are an edge of their own.
func (s *starter) edges() []*guessed {
	g := &guesser{starter: s, edges: map[string]*guessed{}}
	for _, c := range s.Calls() {
		switch c.Caller {
		case evidence.Anyone:
			g.add(&guessed{from: anyone}, c)
		case evidence.APIServer:
			e := &guessed{from: apiServer}
			if !s.knowsAPI {
				e.lacks = "the API server calls this; it needs the field `apiserver`"
			}
			g.add(e, c)
		case evidence.Controller:
			g.add(&guessed{from: s.controller(c.Class) + "/*"}, c)
		case evidence.Scraper:
			g.add(&guessed{from: scraper, lacks: "name the Prometheus that asks for this"}, c)
		default:
			if u := s.unitOf[c.From]; u != nil {
				g.add(&guessed{from: s.peer(u), unit: u}, c)
			}
		}
	}
	out := slices.Collect(maps.Values(g.edges))
	for _, e := range out {
		s.judge(e)
	}
	return slices.SortedFunc(slices.Values(out), func(a, b *guessed) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.from, b.from), cmp.Compare(s.peer(a.to), s.peer(b.to)), cmp.Compare(a.ports.String(), b.ports.String()))
	})
}

type guesser struct {
	*starter
	edges map[string]*guessed
}

// add notes an edge. A workload that names its own Service tells others where it is, unless it looks for its like.
func (g *guesser) add(like *guessed, c evidence.Call) {
	to := g.unitOf[c.To]
	if to == nil || to == like.unit && !c.OwnPod || !g.owned(to.namespace) && (like.unit == nil || !g.owned(like.unit.namespace)) {
		return
	}
	key := fmt.Sprint(like.from, " -> ", g.peer(to), c.Sure)
	e := g.edges[key]
	if e == nil {
		e = like
		e.to, e.sure, e.everyone = to, c.Sure, true
		g.edges[key] = e
	}
	e.everyone = e.everyone && c.Everyone
	e.ports.Union(graph.Single(c.Ports...))
	if !slices.Contains(e.origin, c.Says) {
		e.origin = append(e.origin, c.Says)
	}
}

// judge finds why an edge cannot be written, or is better not.
func (s *starter) judge(e *guessed) {
	switch {
	case e.to.hostNetwork() || e.unit.hostNetwork():
		e.lacks = "no pod selector matches pods on the node's network; write its addresses"
	case e.lacks != "":
	case s.denied(e):
		e.lacks = "the policies that lie here deny this"
	}
}

// isScrape reports whether a Prometheus that nobody shows is all that calls.
func (e *guessed) isScrape() bool { return e.unit == nil && e.from == scraper && e.lacks != "" }

// why returns what made the edge likely, in one line.
func (e *guessed) why() string {
	slices.Sort(e.origin)
	shown := e.origin[:min(2, len(e.origin))]
	out := strings.Join(shown, ", ")
	if more := len(e.origin) - len(shown); more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	if e.lacks != "" {
		out += ": " + e.lacks
	}
	return OneLine(out)
}

// toldEveryone takes the edges out of which all that is said is said to nearly everyone. Told is what is said, by whom
// it speaks of.
func (s *starter) toldEveryone(edges []*guessed) (rest []*guessed, told map[string][]string) {
	told = map[string][]string{}
	for _, e := range edges {
		if !e.everyone || e.sure {
			rest = append(rest, e)
			continue
		}
		name := s.peer(e.to) + ":" + e.ports.String()
		for _, says := range e.origin {
			told[name] = addNew(told[name], says)
		}
	}
	return rest, told
}

// covered leaves out the unsure edges that sure ones say already.
func covered(edges []*guessed) []*guessed {
	type pair struct {
		from string
		to   *unit
	}
	sure := map[pair]*graph.PortSet{}
	for _, e := range edges {
		if e.sure {
			sure[pair{e.from, e.to}] = &e.ports
		}
	}
	return slices.DeleteFunc(edges, func(e *guessed) bool {
		known := sure[pair{e.from, e.to}]
		return !e.sure && known != nil && known.Contains(e.ports)
	})
}

// unreached returns the pod ports behind Services that no edge leads to, by the workload as edges name it, sorted.
func (s *starter) unreached(edges []*guessed) (names []string, ports map[string][]string) {
	reached := map[*unit]*graph.PortSet{}
	for _, e := range edges {
		if e.isScrape() {
			continue
		}
		if reached[e.to] == nil {
			reached[e.to] = &graph.PortSet{}
		}
		reached[e.to].Union(e.ports)
	}
	ports = map[string][]string{}
	for _, c := range s.Served() {
		to := s.unitOf[c.To]
		if to == nil || to.hostNetwork() || !s.owned(to.namespace) {
			continue
		}
		for _, p := range c.Ports {
			r := reached[to]
			if name := s.peer(to); (r == nil || !r.Contains(graph.Single(p))) && !slices.Contains(ports[name], p.String()) && !s.openedBy(to, p) {
				ports[name] = append(ports[name], p.String())
			}
		}
	}
	return slices.Sorted(maps.Keys(ports)), ports
}

// mostUnknown reports whether no edge leads to at least half of the workloads behind Services: what these programs call
// stands in their code. On the applications that the evidence was measured on that tells those of which the half or more
// stands there from the others.
func (s *starter) mostUnknown(edges []*guessed) bool {
	reached, served := map[*unit]bool{}, map[*unit]bool{}
	for _, e := range edges {
		reached[e.to] = reached[e.to] || !e.isScrape()
	}
	for _, c := range s.Served() {
		if to := s.unitOf[c.To]; to != nil && !to.hostNetwork() && s.owned(to.namespace) {
			served[to] = reached[to] || len(s.openings[to]) > 0
		}
	}
	unknown := 0
	for _, known := range served {
		if !known {
			unknown++
		}
	}
	return unknown > 1 && 2*unknown >= len(served)
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
