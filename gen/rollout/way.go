package rollout

import (
	"slices"

	"github.com/npgen/npgen/gen/graph"
)

// plan says what becomes of a changed object in a direction, until all is narrowed and then widened; see drop.
func (p *planner) plan(t *track, d graph.Directions) {
	s := t.subject
	was, is := s.isIsolated(old, d), s.isIsolated(new_, d)
	switch {
	case was && is:
		p.narrow(t, d)
	case t.isolates(new_, d):
		p.isolate(t, d)
	case t.isolates(old, d):
		p.free(t, d)
	}
}

// at returns when subjects narrow, the inner ones first, and when they widen, the outer ones first: pods of an inner
// subject are never those that only an outer one governs.
func (p *planner) at(s *subject, stage int) moment {
	if stage == narrow {
		return moment{narrow, s.height}
	}
	return moment{stage, p.height - s.height}
}

// narrow has an object of pods that are isolated before and after open just what both sides open: of what it opened, and
// of what it will open as far as no object opens that all the way. Then it opens all.
func (p *planner) narrow(t *track, d graph.Directions) {
	s := t.subject
	if !t.isolates(new_, d) {
		return // drop
	}
	was, is := t.atoms[old][d], t.atoms[new_][d]
	mid := p.both(was, s.opened(new_, d))
	if more := p.uncovered(p.both(is, s.opened(old, d)), p.stable(s, d)); len(more) > 0 {
		mid = p.with(mid, more...)
	}
	t.first[d] = mid
	switch {
	case p.same(mid, is) && (t.isolates(old, d) || len(mid) > 0 || !s.staysIsolated(d)):
		t.changes = append(t.changes, change{at: p.at(s, narrow), direction: d, isolates: true, atoms: is, final: true})
		return
	case t.isolates(old, d) && p.same(mid, was), !t.isolates(old, d) && len(mid) == 0 && s.staysIsolated(d):
	default:
		t.changes = append(t.changes, change{at: p.at(s, narrow), direction: d, isolates: true, atoms: mid, purpose: Narrows})
	}
	t.changes = append(t.changes, change{at: p.at(s, widen), direction: d, isolates: true, atoms: is, final: true})
}

// stable returns what objects open for a subject all the way.
func (p *planner) stable(s *subject, d graph.Directions) []atom {
	var out []atom
	for _, o := range s.within {
		for _, t := range o.tracks {
			if t.isolates(old, d) && t.isolates(new_, d) {
				out = append(out, p.both(t.atoms[old][d], t.atoms[new_][d])...)
			}
		}
	}
	return out
}

// staysIsolated reports whether an object isolates a subject all the way.
func (s *subject) staysIsolated(d graph.Directions) bool {
	return slices.ContainsFunc(s.within, func(o *subject) bool {
		return slices.ContainsFunc(o.tracks, func(t *track) bool { return t.isolates(old, d) && t.isolates(new_, d) })
	})
}

func (p *planner) same(a, b []atom) bool {
	return len(p.uncovered(a, b))+len(p.uncovered(b, a)) == 0
}

// isolate has an object of pods that were not isolated come: one of them holds what all will open, and isolates the pods
// in one step. The others follow, and then it is as it should be.
func (p *planner) isolate(t *track, d graph.Directions) {
	s := t.subject
	final := change{at: moment{leave, 0}, direction: d, isolates: true, atoms: t.atoms[new_][d], final: true}
	all := s.opened(new_, d)
	if p.holder(s, new_, d, all) != t {
		t.changes = append(t.changes, final)
		return
	}
	t.first[d] = all
	if len(p.uncovered(all, final.atoms)) == 0 {
		final.at = p.at(s, narrow)
		t.changes = append(t.changes, final)
		return
	}
	final.at = p.at(s, widen)
	t.changes = append(t.changes,
		change{at: p.at(s, narrow), direction: d, isolates: true, atoms: p.with(nil, all...), purpose: Holds}, final)
}

// free has an object of pods that will not be isolated go: one of them takes on what all open, and goes last.
func (p *planner) free(t *track, d graph.Directions) {
	s := t.subject
	all := s.opened(old, d)
	gone := change{at: moment{leave, 0}, direction: d, final: !t.isolates(new_, d)}
	if p.holder(s, old, d, all) != t {
		t.changes = append(t.changes, gone)
		return
	}
	if len(p.uncovered(all, t.atoms[old][d])) > 0 {
		t.changes = append(t.changes, change{at: p.at(s, narrow), direction: d, isolates: true, atoms: p.with(nil, all...), purpose: Holds})
	}
	gone.at = p.at(s, widen)
	t.changes = append(t.changes, gone)
}

// holder returns the object that holds what all objects of a subject open at a side: one that opens that anyway, if any.
func (p *planner) holder(s *subject, at side, d graph.Directions, all []atom) *track {
	var first *track
	for _, t := range s.tracks {
		switch {
		case !t.isolates(at, d) || t.fixed:
		case len(p.uncovered(all, t.atoms[at][d])) == 0:
			return t
		case first == nil:
			first = t
		}
	}
	return first
}

// drop says when an object goes that has no part in the direction any more, where its pods stay isolated: once others
// have what it holds of what both sides open, some of them at the end.
func (p *planner) drop(t *track, d graph.Directions) {
	s := t.subject
	if !t.isolates(old, d) || t.isolates(new_, d) || !s.isIsolated(new_, d) {
		return
	}
	var held []atom
	for _, o := range s.within {
		for _, other := range o.tracks {
			held = append(held, other.first[d]...)
		}
	}
	left := p.uncovered(p.both(t.atoms[old][d], s.opened(new_, d)), held)
	gone := change{at: moment{leave, 0}, direction: d, final: true}
	if len(left) > 0 {
		if !p.same(left, t.atoms[old][d]) {
			t.changes = append(t.changes, change{at: gone.at, direction: d, isolates: true, atoms: left, purpose: Narrows})
		}
		gone.at = p.at(s, release)
	}
	t.changes = append(t.changes, gone)
}
