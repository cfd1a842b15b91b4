package answer

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/ignore"
)

// Comparison is how two sets of policies differ, to be written.
type Comparison struct {
	flows.Comparison
	// Cluster is the one that every line names; "" is none.
	Cluster string
	// Absent are the sides, as the user wrote them, that have nothing at the path: whoever reads the answer must know.
	Absent []string
	// Ignored are the comments of the new side alone that take findings out of reports. They change no flow.
	Ignored []ignore.Comment
}

// noPolicies is said of a side that is absent.
const noPolicies = "has no policies there; without policies everything is open"

// ComparisonFormats returns the formats of a comparison, the default first.
func ComparisonFormats() []Format { return []Format{"text", "json", "md"} }

// ComparisonOptions says how a comparison is shown.
type ComparisonOptions struct {
	// All shows everything; else text and md are cut to what a reviewer reads. What opens keeps a line for each target.
	All bool
	// Fit is the most characters that md may have, as where it becomes a comment; 0 is any number.
	Fit int
	// Page is that of text.
	Page Page
}

// kind is one kind of change. The lines that open something come first, the most dangerous before the others.
type kind struct {
	name  string
	lines []flows.Change
}

// kinds returns the changes by kind: what opened first, as a reviewer must see it. A pair that had ports and has others
// is changed.
func (c Comparison) kinds() []kind {
	out := []kind{{name: "opened"}, {name: "closed"}, {name: "changed"}}
	for _, change := range c.Changes {
		i := 2
		switch {
		case len(change.Before) == 0:
			i = 0
		case len(change.After) == 0:
			i = 1
		}
		out[i].lines = append(out[i].lines, change)
	}
	for _, k := range out {
		slices.SortFunc(k.lines, func(a, b flows.Change) int {
			return cmp.Or(byDanger(a, b), slices.Compare(a.From, b.From), slices.Compare(a.To, b.To),
				cmp.Compare(a.Before.String(), b.Before.String()), cmp.Compare(a.After.String(), b.After.String()))
		})
	}
	return out
}

// byDanger orders changes: those that open something by how far they reach, then the others, which are alike.
func byDanger(a, b flows.Change) int {
	danger := func(c flows.Change) int {
		if !c.Opens() {
			return math.MaxInt
		}
		return int(c.Reach)
	}
	return cmp.Compare(danger(a), danger(b))
}

// section is the changes of one sort of pods.
type section struct {
	// title is empty for the first.
	title string
	kinds []kind
}

// sections returns the changes between declared pods, and then those for pods that nothing declares. Where all are of
// one sort because no pods are declared at all, they are one section.
func (c Comparison) sections() []section {
	all := c.kinds()
	if !c.Declares {
		return []section{{kinds: all}}
	}
	declared, others := section{}, section{title: "for pods that nothing declares"}
	for _, k := range all {
		mine := slices.DeleteFunc(slices.Clone(k.lines), func(c flows.Change) bool { return c.Undeclared })
		theirs := slices.DeleteFunc(slices.Clone(k.lines), func(c flows.Change) bool { return !c.Undeclared })
		declared.kinds, others.kinds = append(declared.kinds, kind{k.name, mine}), append(others.kinds, kind{k.name, theirs})
	}
	if !slices.ContainsFunc(c.Changes, func(c flows.Change) bool { return c.Undeclared }) {
		return []section{declared}
	}
	return []section{declared, others}
}

// pairs counts the pairs of names of which a kind speaks.
func (k kind) pairs() int {
	n := 0
	for _, c := range k.lines {
		n += len(c.From) * len(c.To)
	}
	return n
}

// Summary returns one line: how many pairs were opened, closed and changed.
func (c Comparison) Summary() string {
	parts := []string{}
	if c.Undecided {
		parts = append(parts, "undecided: a question was too large, so that there may be more than this")
	}
	if len(c.Changes) == 0 && !c.Undecided {
		parts = append(parts, "no flow opens, closes or changes")
		if len(c.Ungoverned)+len(c.Governed) > 0 {
			parts[0] = "no flow between governed pods opens, closes or changes"
		}
	}
	for _, k := range c.kinds() {
		n := k.pairs()
		if len(c.Changes) == 0 {
			break
		}
		flows := "flows"
		if n == 1 {
			flows = "flow"
		}
		parts = append(parts, fmt.Sprintf("%d %s %s", n, flows, k.name))
	}
	if n := len(c.Isolation) + len(c.Ungoverned) + len(c.Governed); n > 0 {
		parts = append(parts, "isolation changed")
	}
	return strings.Join(parts, ", ")
}

// Write writes the comparison in one of ComparisonFormats.
func (c Comparison) Write(w io.Writer, format Format, options ComparisonOptions) error {
	return Comparisons{c}.Write(w, format, options)
}

// resting says which `knownLabels` the comparison rests on.
func (c Comparison) resting() string {
	return restingText(c.RestsOn, "more could open, close or change")
}

// Notes says what no change does: the sides that are absent, what changed for pods as such, and what the comparison rests
// on.
func (c Comparison) Notes() []string {
	var out []string
	for _, side := range c.Absent {
		out = append(out, side+" "+noPolicies)
	}
	for _, n := range c.notes() {
		out = append(out, "isolation: "+n)
	}
	if text := c.resting(); text != "" {
		out = append(out, text)
	}
	return c.in(out)
}

// notes returns what changed for pods as such.
func (c Comparison) notes() []string {
	var out []string
	for i := 0; i < len(c.Isolation); i++ {
		change := c.Isolation[i]
		direction := change.Direction.String()
		if i+1 < len(c.Isolation) && c.Isolation[i+1].Pods == change.Pods && c.Isolation[i+1].Isolated == change.Isolated {
			direction += " and " + c.Isolation[i+1].Direction.String()
			i++
		}
		text := "newly isolated for %s: %s"
		if !change.Isolated {
			text = "no longer isolated for %s: %s"
		}
		out = append(out, fmt.Sprintf(text, direction, change.Pods))
	}
	for _, p := range c.Ungoverned {
		out = append(out, p+" is now on the host network, which policies do not govern")
	}
	for _, p := range c.Governed {
		out = append(out, p+" is no longer on the host network: policies govern it now")
	}
	return out
}
