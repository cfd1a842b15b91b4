package check

import (
	"slices"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// knowledge is the laws that hold for all pods and namespaces that can exist.
type knowledge struct {
	laws []sets.Law
	// pods is the law of those of which all labels are known; nil where there are none.
	pods *sets.KnownPods
}

// laws returns what is known of pods and namespaces.
func (h *halves) laws() []sets.Law {
	if h.known == nil {
		h.known = &knowledge{}
		if known := h.knownNamespaces(false); len(known) > 0 {
			h.known.laws = append(h.known.laws, h.NewKnownNamespaces(known))
		}
		pods, isKnown := h.NewKnownPods(), false
		for _, w := range h.graph.Workloads {
			if w.KnownLabels != nil {
				isKnown = true
				pods.Add(h.Space, h.workload(w), w.KnownLabels)
			}
		}
		if isKnown {
			h.known.laws, h.known.pods = append(h.known.laws, pods), pods
		}
	}
	return h.known.laws
}

// knownNamespaces returns the labels of the namespaces of which they are known, or with assumed of all that are
// declared by name: those that carry none where nothing is known.
func (h *halves) knownNamespaces(assumed bool) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, n := range h.graph.Namespaces {
		switch {
		case n.Selector != nil:
		case n.KnownLabels != nil:
			out[n.Name] = n.KnownLabels
		case assumed:
			out[n.Name] = map[string]string{}
		}
	}
	return out
}

// plainly returns the pods of a workload with the labels that are known, in a namespace that carries no labels which
// nobody stated: of two workloads, one may select all of the other's there and only there.
func (h *halves) plainly(w *graph.Workload) sets.Pods {
	p := h.workload(w)
	if w.Namespace.Selector == nil {
		p = h.NamespaceLabels(p, w.Namespace.KnownLabels)
	}
	if h.laws(); h.known.pods != nil {
		p = h.known.pods.Of(h.Space, p)
	}
	return p
}

// assumptions is what holds besides for pods of one workload each, in namespaces that carry no labels which nobody
// stated.
type assumptions struct {
	laws               []sets.Law
	workloads, entries *sets.Apart
	// ofWorkloads and ofEntries are what the places in workloads and entries stand for.
	ofWorkloads []*graph.Workload
	ofEntries   []*graph.Namespace
	// made is what declared has made, by side.
	made [2]*sets.Union
}

func (h *halves) assumed() *assumptions {
	if h.plain != nil {
		return h.plain
	}
	out := &assumptions{}
	var workloads, entries []sets.Pods
	for _, w := range h.graph.Workloads {
		if !w.HostNetwork {
			out.ofWorkloads, workloads = append(out.ofWorkloads, w), append(workloads, h.plainly(w))
		}
	}
	var known []string
	for _, n := range h.graph.Namespaces {
		if n.KnownLabels != nil {
			known = append(known, n.Name)
		}
	}
	for _, n := range h.graph.Namespaces {
		if n.Selector != nil { // which of them a namespace with known labels is one of is known
			out.ofEntries, entries = append(out.ofEntries, n), append(entries, h.And(h.namespace(n), h.NotNamed(known)))
		}
	}
	out.workloads, out.entries = h.NewApart(workloads), h.NewApart(entries)
	out.laws = append(slices.Clip(h.laws()), h.NewKnownNamespaces(h.knownNamespaces(true)), out.workloads, out.entries)
	h.plain = out
	return out
}

// declared returns all flows with pods of a workload at one end; the Mark of each is the place of the workload.
func (a *assumptions) declared(h *halves, side sets.Side) *sets.Union {
	if a.made[side] == nil {
		u := h.NewUnion()
		for i, w := range a.ofWorkloads {
			b := h.With(side, h.workload(w))
			b.Mark = int32(i)
			u.Add(b)
		}
		a.made[side] = u
	}
	return a.made[side]
}
