package check

import (
	"fmt"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/sets"
)

// Resting is what holds only if the `knownLabels` of packages are right: guardrails, grants and claims.
type Resting struct {
	places []diag.Pos
	by     map[diag.Pos]*resting
}

// resting is what rests on the known labels of one namespace or workload.
type resting struct {
	of, first, flow string
	// what is all that does, each once.
	what map[string]bool
}

// Add adds that something holds only by the known labels of a namespace or workload, as without them a flow would break it.
func (r *Resting) Add(pos diag.Pos, of, what, flow string) {
	if r.by == nil {
		r.by = map[diag.Pos]*resting{}
	}
	known := r.by[pos]
	if known == nil {
		known = &resting{of: of, first: what, flow: flow, what: map[string]bool{}}
		r.by[pos], r.places = known, append(r.places, pos)
	}
	known.what[what] = true
}

// Report says it once for each namespace and workload.
func (r *Resting) Report(out *diag.List) {
	for _, pos := range r.places {
		x := r.by[pos]
		text := x.first + " holds"
		if n := len(x.what); n > 1 {
			text = fmt.Sprintf("%s and %d more hold", x.first, n-1)
		}
		out.Infof(diag.KnownLabels, pos, "%s only if the `knownLabels` of %s are right", text, x.of).
			WithHelp("`npgen vet --manifests` compares them with the manifests; without them, `%s` would be against it", x.flow)
	}
}

// without asks something again without `knownLabels`, where it held by the laws: if a flow is then against it, it rests on
// those that the flow does not fit.
func (h *halves) without(what string, ask func([]sets.Law) (*sets.Box, sets.Kind, sets.Answer)) {
	laws, isStated := h.known().Shown()
	if !isStated {
		return
	}
	box, kind, answer := ask(laws)
	if answer != sets.Yes {
		return
	}
	w := h.Witness(box, kind)
	namespaces, workloads := h.known().RestsOn(w)
	for _, name := range namespaces {
		n := h.named(name)
		h.resting.Add(n.KnownLabelsPos, "namespace `"+name+"`", what, w.Text())
	}
	for _, i := range workloads {
		x := h.known().workloads[i]
		h.resting.Add(x.KnownLabelsPos, "`"+x.String()+"`", what, w.Text())
	}
}
