package sets

import "math"

// Union is the flows of any of some boxes of one kind.
type Union struct {
	space *Space
	boxes []*Box
	// index finds boxes by a label at each end; nil until it is asked.
	index [2]*index
}

// NewUnion returns a union without boxes.
func (s *Space) NewUnion() *Union { return &Union{space: s} }

// Add adds a box. One without flows is left out.
func (u *Union) Add(b *Box) {
	for _, l := range b.literals {
		if l.constraint == Nothing {
			return
		}
	}
	if len(b.ports) > 0 {
		u.boxes = append(u.boxes, b)
		u.index = [2]*index{}
	}
}

// Boxes returns the boxes, which are not to be changed.
func (u *Union) Boxes() []*Box { return u.boxes }

// Meeting returns the boxes that have a flow in common with a box.
func (u *Union) Meeting(b *Box) []*Box { return u.meeting(b, math.MaxInt) }

// meeting is Meeting, and ends where it has found as many boxes as are asked for.
func (u *Union) meeting(b *Box, most int) []*Box {
	var out []*Box
	u.candidates(b, Constraint.each, func(c *Box) bool {
		if u.space.meets(b, c) {
			out = append(out, c)
		}
		return len(out) < most
	})
	return out
}

// Covering returns a box that holds all flows of another; nil where none does.
func (u *Union) Covering(b *Box) *Box {
	return u.CoveringBut(b, func(*Box) bool { return false })
}

// containing calls do with the boxes that hold the example of a box, until it returns false.
func (u *Union) containing(b *Box, do func(*Box) bool) {
	port := b.ports.First()
	u.candidates(b, Constraint.chosen, func(c *Box) bool {
		return !u.space.holdsExample(c, b, port) || do(c)
	})
}

// around calls do with the boxes that hold the ends of the example of a box, on whatever ports, until it returns false.
func (u *Union) around(b *Box, do func(*Box) bool) {
	u.candidates(b, Constraint.chosen, func(c *Box) bool {
		return !u.space.holdsEnds(c, b) || do(c)
	})
}

// index holds boxes by the namespace at one end, where it is one, and then by a label.
type index struct {
	byName map[int32]*labelIndex
	// names is the keys of byName, in the order in which they were found.
	names  []int32
	others labelIndex
}

// labelIndex holds boxes by a label that all of their flows have, the one that the fewest boxes ask for, and apart those
// that ask for none.
type labelIndex struct {
	byValue map[labelled]*list
	byLabel map[label]*list
	// labels is the keys of byLabel, in the order in which they were found.
	labels []label
	others list
}

// list is boxes that are alike at one end. One that is long and looked at often has an index by the other end.
type list struct {
	boxes  []*Box
	looked int
	index  *index
}

// labelled is a label and its value.
type labelled struct {
	label label
	value int32
}

func (u *Union) indexed(side Side) *index {
	if u.index[side] == nil {
		u.index[side] = u.space.newIndex(u.boxes, side)
	}
	return u.index[side]
}

func (s *Space) newIndex(boxes []*Box, side Side) *index {
	x := &index{byName: map[int32]*labelIndex{}}
	first, last := label(side)*label(perSide)<<keyBits, label(side+1)*label(perSide)<<keyBits
	count := map[labelled]int{}
	each := func(b *Box, do func(labelled)) {
		for _, l := range b.literals {
			if l.label > first && l.label < last { // the first is the name of the namespace
				if v, ok := s.single(l.constraint); ok {
					do(labelled{l.label, v})
				}
			}
		}
	}
	for _, b := range boxes {
		each(b, func(l labelled) { count[l]++ })
	}
	for _, b := range boxes {
		var rarest labelled
		fewest := 0
		each(b, func(l labelled) {
			if n := count[l]; fewest == 0 || n < fewest {
				rarest, fewest = l, n
			}
		})
		to := x.named(s, b.of(first))
		if fewest == 0 {
			to.others.boxes = append(to.others.boxes, b)
			continue
		}
		if to.byValue == nil {
			to.byValue, to.byLabel = map[labelled]*list{}, map[label]*list{}
		}
		if to.byLabel[rarest.label] == nil {
			to.labels = append(to.labels, rarest.label)
		}
		addTo(to.byLabel, rarest.label, b)
		addTo(to.byValue, rarest, b)
	}
	return x
}

func addTo[K comparable](lists map[K]*list, key K, b *Box) {
	to := lists[key]
	if to == nil {
		to = &list{}
		lists[key] = to
	}
	to.boxes = append(to.boxes, b)
}

// named returns the part of the index for a constraint of the namespace's name.
func (x *index) named(s *Space, name Constraint) *labelIndex {
	v, ok := s.single(name)
	if !ok {
		return &x.others
	}
	to := x.byName[v]
	if to == nil {
		to = &labelIndex{}
		x.byName[v] = to
		x.names = append(x.names, v)
	}
	return to
}

