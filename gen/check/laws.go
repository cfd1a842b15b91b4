package check

import (
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// knowledge is the laws of what the graph declares.
type knowledge struct {
	*sets.Laws
	// workloads and entries are the workloads and the namespaces by labels, in the order in which the laws have them.
	workloads []*graph.Workload
	entries   []*graph.Namespace
	places    map[*graph.Workload]int
	// declared is what ofWorkloads has made, by side.
	declared [2]*sets.Union
}

// known returns what is known of pods and namespaces.
func (h *halves) known() *knowledge {
	if h.knowledge != nil {
		return h.knowledge
	}
	k := &knowledge{places: map[*graph.Workload]int{}}
	d := sets.Declared{Known: map[string]map[string]string{}, Stated: map[string]bool{}}
	for _, n := range h.graph.Namespaces {
		if n.Selector != nil {
			k.entries, d.Entries = append(k.entries, n), append(d.Entries, h.namespace(n))
			continue
		}
		d.Named = append(d.Named, n.Name)
		if n.KnownLabels != nil {
			d.Known[n.Name], d.Stated[n.Name] = n.KnownLabels, true
		}
	}
	for _, w := range h.graph.Workloads {
		if w.HostNetwork {
			continue // selectors do not match its pods
		}
		pods := sets.DeclaredPods{Pods: h.workload(w), Known: w.KnownLabels}
		if w.Namespace.Selector == nil {
			pods.Namespace = w.Namespace.Name
		}
		k.places[w] = len(k.workloads)
		k.workloads, d.Workloads = append(k.workloads, w), append(d.Workloads, pods)
	}
	k.Laws = h.NewLaws(d)
	h.knowledge = k
	return k
}

// laws returns what holds for all pods and namespaces that can exist.
func (h *halves) laws() []sets.Law { return h.known().All }

// plain returns what holds besides for plain pods.
func (h *halves) plain() *sets.Plain { return h.known().Plain() }

// ofWorkloads returns all flows with pods of a workload at one end; the Mark of each is the place of the workload.
func (h *halves) ofWorkloads(side sets.Side) *sets.Union {
	k := h.known()
	if k.declared[side] == nil {
		u := h.NewUnion()
		for i, w := range k.workloads {
			b := h.With(side, h.workload(w))
			b.Mark = int32(i)
			u.Add(b)
		}
		k.declared[side] = u
	}
	return k.declared[side]
}
