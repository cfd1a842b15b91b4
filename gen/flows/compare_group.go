package flows

import (
	"slices"
	"strings"
)

// grouped joins pairs that changed alike: sources that share their targets and targets that share their sources, in
// whichever order gives fewer changes.
func grouped(pairs []Exception) []Change {
	bySource := make([]Change, len(pairs))
	for i, p := range pairs {
		bySource[i] = Change{From: []string{p.From}, To: []string{p.To}, Before: p.Before, After: p.After}
	}
	byTarget := slices.Clone(bySource)
	bySource = joinTargets(joinSources(joinTargets(bySource)))
	byTarget = joinSources(joinTargets(joinSources(byTarget)))
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

// join joins changes of the same ports with an equal end.
func join(changes []Change, end func(Change) string, add func(*Change, Change)) []Change {
	at := map[string]int{}
	var out []Change
	for _, c := range changes {
		key := end(c) + "\n" + delta{c.Before, c.After}.key()
		i, known := at[key]
		if !known {
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
