package sets

import (
	"encoding/binary"
	"slices"
)

// Constraint is what is said of the label of one key: which values it may have, and whether it may be absent. It is the
// number of a constraint of a Space: equal constraints have equal numbers.
type Constraint int32

// The constraints that every Space has under the same number.
const (
	// Anything is the constraint that says nothing.
	Anything Constraint = iota
	// Nothing is the constraint that no label satisfies.
	Nothing
	// Absent and Present say that the label is not there, or is there with any value.
	Absent
	Present
)

// constraint is a finite set of values, or with `but` all values except a finite set; absent says whether the label may
// be missing.
type constraint struct {
	values []int32
	but    bool
	absent bool
}

// Values that stand for no value of the Space.
const (
	absentValue int32 = -1
	// freshValue is a value that nothing speaks of.
	freshValue int32 = -2
)

func (c constraint) holds(value int32) bool {
	if value == absentValue {
		return c.absent
	}
	_, found := slices.BinarySearch(c.values, value)
	return found != c.but
}

func (c constraint) isEmpty() bool { return !c.absent && !c.but && len(c.values) == 0 }

func (c constraint) not() constraint { return constraint{c.values, !c.but, !c.absent} }

func (c constraint) and(d constraint) constraint {
	out := constraint{absent: c.absent && d.absent}
	switch {
	case c.but && d.but:
		out.but = true
		out.values = slices.Compact(slices.Sorted(slices.Values(slices.Concat(c.values, d.values))))
	case c.but:
		out.values = without(d.values, c.values)
	case d.but:
		out.values = without(c.values, d.values)
	default:
		out.values = without(c.values, without(c.values, d.values))
	}
	return out
}

// without returns the values of a sorted list that another sorted list has not.
func without(a, b []int32) []int32 {
	var out []int32
	for _, v := range a {
		if _, found := slices.BinarySearch(b, v); !found {
			out = append(out, v)
		}
	}
	return out
}

// choose returns a value that satisfies the constraint: none if it may, else one that nothing speaks of, else the first.
func (c constraint) choose() int32 {
	switch {
	case c.absent:
		return absentValue
	case c.but:
		return freshValue
	}
	return c.values[0]
}

// Space numbers the keys, values and constraints that sets are made of. Sets can only be compared where they are of one
// Space. It is not for concurrent use.
type Space struct {
	keys        map[string]int32
	keyNames    []string
	values      map[string]int32
	valueNames  []string
	constraints []constraint
	byText      map[string]Constraint
	ands        map[[2]Constraint]Constraint
	nots        map[Constraint]Constraint
	// equals is the constraints of one value, by the value.
	equals []Constraint
	// room for the text of a constraint.
	text []byte
}

// NewSpace returns an empty Space.
func NewSpace() *Space {
	s := &Space{
		keys: map[string]int32{}, values: map[string]int32{},
		byText: map[string]Constraint{}, ands: map[[2]Constraint]Constraint{}, nots: map[Constraint]Constraint{},
	}
	for _, c := range []constraint{{but: true, absent: true}, {}, {absent: true}, {but: true}} {
		s.intern(c)
	}
	s.key(NameLabel)
	return s
}

func (s *Space) intern(c constraint) Constraint {
	text := s.text[:0]
	flags := byte(0)
	if c.but {
		flags |= 1
	}
	if c.absent {
		flags |= 2
	}
	text = append(text, flags)
	for _, v := range c.values {
		text = binary.LittleEndian.AppendUint32(text, uint32(v))
	}
	s.text = text
	if known, ok := s.byText[string(text)]; ok {
		return known
	}
	number := Constraint(len(s.constraints))
	s.constraints = append(s.constraints, c)
	s.byText[string(text)] = number
	return number
}

func (s *Space) key(name string) int32 { return number(s.keys, &s.keyNames, name) }

func (s *Space) value(name string) int32 { return number(s.values, &s.valueNames, name) }

func number(known map[string]int32, names *[]string, name string) int32 {
	n, ok := known[name]
	if !ok {
		n = int32(len(*names))
		known[name] = n
		*names = append(*names, name)
	}
	return n
}

// equal returns the constraint of one value.
func (s *Space) equal(name string) Constraint {
	v := s.value(name)
	for int(v) >= len(s.equals) {
		s.equals = append(s.equals, Anything)
	}
	if s.equals[v] == Anything {
		s.equals[v] = s.intern(constraint{values: []int32{v}})
	}
	return s.equals[v]
}

// in returns the constraint of some values, or of all others and none.
func (s *Space) in(names []string, others bool) Constraint {
	var values []int32
	for _, n := range names {
		values = append(values, s.value(n))
	}
	slices.Sort(values)
	return s.intern(constraint{values: slices.Compact(values), but: others, absent: others})
}

func (s *Space) and(a, b Constraint) Constraint {
	switch {
	case a == b || b == Anything:
		return a
	case a == Anything:
		return b
	}
	if v, ok := s.single(a); ok {
		return unless(s.constraints[b].holds(v), a)
	}
	if v, ok := s.single(b); ok {
		return unless(s.constraints[a].holds(v), b)
	}
	if a > b {
		a, b = b, a
	}
	if known, ok := s.ands[[2]Constraint{a, b}]; ok {
		return known
	}
	out := s.intern(s.constraints[a].and(s.constraints[b]))
	s.ands[[2]Constraint{a, b}] = out
	return out
}

// unless returns a constraint where something holds, else Nothing.
func unless(holds bool, c Constraint) Constraint {
	if holds {
		return c
	}
	return Nothing
}

func (s *Space) not(a Constraint) Constraint {
	if known, ok := s.nots[a]; ok {
		return known
	}
	out := s.intern(s.constraints[a].not())
	s.nots[a], s.nots[out] = out, a
	return out
}

// within reports whether all that satisfies a satisfies b.
func (s *Space) within(a, b Constraint) bool { return a == b || b == Anything || s.and(a, b) == a }

// single returns the one value of a constraint, if it leaves just one.
func (s *Space) single(c Constraint) (value int32, ok bool) {
	if x := &s.constraints[c]; len(x.values) == 1 && !x.but && !x.absent {
		return x.values[0], true
	}
	return 0, false
}
