package answer

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"unicode/utf8"

	"github.com/npgen/npgen/gen/flows"
)

// brief returns a comparison that is too long for its place: a line for each target that opens, over all kinds, the most
// dangerous first, and the rest counted. Where even that has no place, it says so first, and returns ErrNotAll beside what
// there is a place for.
func (c Comparison) brief(most int) ([]byte, error) {
	targets := c.targets()
	fits := func(n, names int) bool { return utf8.RuneCount(c.briefly(targets, n, names)) <= most }
	for _, names := range []int{mostNames, 1} {
		if fits(len(targets), names) {
			return c.briefly(targets, len(targets), names), nil
		}
	}
	n := sort.Search(len(targets), func(n int) bool { return !fits(n+1, 1) })
	return c.briefly(targets, n, 1), fmt.Errorf("%w: %d characters have place for %d of %s", ErrNotAll, most, n, counted(len(targets), "target"))
}

// targets returns a line for each target that opens.
func (c Comparison) targets() []line {
	var out []line
	for _, p := range c.Ungoverned {
		out = append(out, line{Change: flows.Change{From: []string{"anyone"}, To: []string{p}}, ports: "on the host network, which policies do not govern"})
	}
	opening := slices.DeleteFunc(slices.Clone(c.Changes), func(c flows.Change) bool { return !c.Opens() })
	return append(out, byTarget(opening)...)
}

// briefly writes the first n targets, with so many names of sources each.
func (c Comparison) briefly(targets []line, n, names int) []byte {
	var b bytes.Buffer
	c.head(&b)
	if n < len(targets) {
		fmt.Fprintf(&b, "\n**No place here for %s of what opens. `npgen diff` shows them all; do not approve what you have not seen.**\n", counted(len(targets)-n, "target"))
	}
	fmt.Fprintf(&b, "\nThis is too much for a comment: one line for each target that opens, and nothing else. `npgen diff --all` shows every line.\n")
	if n > 0 {
		header(&b, "opens")
	}
	for _, l := range targets[:n] {
		from, more := l.From, ""
		if len(from) > names {
			from, more = from[:names], fmt.Sprintf(" and %d more", len(from)-names)
		}
		fmt.Fprintf(&b, "| %s | %s%s | %s | %s |\n", mark("opened"), codes(from), more, codes(l.To), code(l.ports))
	}
	return b.Bytes()
}
