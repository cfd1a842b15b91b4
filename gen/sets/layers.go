package sets

// Verdict is what becomes of the flows of a Step.
type Verdict int

// The verdicts. Passed are asked what comes behind the steps.
const (
	Let Verdict = iota
	Stop
	Passed
)

// Step is flows with one verdict. Of steps one behind the other, the first that has a flow decides.
type Step struct {
	Verdict Verdict
	Flows   *Union
}

// isLayered reports whether a half has more than rules that add up.
func (h *Half) isLayered() bool {
	return len(h.Before)+len(h.After) > 0 || h.Denied != nil && len(h.Denied.boxes) > 0
}

// Way is the flows that lie in each of some unions and in none of others.
type Way struct{ In, None []*Union }

// Ways returns ways of which the flows are all that pass a half. They may overlap.
func (h *Half) Ways() []Way {
	if h == nil {
		return []Way{{}}
	}
	return h.passing()
}

// and returns the flows of a Way that lie in another too.
func (c Way) and(d Way) Way {
	return Way{append(append([]*Union(nil), c.In...), d.In...), append(append([]*Union(nil), c.None...), d.None...)}
}

// passages returns what must be passed for the Way, besides others.
func (c Way) passages(others []passage) []passage {
	out := append(make([]passage, 0, len(others)+len(c.In)), others...)
	for _, u := range c.In {
		out = append(out, passage{boxes: u})
	}
	return out
}

// choose asks for a flow of one of some choices.
func (q *Question) choose(choices []Way) *Question {
	q.impossible = q.impossible || len(choices) == 0
	q.oneOf = append(q.oneOf, passage{choices: choices})
	return q
}

// choicesOf returns the choices that a box leaves; the box passes where all of it is of one.
func choicesOf(choices []Way, b *Box) ways {
	var out ways
	for _, c := range choices {
		possible, all := true, true
		for _, u := range c.In {
			covers := u.Covering(b) != nil
			possible = possible && (covers || len(u.meeting(b, 1)) > 0)
			all = all && covers
		}
		for _, u := range c.None {
			possible = possible && u.Covering(b) == nil
			all = all && possible && len(u.meeting(b, 1)) == 0
		}
		switch {
		case possible && all:
			return ways{passed: true}
		case possible:
			out.choices = append(out.choices, c)
		}
	}
	return out
}

// passing returns choices of which the flows are all that pass. They may overlap.
func (h *Half) passing() []Way {
	out := first(h.Before, Let)
	for _, reached := range h.reached(Stop) {
		out = append(out, reached.and(Way{In: []*Union{h.Rules}, None: h.denied()}))
		free := reached.and(Way{None: append(h.denied(), h.Isolated)})
		out = append(out, free.and(Way{None: unions(h.After, Stop)}))
		for _, v := range []Verdict{Let, Passed} {
			for _, c := range first(h.After, v) {
				out = append(out, free.and(c))
			}
		}
	}
	return out
}

// stopping returns choices of which the flows are all that do not pass. They may overlap.
func (h *Half) stopping() []Way {
	out := first(h.Before, Stop)
	for _, reached := range h.reached(Let) {
		if h.Denied != nil {
			out = append(out, reached.and(Way{In: []*Union{h.Denied}}))
		}
		closed := reached.and(Way{None: []*Union{h.Rules}})
		out = append(out, closed.and(Way{In: []*Union{h.Isolated}}))
		for _, c := range first(h.After, Stop) {
			out = append(out, closed.and(c))
		}
	}
	return out
}

func (h *Half) denied() []*Union {
	if h.Denied == nil {
		return nil
	}
	return []*Union{h.Denied}
}

// reached returns the flows that no step before the rules decides: those that one passes on, and those of which none has
// a verdict. Of the flows that a step decides it may hold all but those with the one that is given.
func (h *Half) reached(but Verdict) []Way {
	out := []Way{{None: unions(h.Before, but)}}
	for i, s := range h.Before {
		if s.Verdict == Passed {
			out = append(out, Way{In: []*Union{s.Flows}, None: unions(h.Before[:i], but)})
		}
	}
	return out
}

// first returns the flows that steps decide with a verdict: for each step those that none before it decides otherwise.
func first(steps []Step, v Verdict) []Way {
	var out []Way
	for i, s := range steps {
		if s.Verdict != v {
			continue
		}
		c := Way{In: []*Union{s.Flows}}
		for _, before := range steps[:i] {
			if before.Verdict != v {
				c.None = append(c.None, before.Flows)
			}
		}
		out = append(out, c)
	}
	return out
}

// unions returns the flows of the steps with a verdict.
func unions(steps []Step, v Verdict) []*Union {
	var out []*Union
	for _, s := range steps {
		if s.Verdict == v {
			out = append(out, s.Flows)
		}
	}
	return out
}

// Reaches asks for a flow that is asked of the steps after all others of a half: one of a subject that is not isolated,
// which no rule and no step before decides.
func (q *Question) Reaches(h *Half) *Question {
	ways := []Way{{None: append(unions(h.Before, Let), unions(h.Before, Stop)...)}}
	for i, s := range h.Before {
		if s.Verdict == Passed {
			ways = append(ways, Way{In: []*Union{s.Flows}, None: append(unions(h.Before[:i], Let), unions(h.Before[:i], Stop)...)})
		}
	}
	q.choose(ways).NotIn(h.Isolated).NotIn(h.Rules)
	if h.Denied != nil {
		q.NotIn(h.Denied)
	}
	return q
}

// Without returns disjoint boxes that together are the flows of one box that are not in another. Neither knows all labels
// of pods.
func (s *Space) Without(b, c *Box) []*Box {
	if !s.meets(b, c) {
		return []*Box{b}
	}
	var out []*Box
	s.leave(b, c, func(left *Box) bool {
		kept := *left // which leave makes the next one of
		out = append(out, &kept)
		return true
	})
	return out
}

// Sayable returns boxes that together are another, in which all pods are such as selectors can select: none selects those
// that have one of a few values or none.
func (s *Space) Sayable(b *Box) []*Box {
	for _, l := range b.literals {
		if c := s.constraints[l.constraint]; l.label.group() == portNames || c.but || !c.absent || len(c.values) == 0 {
			continue
		}
		var out []*Box
		for _, part := range []Constraint{Present, Absent} {
			if x, ok := s.with(b, literal{l.label, part}); ok {
				out = append(out, s.Sayable(x)...)
			}
		}
		return out
	}
	return []*Box{b}
}

// NotNames returns the names of which the box says that the port is called by none.
func (s *Space) NotNames(b *Box) []Name {
	var out []Name
	for _, l := range b.literals {
		if l.label.group() == portNames && l.constraint == Absent {
			out = append(out, s.nameOf(l.label))
		}
	}
	return out
}
