package review

import (
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// misleadingName finds policies that are called after the opposite of what they do: `allow-all` without a rule, which
// denies all, and `deny-all` with an empty rule, which allows all. A direction in the name is the only one that it speaks of.
func (r *reviewer) misleadingName(p *policy) {
	words := strings.FieldsFunc(strings.ToLower(p.Name), func(c rune) bool { return c == '-' || c == '.' })
	has := func(some ...string) bool {
		return slices.ContainsFunc(some, func(w string) bool { return slices.Contains(words, w) })
	}
	var of []graph.Directions
	for _, d := range graph.AllDirections() {
		own, _ := field(d)
		other, _ := field(opposite(d))
		if p.isolates(d) && (has(own) || !has(other)) {
			of = append(of, d)
		}
	}
	if len(of) == 0 {
		return
	}
	every := func(f func(graph.Directions) bool) bool {
		return !slices.ContainsFunc(of, func(d graph.Directions) bool { return !f(d) })
	}
	names := make([]string, len(of))
	for i, d := range of {
		names[i], _ = field(d)
	}
	text := strings.Join(names, " and ")
	allows, denies := has("allow") && has("all", "any", "everything"), has("deny", "block") && has("all", "any", "everything", "default")
	switch {
	case allows && !has("deny", "block", "disallow", "no", "not", "only", "except") && every(func(d graph.Directions) bool { return len(p.rulesOf(d)) == 0 }):
		r.findings.Warnf(diag.MisleadingName, p.Value("metadata", "name"), "`%s` has no rule, so it denies all %s of its pods", p.Name, text).
			WithHelp("write `%s: [{}]` to allow all, or call the policy after what it does", names[0])
	case denies && !has("allow", "except", "but", "other", "others", "non", "from", "to", "unless") && every(p.isWide):
		r.findings.Warnf(diag.MisleadingName, p.Value("metadata", "name"), "`%s` has an empty rule, so it allows all %s of its pods", p.Name, text).
			WithHelp("remove the empty rule to deny all, or call the policy after what it does")
	}
}

// isWide reports whether a rule of a direction has neither peers nor ports.
func (p *policy) isWide(d graph.Directions) bool {
	return slices.ContainsFunc(p.rulesOf(d), func(x *writtenRule) bool { return len(x.Peers) == 0 && len(x.Ports) == 0 })
}
