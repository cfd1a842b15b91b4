package draft

import (
	"slices"

	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// Replaced returns for each policy the places of those policies of a build that take its place: those for its subject, or
// for a part of it where nothing is for just that.
func Replaced(policies, built []rule.Policy) [][]int {
	s := sets.NewSpace()
	subject := func(p *rule.Policy) sets.Pods { return s.Select(s.Namespace(p.Namespace), p.Subject) }
	byNamespace := map[string][]int{}
	subjects := make([]sets.Pods, len(built))
	for i := range built {
		subjects[i] = subject(&built[i])
		byNamespace[built[i].Namespace] = append(byNamespace[built[i].Namespace], i)
	}
	out := make([][]int, len(policies))
	for i := range policies {
		p := &policies[i]
		is := subject(p)
		var same, parts []int
		for _, j := range byNamespace[p.Namespace] {
			switch {
			case built[j].Isolates&p.Isolates == 0:
			case s.Equal(subjects[j], is):
				same = append(same, j)
			case s.Within(subjects[j], is):
				parts = append(parts, j)
			}
		}
		if out[i] = same; len(same) == 0 {
			out[i] = parts
		}
		slices.Sort(out[i])
	}
	return out
}