// each returns the values that a constraint leaves; all is set where they are not few.
func (c Constraint) each(s *Space) (values []int32, all bool) {
	x := &s.constraints[c]
	return x.values, x.but
}

// only returns the one value that a constraint leaves: what asks for one value holds nothing else.
func (c Constraint) only(s *Space) (values []int32, all bool) {
	if _, ok := s.single(c); ok {
		return s.constraints[c].values, false
	}
	return nil, false
}

// chosen returns the value of an example.
func (c Constraint) chosen(s *Space) (values []int32, all bool) {
	if v := s.constraints[c].choose(); v >= 0 {
		return []int32{v}, false
	}
	return nil, false
}

// fewBoxes is how many boxes are looked at one by one.
const fewBoxes = 16

// fewLooks is how often a longer list is looked at before it gets an index.
const fewLooks = 4

// candidates calls do with boxes among which are all that have certain values, until it returns false.
func (u *Union) candidates(b *Box, values func(Constraint, *Space) ([]int32, bool), do func(*Box) bool) {
	if len(u.boxes) <= 4 {
		each(u.boxes, do)
		return
	}
	side := Source
	lists, count := u.space.lists(u.indexed(side), side, b, values)
	if count > fewBoxes { // else the other index would gain less than it costs to make
		if other, fewer := u.space.lists(u.indexed(Destination), Destination, b, values); fewer < count {
			lists, side = other, Destination
		}
	}
	for _, l := range lists {
		if !u.space.candidatesOf(l, side.Other(), b, values, do) {
			return
		}
	}
}

// candidatesOf calls do with boxes of a list among which are all that have certain values at one end.
func (s *Space) candidatesOf(l *list, side Side, b *Box, values func(Constraint, *Space) ([]int32, bool), do func(*Box) bool) bool {
	if len(l.boxes) <= fewBoxes {
		return each(l.boxes, do)
	}
	if l.looked++; l.looked <= fewLooks {
		return each(l.boxes, do)
	}
	if l.index == nil {
		l.index = s.newIndex(l.boxes, side)
	}
	lists, _ := s.lists(l.index, side, b, values)
	for _, part := range lists {
		if !each(part.boxes, do) {
			return false
		}
	}
	return true
}

func each(boxes []*Box, do func(*Box) bool) bool {
	for _, b := range boxes {
		if !do(b) {
			return false
		}
	}
	return true
}

// lists returns lists of boxes that hold all which have certain values at one end, and how many they are.
func (s *Space) lists(x *index, side Side, b *Box, values func(Constraint, *Space) ([]int32, bool)) (lists []*list, count int) {
	add := func(l *list) {
		if l != nil && len(l.boxes) > 0 {
			lists, count = append(lists, l), count+len(l.boxes)
		}
	}
	addPart := func(part *labelIndex) {
		add(&part.others)
		for _, l := range part.labels {
			wanted, all := values(b.of(l), s)
			if all {
				add(part.byLabel[l])
				continue
			}
			for _, v := range wanted {
				add(part.byValue[labelled{l, v}])
			}
		}
	}
	addPart(&x.others)
	names, all := values(b.of(labelOf(int(side)*perSide, nameKey)), s)
	if all {
		names = x.names
	}
	for _, name := range names {
		if part := x.byName[name]; part != nil {
			addPart(part)
		}
	}
	return lists, count
}

// holdsExample reports whether a box holds the example of another: the flow with the value that each constraint chooses,
// the first port, which is given, and the first address.
func (s *Space) holdsExample(c, of *Box, port Ports) bool {
	return port.Within(c.ports) && s.holdsEnds(c, of)
}

// holdsEnds is holdsExample for any port.
func (s *Space) holdsEnds(c, of *Box) bool {
	if !of.addresses.IsEmpty() && !c.addresses.IsEmpty() && !c.addresses.Contains(of.addresses.Example()) {
		return false
	}
	for _, l := range c.literals {
		if !s.constraints[l.constraint].holds(s.constraints[of.of(l.label)].choose()) {
			return false
		}
	}
	for _, l := range of.literals {
		if c.lacks(l.label) && c.of(l.label) == Absent && s.constraints[l.constraint].choose() != absentValue {
			return false
		}
	}
	return true
}

// CoveringBut returns a box that holds all flows of another and is not passed over; nil where there is none.
func (u *Union) CoveringBut(b *Box, passOver func(*Box) bool) *Box {
	var out *Box
	u.candidates(b, Constraint.only, func(c *Box) bool {
		if u.space.BoxWithin(b, c) && !passOver(c) {
			out = c
		}
		return out == nil
	})
	return out
}
