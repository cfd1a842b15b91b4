package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// report is what a format shows: findings, sorted, and how many there are of each severity with those left out.
type report struct {
	List
	found, left [Info + 1]int
}

// cut leaves out the findings behind the first Most of the worst.
func (l List) cut(o Options) report {
	out := report{List: l}
	for _, d := range l {
		out.found[d.Severity]++
	}
	if o.Most <= 0 || len(l) <= o.Most {
		return out
	}
	worst := slices.Clone(l)
	slices.SortStableFunc(worst, func(a, b Diagnostic) int { return cmp.Compare(a.rank(), b.rank()) })
	for _, d := range worst[o.Most:] {
		out.left[d.Severity]++
	}
	out.List = worst[:o.Most].Sorted()
	return out
}

// rank orders findings, the worst first: what ended the work, then by severity.
func (d Diagnostic) rank() int {
	if d.Rule == OverBudget {
		return -1
	}
	return int(d.Severity)
}

// isCut reports whether findings were left out.
func (r report) isCut() bool { return r.left != [Info + 1]int{} }

// rest says how many findings are not shown.
func (r report) rest(o Options) string {
	var parts []string
	total := 0
	for severity, n := range r.left {
		if total += n; n > 0 {
			parts = append(parts, plural(n, Severity(severity).String()))
		}
	}
	return fmt.Sprintf("%s are not shown; set %s to show more", strings.Join(parts, ", "), o.More)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 more " + word
	}
	return fmt.Sprintf("%d more %ss", n, word)
}
