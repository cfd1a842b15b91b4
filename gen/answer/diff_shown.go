package answer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/flows"
)

// What text and md show of a long comparison: lines of each kind, names of each line, exceptions of each line. What opens
// is never among what is cut: past the lines it is folded, to a line for each target.
const (
	mostLines      = 20
	mostNames      = 6
	mostExceptions = 3
)

// shownKind is what people see of a kind.
type shownKind struct {
	// lines are shown with all that they open; targets hold the rest of what opens, a line for each target.
	lines, targets []line
	// more counts the lines that are not shown, none of which opens anything.
	more int
}

// line is a change as it is shown.
type line struct {
	flows.Change
	// ports says what opens at a target of several changes; else it is empty.
	ports string
}

// shown returns what people see of a kind.
func (k kind) shown(options ComparisonOptions) shownKind {
	opening := slices.IndexFunc(k.lines, func(c flows.Change) bool { return !c.Opens() })
	if opening < 0 {
		opening = len(k.lines)
	}
	full, folded := cut(k.lines[:opening], mostLines, options)
	others, more := cut(k.lines[opening:], mostLines, options)
	out := shownKind{targets: byTarget(k.lines[opening-folded : opening]), more: more}
	for _, c := range slices.Concat(full, others) {
		out.lines = append(out.lines, line{Change: c})
	}
	return out
}

// byTarget folds changes that open something to one for each target, the most dangerous first.
func byTarget(changes []flows.Change) []line {
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, byDanger)
	at := map[string]int{}
	var out []line
	for _, c := range changes {
		for _, to := range c.To {
			i, known := at[to]
			if !known {
				i = len(out)
				at[to] = i
				out = append(out, line{Change: flows.Change{To: []string{to}, Reach: c.Reach}})
			}
			out[i].From = append(out[i].From, c.From...)
			out[i].add(c)
		}
	}
	for i := range out {
		out[i].From = distinct(out[i].From)
		if words := out[i].After.Words(); words != "" {
			out[i].ports = strings.TrimSuffix(words+", "+out[i].ports, ", ")
		}
	}
	return out
}

// add notes on what ports a change opens a target: by number, by name, or at other addresses.
func (l *line) add(c flows.Change) {
	text := c.Name
	switch {
	case c.At[0] != "":
		text = portWords(c.After, c.Name) + " at " + c.At[1]
	case text == "":
		l.After = l.After.Union(c.Opened())
		return
	}
	if !slices.Contains(strings.Split(l.ports, ", "), text) {
		l.ports = strings.TrimPrefix(l.ports+", "+text, ", ")
	}
}

// distinct returns a list without doubles, in its order.
func distinct(all []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool {
		was := seen[s]
		seen[s] = true
		return was
	})
}

// cut returns what is shown of a list, and how many are not. It never hides a single one.
func cut[T any](list []T, most int, options ComparisonOptions) ([]T, int) {
	if options.All || len(list) <= most+1 {
		return list, 0
	}
	return list[:most], len(list) - most
}

// fromNames are the names of the sources that are shown, and what stands for the others. A line that opens something
// names all; one for a target names the most dangerous.
func (l line) fromNames(options ComparisonOptions) ([]string, string) {
	return l.names(l.From, options, l.ports == "")
}

// toNames are the names of the targets that are shown, and what stands for the others: none where something opens.
func (l line) toNames(options ComparisonOptions) ([]string, string) {
	return l.names(l.To, options, true)
}

func (l line) names(all []string, options ComparisonOptions, whole bool) ([]string, string) {
	if whole && l.Opens() {
		return all, ""
	}
	shown, more := cut(all, mostNames, options)
	if more == 0 {
		return shown, ""
	}
	return shown, fmt.Sprintf(" and %d more", more)
}

// portText returns what happens to the ports.
func (l line) portText() string {
	return cmp.Or(l.ports, ChangeWords(l.Change))
}
