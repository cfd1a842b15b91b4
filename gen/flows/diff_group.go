package flows

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// joined returns changes without doubles, and those that are alike as one.
func joined(changes []Change) []Change {
	type keyed struct {
		*Change
		key string
	}
	all := make([]keyed, len(changes))
	for i := range changes {
		all[i] = keyed{&changes[i], changes[i].key()}
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		return cmp.Or(cmp.Compare(a.From[0], b.From[0]), cmp.Compare(a.To[0], b.To[0]), cmp.Compare(a.key, b.key), falseFirst(a.Undeclared, b.Undeclared))
	})
	all = slices.CompactFunc(all, func(a, b keyed) bool { return a.From[0] == b.From[0] && a.To[0] == b.To[0] && a.key == b.key })
	var out []Change
	for _, c := range all {
		out = append(out, *c.Change)
	}
	return grouped(out)
}

// key is equal for changes of the same ports, over the same reach.
func (c Change) key() string {
	return strings.Join([]string{c.Before.String(), c.After.String(), c.Name, c.At[0], c.At[1], strconv.Itoa(int(c.Reach))}, " ")
}

// grouped joins changes that are alike: sources that share their targets and targets that share their sources, in
// whichever order gives fewer changes.
func grouped(changes []Change) []Change {
	bySource := joinTargets(joinSources(joinTargets(slices.Clone(changes))))
	byTarget := joinSources(joinTargets(joinSources(slices.Clone(changes))))
	if len(byTarget) < len(bySource) {
		return byTarget
	}
	return bySource
}

func joinTargets(changes []Change) []Change {
	return join(changes, func(c Change) string { return strings.Join(c.From, " ") }, func(into *Change, c Change) {
		into.To = append(slices.Clip(into.To), c.To...)
	})
}

func joinSources(changes []Change) []Change {
	return join(changes, func(c Change) string { return strings.Join(c.To, " ") }, func(into *Change, c Change) {
		into.From = append(slices.Clip(into.From), c.From...)
	})
}

// join joins changes of the same ports with an equal end. Those with exceptions stay alone.
func join(changes []Change, end func(Change) string, add func(*Change, Change)) []Change {
	at := map[string]int{}
	var out []Change
	for _, c := range changes {
		key := end(c) + "\n" + c.key()
		if c.Undeclared {
			key += " undeclared"
		}
		i, known := at[key]
		if !known || len(c.Except)+len(out[i].Except) > 0 {
			at[key] = len(out)
			out = append(out, c)
			continue
		}
		add(&out[i], c)
	}
	for i := range out {
		slices.Sort(out[i].From)
		slices.Sort(out[i].To)
		out[i].From, out[i].To = slices.Compact(out[i].From), slices.Compact(out[i].To)
	}
	return out
}
