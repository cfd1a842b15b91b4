package sets

import (
	"math"
	"slices"
)

// Bound is how many steps the search for an answer may take (SETS: real questions took under 1,400).
const Bound = 200_000

// Answer is what a search found.
type Answer int

// The answers. Undecided is what is left where the bound was reached: it is never a no.
const (
	No Answer = iota
	Yes
	Undecided
)

// Half is one direction of policies, for one kind of flows: a flow passes where its subject is in none of the pods that
// are isolated, or where a rule has it. A nil Half lets everything pass.
type Half struct {
	// Isolated is boxes that speak of the subject alone.
	Isolated *Union
	Rules    *Union
	// Denied is flows that rules do not let pass; nil is none.
	Denied *Union
	// Before and After are asked before all that and, of a subject that is not isolated, after it.
	Before, After []Step
}

// NewHalf returns the half of no policies.
func (s *Space) NewHalf() *Half { return &Half{Isolated: s.NewUnion(), Rules: s.NewUnion()} }

// Law is what holds for all pods and namespaces that can exist.
type Law interface {
	// Broken reports whether the example of a box breaks the law, and what the flows of the box that keep it have in
	// common with: each lies in one of the boxes that are returned.
	Broken(s *Space, b *Box) (ways []*Box, broken bool)
}

// Question asks for a flow of a box that lies in some unions and halves, and in none of others.
type Question struct {
	space *Space
	start *Box
	// oneOf holds what a flow must pass, none what it must not be in.
	oneOf []passage
	none  []*Union
	laws  []Law
	steps int
	// impossible says that no flow can satisfy the question.
	impossible bool
}

// passage is passed by the flows of any box of a union, and where free is set by those that no box of free has; where
// there are choices, by the flows of any of those.
type passage struct {
	boxes, free *Union
	choices     []Way
	// late says that it is passed once all others are.
	late bool
}

// Ask starts a question about the flows of a box. The laws hold for all of them.
func (s *Space) Ask(about *Box, laws ...Law) *Question {
	return &Question{space: s, start: about, laws: append([]Law{oneNamespace{}}, laws...)}
}

// In asks for a flow of a union.
func (q *Question) In(u *Union) *Question {
	q.oneOf = append(q.oneOf, passage{boxes: u})
	return q
}

// Among is In, for a union that holds most of what else is asked for: it is looked at last.
func (q *Question) Among(u *Union) *Question {
	q.impossible = q.impossible || len(u.boxes) == 0
	q.oneOf = append(q.oneOf, passage{boxes: u, late: true})
	return q
}

// NotIn asks for a flow that is not in a union.
func (q *Question) NotIn(u *Union) *Question {
	q.none = append(q.none, u)
	return q
}

// Pass asks for a flow that passes a half.
func (q *Question) Pass(h *Half) *Question {
	switch {
	case h == nil:
	case h.isLayered():
		q.choose(h.passing())
	default:
		q.oneOf = append(q.oneOf, passage{boxes: h.Rules, free: h.Isolated})
	}
	return q
}

// Stopped asks for a flow that does not pass a half.
func (q *Question) Stopped(h *Half) *Question {
	switch {
	case h == nil:
		q.impossible = true
		return q
	case h.isLayered():
		return q.choose(h.stopping())
	}
	return q.In(h.Isolated).NotIn(h.Rules)
}

// Find looks for a flow that satisfies the question. With Yes comes a box of which each example is such a flow
// (Space.Witness), on all ports of the box.
func (q *Question) Find() (*Box, Answer) {
	if q.impossible || len(q.start.ports) == 0 || slices.ContainsFunc(q.start.literals, func(l literal) bool { return l.constraint == Nothing }) {
		return nil, No
	}
	q.steps = 0
	return q.pass(q.start, q.oneOf, q.none)
}

// step counts a step; it is false where there are none left.
func (q *Question) step() bool {
	q.steps++
	return q.steps <= Bound
}

// Steps returns how many steps Find took.
func (q *Question) Steps() int { return q.steps }

// ways is how a box can pass a passage.
type ways struct {
	boxes   []*Box
	choices []Way
	// free says that it can also stay free.
	free bool
	// passed says that all of it passes.
	passed bool
}

// waysThrough returns the ways through a passage, or just some of them where there are more than a number.
func (q *Question) waysThrough(p passage, b *Box, most int) ways {
	if p.choices != nil {
		return choicesOf(p.choices, b)
	}
	if p.boxes.Covering(b) != nil {
		return ways{passed: true}
	}
	return ways{boxes: p.boxes.meeting(b, most), free: p.free != nil && p.free.Covering(b) == nil}
}

func (w ways) count() int {
	n := len(w.boxes) + len(w.choices)
	if w.free {
		n++
	}
	return n
}

