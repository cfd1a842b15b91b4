package flows

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/npgen/npgen/gen/sets"
)

// alike is a change with a key that is equal for changes of the same ports, over the same reach.
type alike struct {
	Change
	key string
}

// joined returns changes without doubles, and those that are alike as one.
func joined(changes []Change) []Change {
	all := make([]alike, len(changes))
	for i, c := range changes {
		all[i] = alike{c, strings.Join([]string{c.Before.String(), c.After.String(), c.Name, c.At[0], c.At[1], strconv.Itoa(int(c.Reach))}, " ")}
	}
	slices.SortStableFunc(all, func(a, b alike) int {
		return cmp.Or(cmp.Compare(a.From[0], b.From[0]), cmp.Compare(a.To[0], b.To[0]), cmp.Compare(a.key, b.key), falseFirst(a.Undeclared, b.Undeclared))
	})
	all = slices.CompactFunc(all, func(a, b alike) bool { return a.From[0] == b.From[0] && a.To[0] == b.To[0] && a.key == b.key })
	var out []Change
	for _, c := range grouped(all) {
		out = append(out, c.Change)
	}
	return out
}

// Grouped joins changes, each of one source and one target, that are alike but for an end: each line holds for every pair of
// its sources and targets, as each of its changes does.
func Grouped(changes []Change) []Change { return joined(changes) }

// grouped joins changes that are alike: sources that share their targets and targets that share their sources, in
// whichever order gives fewer changes.
func grouped(changes []alike) []alike {
	bySource := joinTargets(joinSources(joinTargets(changes)))
	byTarget := joinSources(joinTargets(joinSources(changes)))
	if len(byTarget) < len(bySource) {
		return byTarget
	}
	return bySource
}

func joinTargets(changes []alike) []alike {
	return join(changes, func(c *Change) []string { return c.From }, func(c *Change) *[]string { return &c.To })
}

func joinSources(changes []alike) []alike {
	return join(changes, func(c *Change) []string { return c.To }, func(c *Change) *[]string { return &c.From })
}

// join joins the other ends of changes of the same ports with an equal end. Those with exceptions stay alone.
func join(changes []alike, end func(*Change) []string, other func(*Change) *[]string) []alike {
	at := make(map[string]int, len(changes))
	var out []alike
	for _, c := range changes {
		key := strings.Join(end(&c.Change), " ") + "\n" + c.key
		if c.Undeclared {
			key += " undeclared"
		}
		i, known := at[key]
		if !known || len(c.Except)+len(out[i].Except) > 0 {
			at[key] = len(out)
			c.From, c.To = slices.Clip(c.From), slices.Clip(c.To) // what is appended is not of the changes before
			out = append(out, c)
			continue
		}
		into := other(&out[i].Change)
		*into = append(*into, *other(&c.Change)...)
	}
	for i := range out {
		slices.Sort(out[i].From)
		slices.Sort(out[i].To)
		out[i].From, out[i].To = slices.Compact(out[i].From), slices.Compact(out[i].To)
	}
	return out
}

// renumbered makes one change of a name that stands for other addresses than before.
func renumbered(changes []Change) []Change {
	closed := map[string]int{}
	key := func(c Change, p sets.Ports) string { return c.From[0] + "|" + c.To[0] + "|" + p.String() }
	for i, c := range changes {
		if c.At[0] != "" && c.After.IsEmpty() {
			closed[key(c, c.Before)] = i
		}
	}
	gone := map[int]bool{}
	for i := range changes {
		c := &changes[i]
		if at, known := closed[key(*c, c.After)]; known && c.At[1] != "" && c.Before.IsEmpty() {
			c.Before, c.At[0] = changes[at].Before, changes[at].At[0]
			gone[at] = true
		}
	}
	var out []Change
	for i, c := range changes {
		if c.At[0] == "" || c.At[1] == "" {
			c.At = [2]string{}
		}
		if !gone[i] {
			out = append(out, c)
		}
	}
	return out
}
