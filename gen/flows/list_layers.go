package flows

import (
	"slices"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// mostParts is how many boxes a row may fall into where others are taken away from it.
const mostParts = 2_000

// layered adds the rows of a kind of flows where policies do more than open: for each way through both directions, what
// rules of the way have in common, without what it must not be in.
func (l *listing) layered(kind sets.Kind) {
	all := l.Between(kind, sets.Everyone(), sets.Everyone(), sets.AllPorts())[0]
	egress, ingress := l.of(graph.Egress, kind).passes().Ways(), l.of(graph.Ingress, kind).passes().Ways()
	for _, e := range egress {
		for _, i := range ingress {
			l.way(kind, all, append(e.In[:len(e.In):len(e.In)], i.In...), append(e.None[:len(e.None):len(e.None)], i.None...))
		}
	}
}

// way adds the rows of the flows of a box that lie in each of some unions and in none of others.
func (l *listing) way(kind sets.Kind, b *sets.Box, in, none []*sets.Union) {
	if l.undecided {
		return
	}
	for _, u := range none {
		if u.Covering(b) != nil {
			return
		}
	}
	if len(in) > 0 {
		for _, c := range in[0].Meeting(b) {
			if both, ok := l.Intersect(b, c); ok {
				l.way(kind, both, in[1:], none)
			}
		}
		return
	}
	var leftOut []*sets.Box // of pods at one end, which the name of the row says
	for _, u := range none {
		for _, c := range u.Meeting(b) {
			if side, ok := l.exceptOf(kind, b, c); ok {
				leftOut = append(leftOut, l.With(side, c.Pods(side)))
			}
		}
	}
	parts := []*sets.Box{b}
	for _, u := range none {
		for _, c := range u.Meeting(b) {
			if both, ok := l.Intersect(b, c); !ok || slices.ContainsFunc(leftOut, func(o *sets.Box) bool { return l.BoxWithin(both, o) }) {
				continue
			}
			var next []*sets.Box
			for _, p := range parts {
				if len(parts) < fewParts {
					next = append(next, l.withoutPorts(kind, p, c)...)
				} else {
					next = append(next, l.Without(p, c)...)
				}
			}
			if parts = next; len(parts) > mostParts {
				l.undecided = true
				return
			}
		}
	}
	for _, p := range parts {
		for _, p := range l.Sayable(p) {
			l.part(kind, p, none)
		}
	}
}

// fewParts is how many boxes are divided by ports first: that reads better, and leaves more of them.
const fewParts = 8

// withoutPorts returns boxes that together are a box without another, but for pods at one end that part leaves out by
// itself.
func (l *listing) withoutPorts(kind sets.Kind, b, c *sets.Box) []*sets.Box {
	inside, outside := b.WithPorts(c.Ports()), b.Ports().Minus(c.Ports())
	if _, ok := l.exceptOf(kind, inside, c); ok && !inside.Ports().IsEmpty() && !outside.IsEmpty() {
		return []*sets.Box{b.WithPorts(outside), inside}
	}
	return l.Without(b, c)
}

// exceptOf returns the end at which a box holds all flows of another that some pods have: these can be left out by
// themselves.
func (l *listing) exceptOf(kind sets.Kind, b, c *sets.Box) (sets.Side, bool) {
	for _, side := range []sets.Side{sets.Source, sets.Destination} {
		if !kind.HasPods(side) {
			continue
		}
		if both, ok := l.Intersect(b, l.With(side, c.Pods(side))); ok && l.BoxWithin(both, c) {
			return side, true
		}
	}
	return 0, false
}

// part adds the row of a box without the pods of others.
func (l *listing) part(kind sets.Kind, b *sets.Box, none []*sets.Union) {
	row := found{kind: kind, box: b, names: l.portNames(b), none: none}
	for _, u := range none {
		for _, c := range u.Meeting(b) {
			if side, ok := l.exceptOf(kind, b, c); ok { // else it was taken away, or lies in what is left out
				row.except[side] = append(row.except[side], c.Pods(side))
			}
		}
	}
	for side := range row.except {
		row.except[side] = l.outermost(row.except[side])
	}
	l.add(row)
}
