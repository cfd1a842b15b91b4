package flows

import (
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Conflict is two policies of one tier and priority of which the API does not say which decides a flow, and of which rules
// do different things with it.
type Conflict struct {
	// First and Second are the places of the policies in the cluster's Others.
	First, Second int
	// Witness is such a flow; nil where nobody can tell if there is one.
	Witness *sets.Witness
}

// Conflicts returns the conflicts of a cluster, one for each two policies.
func Conflicts(c world.Cluster) []Conflict {
	order := asked(c)
	same := func(i int) bool {
		p, q := &c.Others[order[i-1]].Policy, &c.Others[order[i]].Policy
		return p.Tier != rule.Main && p.Tier == q.Tier && p.Priority == q.Priority
	}
	var h *halves
	var out []Conflict
	for start := 0; start < len(order); {
		end := start + 1
		for end < len(order) && same(end) {
			end++
		}
		for i := start; i < end; i++ {
			for j := i + 1; j < end; j++ {
				if h == nil {
					h = newUniverse(c).newHalves(c)
				}
				if found, ok := h.conflict(start, i, j); ok {
					out = append(out, Conflict{order[i], order[j], found})
				}
			}
		}
		start = end
	}
	return out
}

// conflict looks for a flow of which two policies say different things, and none that is asked before those of their
// priority, which start at a place, says anything.
func (h *halves) conflict(start, first, second int) (*sets.Witness, bool) {
	for _, kind := range sets.Kinds() {
		for _, d := range graph.AllDirections() {
			half := h.of(d, kind)
			if half == nil {
				continue
			}
			for i := range half.layers {
				for j := range half.layers {
					x, y := &half.layers[i], &half.layers[j]
					if x.policy != first || y.policy != second || x.action == y.action {
						continue
					}
					both, ok := h.Intersect(x.box, y.box)
					if !ok {
						continue
					}
					q := h.Ask(both, h.laws()...).NotIn(half.before(h.universe, x.tier, start, x, y))
					if x.tier == rule.Baseline {
						q.Reaches(half.passing)
					}
					switch flow, answer := q.Find(); answer {
					case sets.Yes:
						w := h.Witness(flow, kind)
						return &w, true
					case sets.Undecided:
						return nil, true
					}
				}
			}
		}
	}
	return nil, false
}

// before returns the flows of the rules of a tier that are asked before those of the policies that start at a place, and
// of those of the policies of two rules that stand before them.
func (h *half) before(u *universe, tier rule.Tier, start int, rules ...*layer) *sets.Union {
	out := u.NewUnion()
	for i := range h.layers {
		l := &h.layers[i]
		is := l.tier == tier && l.policy < start
		for _, r := range rules {
			is = is || l.policy == r.policy && l.rule < r.rule
		}
		if is {
			out.Add(l.box)
		}
	}
	return out
}
