package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// report is what a format shows: findings, sorted, and how many there are of each severity with those left out. Ignored
// is those that the user takes out.
type report struct {
	List
	found, left [Info + 1]int
	ignored     List
}

// cut leaves out the findings behind the first Most of the worst.
func (l List) cut(o Options) report {
	out := report{}
	for _, d := range l {
		if d.Ignored != "" {
			out.ignored = append(out.ignored, d)
			continue
		}
		out.List = append(out.List, d)
		out.found[d.Severity]++
	}
	if o.Most <= 0 || len(out.List) <= o.Most {
		return out
	}
	worst := slices.Clone(out.List)
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

// ignoredText says how many findings comments take out.
func (r report) ignoredText() string {
	if n := len(r.ignored); n != 1 {
		return fmt.Sprintf("%d findings are ignored by comments", n)
	}
	return "1 finding is ignored by a comment"
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
