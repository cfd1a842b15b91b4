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
	if len(l.universe.pods) == 0 {
		return out
	}
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

// reachable is the pods to which rows lead.
type reachable struct {
	// pods is marked with the rows, except is what each leaves out.
	pods   *sets.Union
	except map[int32]*sets.Union
}

// reached returns the pods to which the rows lead.
func (l *listing) reached() reachable {
	out, seen := reachable{l.NewUnion(), map[int32]*sets.Union{}}, map[string]bool{}
	for i := range l.rows {
		r := &l.rows[i]
		if !r.kind.HasPods(sets.Destination) {
			continue
		}
		to, except := r.box.Pods(sets.Destination), r.except[sets.Destination]
		if len(except) == 0 {
			if seen[to.Key()] {
				continue
			}
			seen[to.Key()] = true
		}
		b := l.With(sets.Destination, to)
		b.Mark = int32(i)
		out.pods.Add(b)
		if len(except) > 0 {
			out.except[b.Mark] = l.NewUnion()
			for _, e := range except {
				out.except[b.Mark].Add(l.With(sets.Destination, e))
			}
		}
	}
	return out
}

// isReached reports whether a row may lead to some of the pods.
func (l *listing) isReached(by reachable, pods sets.Pods) bool {
	b := l.With(sets.Destination, pods)
	return slices.ContainsFunc(by.pods.Meeting(b), func(row *sets.Box) bool {
		except := by.except[row.Mark]
		return except == nil || except.Covering(b) == nil
	})
}
