package flows

import (
	"cmp"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// governed returns the namespaces that have policies or declared pods.
func governed(c world.Cluster) map[string]bool {
	out := map[string]bool{}
	for _, p := range c.Pods {
		if p.In == nil {
			out[p.Namespace] = true
		}
	}
	for i := range c.Policies {
		out[c.Policies[i].Namespace] = true
	}
	for i := range c.Others {
		out[c.Others[i].Policy.Namespace] = true
	}
	return out
}

// notGoverned returns the host-network pods, sorted.
func notGoverned(c world.Cluster) []string {
	var out []string
	for _, p := range c.Pods {
		if p.HostNetwork {
			out = append(out, p.Namespace+"/"+p.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// finish puts the rows into words, without those that others cover.
func (l *listing) finish(from, to onlyEnd) ([]Row, error) {
	var covering [3]*sets.Union
	for _, kind := range sets.Kinds() {
		covering[kind] = l.NewUnion()
	}
	for i := range l.rows {
		if r := &l.rows[i]; len(r.except[0])+len(r.except[1])+len(r.names) == 0 {
			b := *r.box
			b.Mark = int32(i)
			covering[r.kind].Add(&b)
		}
	}
	for _, r := range l.ruledOut { // what another row says is open by that one
		l.rests(r.kind, func(laws []sets.Law) *sets.Question { return r.ask(laws).NotIn(covering[r.kind]) })
	}
	out := make([]Row, 0, len(l.rows))
	printed := [2]map[string]bool{{}, {}}
	for i := range l.rows {
		r := &l.rows[i]
		if len(r.names) == 0 && l.isCovered(covering[r.kind], i, r.box) {
			continue
		}
		row := l.words(r)
		printed[0][row.From], printed[1][row.To] = true, true
		if l.has(r, sets.Source, from, row.From) && l.has(r, sets.Destination, to, row.To) {
			out = append(out, row)
		}
	}
	slices.SortFunc(out, func(a, b Row) int {
		if c := cmp.Or(falseFirst(a.Mixed, b.Mixed), strings.Compare(a.From, b.From), strings.Compare(a.To, b.To)); c != 0 {
			return c
		}
		return slices.Compare(a.PortList(), b.PortList())
	})
	return out, cmp.Or(l.unknownEnd(from, printed[0]), l.unknownEnd(to, printed[1]))
}

// falseFirst orders false before true.
func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// isCovered reports whether another row says all that a row says: of two that say the same, the first stays.
func (l *listing) isCovered(by *sets.Union, row int, b *sets.Box) bool {
	return by.CoveringBut(b, func(c *sets.Box) bool {
		return int(c.Mark) == row || int(c.Mark) > row && l.BoxWithin(c, b)
	}) != nil
}

func (l *listing) words(r *found) Row {
	out := Row{Names: r.names, Mixed: r.mixed, Ungoverned: true}
	if !l.isNamed(r.box) {
		out.Ports = r.box.Ports()
	}
	names, ends := [2]string{}, [2]Set{}
	for side := range names {
		if !r.kind.HasPods(sets.Side(side)) {
			names[side], ends[side] = addressName(r.box.Addresses(), l.ranges), Set{Addresses: r.box.Addresses()}
			continue
		}
		pods := r.box.Pods(sets.Side(side))
		names[side], ends[side] = l.names.but(pods, r.except[side]), l.names.set(pods, r.except[side])
		out.Ungoverned = out.Ungoverned && !l.touches(pods, r.except[side])
	}
	out.From, out.To, out.FromSet, out.ToSet = names[0], names[1], ends[0], ends[1]
	return out
}

// touches reports whether pods without others are in a namespace that has policies or declared pods.
func (l *listing) touches(p sets.Pods, except []sets.Pods) bool {
	if name := l.Name(p); name != "" {
		return l.governed[name]
	}
	if len(except) == 0 {
		return true
	}
	whole := map[string]bool{}
	for _, e := range except {
		if e.Key() == e.WholeNamespaces().Key() {
			whole[l.Name(e)] = true
		}
	}
	for name := range l.governed {
		if !whole[name] {
			return true
		}
	}
	return false
}
