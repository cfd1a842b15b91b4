package flows

import (
	"slices"
	"strings"
)

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
