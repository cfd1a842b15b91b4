package flows

import (
	"slices"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// Coverage is what policies say of the pods of workloads that the cluster declares, those on the host network left out.
type Coverage struct {
	// Workloads is how many there are.
	Workloads int
	// Isolated counts those of which policies isolate every pod for a direction, and Open names those of which they isolate none.
	Isolated map[graph.Directions]int
	Open     map[graph.Directions][]string
	// Unreached names those that no flow leads to.
	Unreached []string
}

// coverage says what the policies say of the declared workloads.
func (l *listing) coverage() *Coverage {
	out := &Coverage{Isolated: map[graph.Directions]int{}, Open: map[graph.Directions][]string{}}
	reached := l.reached()
	for i, p := range l.universe.pods {
		if p.Implied || p.HostNetwork || p.In != nil {
			continue
		}
		name, pods := p.Namespace+"/"+p.Name, l.exact[i]
		out.Workloads++
		for d, side := range map[graph.Directions]sets.Side{graph.Egress: sets.Source, graph.Ingress: sets.Destination} {
			isolated, b := l.of(d, sets.PodToPod).passing.Isolated, l.With(side, pods)
			switch {
			case isolated.Covering(b) != nil:
				out.Isolated[d]++
			case len(isolated.Meeting(b)) == 0:
				out.Open[d] = append(out.Open[d], name)
			}
		}
		if !l.isReached(reached, pods) {
			out.Unreached = append(out.Unreached, name)
		}
	}
	for _, names := range [][]string{out.Open[graph.Egress], out.Open[graph.Ingress], out.Unreached} {
		slices.Sort(names)
	}
	return out
}

// reached returns the pods to which rows lead, each marked with one of its rows.
func (l *listing) reached() *sets.Union {
	out, seen := l.NewUnion(), map[string]bool{}
	for i := range l.rows {
		r := &l.rows[i]
		if !r.kind.HasPods(sets.Destination) {
			continue
		}
		key := r.box.Pods(sets.Destination).Key()
		for _, e := range r.except[sets.Destination] {
			key += " but " + e.Key()
		}
		if !seen[key] {
			seen[key] = true
			b := l.With(sets.Destination, r.box.Pods(sets.Destination))
			b.Mark = int32(i)
			out.Add(b)
		}
	}
	return out
}

// isReached reports whether a row may lead to some of the pods.
func (l *listing) isReached(by *sets.Union, pods sets.Pods) bool {
	return slices.ContainsFunc(by.Meeting(l.With(sets.Destination, pods)), func(b *sets.Box) bool {
		return !slices.ContainsFunc(l.rows[b.Mark].except[sets.Destination], func(e sets.Pods) bool { return l.Within(pods, e) })
	})
}
