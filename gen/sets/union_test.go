package sets

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// What a union finds by its indices is what a look at each box finds, also once long lists have indices of their own.
func TestIndices(t *testing.T) {
	r := random{rand.New(rand.NewPCG(1, 2)), NewSpace()}
	u := r.s.NewUnion()
	for range 3000 {
		u.Add(r.box().sets)
	}
	deep, held := 0, 0
	for range 300 {
		b := r.box().sets
		if slices.ContainsFunc(b.literals, func(l literal) bool { return l.constraint == Nothing }) || len(b.ports) == 0 {
			continue
		}
		var meeting, containing []*Box
		covered := false
		for _, c := range u.Boxes() {
			if r.s.meets(b, c) {
				meeting = append(meeting, c)
			}
			if r.s.holdsExample(c, b, b.ports.First()) {
				containing = append(containing, c)
			}
			covered = covered || r.s.BoxWithin(b, c)
		}
		same(t, "meeting", u.Meeting(b), meeting)
		if got := u.meeting(b, 2); len(got) != min(2, len(meeting)) {
			t.Errorf("%d of two boxes", len(got))
		}
		var got []*Box
		u.containing(b, func(c *Box) bool {
			got = append(got, c)
			return true
		})
		same(t, "containing", got, containing)
		if c := u.Covering(b); (c != nil) != covered {
			t.Errorf("covering: %v, want %t", c, covered)
		}
		held += len(containing)
	}
	for _, x := range u.index {
		if x != nil {
			deep += x.others.deep()
			for _, part := range x.byName {
				deep += part.deep()
			}
		}
	}
	if deep == 0 || held == 0 {
		t.Errorf("%d indices of lists, %d examples: nothing was tried", deep, held)
	}
}

// deep counts the lists that have an index.
func (x *labelIndex) deep() int {
	n := 0
	count := func(l *list) {
		if l.index != nil {
			n++
		}
	}
	count(&x.others)
	for _, l := range x.byLabel {
		count(l)
	}
	for _, l := range x.byValue {
		count(l)
	}
	return n
}

func same(t *testing.T, what string, got, want []*Box) {
	t.Helper()
	count := map[*Box]int{}
	for _, b := range got {
		count[b]++
	}
	for _, b := range want {
		count[b]--
	}
	for _, n := range count {
		if n != 0 {
			t.Errorf("%s: %d boxes, want %d", what, len(got), len(want))
			return
		}
	}
}