// pass makes a box pass what is left of the passages, the one with the fewest ways first, and then avoids what it must
// not be in. The laws come first: most of the ways of a pod that cannot exist are never looked at.
func (q *Question) pass(b *Box, left []passage, none []*Union) (*Box, Answer) {
	if !q.step() {
		return nil, Undecided
	}
	if found, answer, broken := q.keep(b, func(b *Box) (*Box, Answer) { return q.pass(b, left, none) }); broken {
		return found, answer
	}
	var rest []passage
	var best ways
	at := -1
	for _, p := range left {
		most := 1
		if at < 0 || rest[at].late || !p.late {
			most = math.MaxInt
			if at >= 0 && rest[at].late == p.late {
				most = best.count()
			}
		}
		w := q.waysThrough(p, b, most)
		switch {
		case w.passed:
			continue
		case w.count() == 0:
			return nil, No
		case at < 0 || rest[at].late && !p.late || rest[at].late == p.late && w.count() < best.count():
			best, at = w, len(rest)
		}
		rest = append(rest, p)
	}
	if at < 0 {
		return q.avoidKept(b, none)
	}
	free := rest[at].free
	rest = slices.Delete(rest, at, at+1)
	for _, c := range best.boxes {
		narrowed, ok := q.space.Intersect(b, c)
		if !ok {
			continue
		}
		if found, answer := q.pass(narrowed, rest, none); answer != No {
			return found, answer
		}
	}
	if best.free {
		return q.pass(b, rest, append(slices.Clip(none), free))
	}
	for _, c := range best.choices {
		if found, answer := q.pass(b, c.passages(rest), append(slices.Clip(none), c.None...)); answer != No {
			return found, answer
		}
	}
	return nil, No
}

// keep asks next of the flows of a box that keep the laws, where the example of the box breaks one.
func (q *Question) keep(b *Box, next func(*Box) (*Box, Answer)) (found *Box, answer Answer, broken bool) {
	for _, law := range q.laws {
		ways, broken := law.Broken(q.space, b)
		if !broken {
			continue
		}
		for _, w := range ways {
			narrowed, ok := q.space.Intersect(b, w)
			if !ok {
				continue
			}
			if found, answer := next(narrowed); answer != No {
				return found, answer, true
			}
		}
		return nil, No, true
	}
	return nil, No, false
}

// avoid looks for flows of a box that are in no box of the unions and break no law. It tries the example of the box; of
// what the example is in, it leaves the box that leaves the fewest choices, one label at a time.
func (q *Question) avoid(b *Box, none []*Union) (*Box, Answer) {
	if !q.step() {
		return nil, Undecided
	}
	if found, answer, broken := q.keep(b, func(b *Box) (*Box, Answer) { return q.avoid(b, none) }); broken {
		return found, answer
	}
	return q.avoidKept(b, none)
}

// avoidKept is avoid for a box whose example breaks no law. What it finds has just the ports on which the ends of the
// example are in none of the unions.
func (q *Question) avoidKept(b *Box, none []*Union) (*Box, Answer) {
	var hit *Box
	fewest, port, others := 0, b.ports.First(), Ports(nil)
	for _, u := range none {
		u.around(b, func(c *Box) bool {
			if !port.Within(c.ports) {
				others = others.Union(c.ports)
				return true
			}
			if n := q.space.leavings(b, c); hit == nil || n < fewest {
				hit, fewest = c, n
			}
			return fewest > 0
		})
		if hit != nil && fewest == 0 {
			return nil, No
		}
	}
	switch {
	case hit == nil && len(others) > 0:
		return b.WithPorts(b.ports.Minus(others)), Yes
	case hit == nil:
		return b, Yes
	}
	out, answer := (*Box)(nil), No
	q.space.leave(b, hit, func(left *Box) bool {
		out, answer = q.avoid(left, none)
		return answer == No
	})
	return out, answer
}

// group returns the literals of a group.
func (p Pods) group(group int) []literal {
	var out []literal
	for _, l := range p.literals {
		if l.label.group() == group {
			out = append(out, l)
		}
	}
	return out
}

// leavings counts the ways in which a flow of b can be outside of c, which holds its example.
func (s *Space) leavings(b, c *Box) int {
	n := 0
	for _, l := range c.literals {
		if !s.within(b.of(l.label), l.constraint) {
			n++
		}
	}
	if !b.ports.Within(c.ports) {
		n++
	}
	if !b.addresses.IsEmpty() && !c.addresses.IsEmpty() && !b.addresses.Within(c.addresses) {
		n++
	}
	return n
}

// leave calls do with disjoint boxes that together are b without c, until it returns false.
func (s *Space) leave(b, c *Box, do func(*Box) bool) {
	for _, l := range c.literals {
		if s.within(b.of(l.label), l.constraint) {
			continue
		}
		if outside, ok := s.with(b, literal{l.label, s.not(l.constraint)}); ok && !do(outside) {
			return
		}
		inside, ok := s.with(b, l)
		if !ok {
			return
		}
		b = inside
	}
	if outside := b.ports.Minus(c.ports); len(outside) > 0 {
		x := *b
		x.ports = outside
		if !do(&x) {
			return
		}
		x.ports = b.ports.Intersect(c.ports)
		b = &x
		if len(b.ports) == 0 {
			return
		}
	}
	if !b.addresses.IsEmpty() && !c.addresses.IsEmpty() {
		if outside := b.addresses.Minus(c.addresses); !outside.IsEmpty() {
			x := *b
			x.addresses = outside
			do(&x)
		}
	}
}
