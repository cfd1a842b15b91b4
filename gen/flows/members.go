package flows

import (
	"maps"
	"slices"

	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Members returns for each of some ends the declared pods, by name and sorted, of which some may be in it: the rows of a
// listing that name the end hold for them, too. Of addresses there are none.
func Members(c world.Cluster, ends []Set) [][]string {
	u := newUniverse(c)
	pods := func(s Selection) sets.Pods {
		if s.Namespaces == nil {
			return u.Select(sets.Pods{}, s.Pods)
		}
		return u.Select(u.Namespaces(s.Namespaces), s.Pods)
	}
	out := make([][]string, len(ends))
	for i, end := range ends {
		var except []sets.Pods
		for _, s := range end.Except {
			except = append(except, pods(s))
		}
		names := map[string]bool{}
		for _, s := range end.Pods {
			in := pods(s)
			for _, b := range u.declared[sets.Source].Meeting(u.With(sets.Source, in)) {
				both := u.And(in, u.exact[b.Mark])
				if !slices.ContainsFunc(except, func(e sets.Pods) bool { return u.Within(both, e) }) {
					p := u.pods[b.Mark]
					names[p.Namespace+"/"+p.Name] = true
				}
			}
		}
		out[i] = slices.Sorted(maps.Keys(names))
	}
	return out
}
