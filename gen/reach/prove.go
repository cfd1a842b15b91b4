// Package reach is the witness: it reads NetworkPolicy objects by the semantics of the Kubernetes API and says who
// reaches whom. It never imports the package that writes policies.
//
// In: YAML, and the graph it was made from. Out: a proof that the YAML allows exactly what the graph declares, or the
// differences. It refuses YAML that is not a policy.
//
// The proof is one over bytes. What npgen emits is read by a strict reader of just that form, written apart from what
// writes it, under one law: it gives the object that sigs.k8s.io/yaml gives, or leaves the document to that; a fuzz test
// holds it.
//
// Why the proof holds: both sides are brought to one normal form, for each (namespace, pod selector, direction) whether
// it is isolated and the set of (peer, ports) that is open. Policies only add up, so that what a pod may send or
// receive is the union over the entries whose selector matches it; and an entry's meaning depends on its text alone.
// Equal normal forms therefore allow the same flows for every pod that can exist, declared or not, whatever its labels.
// The converse does not hold: two forms may differ and mean the same, and then the proof refuses.
package reach

import (
	"fmt"
	"iter"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/graph"
)

// Proof is what a proof compared.
type Proof struct {
	Policies, Edges int
	// Differences is empty where the policies allow exactly what the graph declares.
	Differences []string
}

// Prove compares policies, as Read returns them, with the meaning of a graph.
func Prove(policies []networkingv1.NetworkPolicy, g *graph.Graph) Proof {
	out := Proof{Policies: len(policies), Edges: edgesWritten(g)}
	if out.Differences = compareForms(policies, g, false); len(out.Differences) > 0 {
		out.Differences = compareForms(policies, g, true)
	}
	return out
}

// compareForms returns the differences of the normal forms; what they come from is in the text where it is traced.
func compareForms(policies []networkingv1.NetworkPolicy, g *graph.Graph, traced bool) []string {
	f := newForms()
	written, declared := ofPolicies(policies, f, traced), ofGraph(g, f, traced)
	written.settle()
	declared.settle()
	return differences(written, declared)
}

// edgesWritten counts the edges as the user wrote them.
func edgesWritten(g *graph.Graph) int {
	n := 0
	for _, p := range g.Packages {
		n += len(p.Allow)
	}
	return n
}

// differences returns one line for each, sorted.
func differences(written, declared *normal) []string {
	var out []string
	report := func(s subject, format string, args ...any) {
		pods := written.texts[s.selector]
		if s.selector == everyPod {
			pods = "every pod"
		}
		out = append(out, fmt.Sprintf("namespace %s, %s, %s: ", written.texts[s.namespace], pods, s.direction)+fmt.Sprintf(format, args...))
	}
	for s := range keys(written.isolated, declared.isolated) {
		w, isWritten := written.isolated[s]
		d, isDeclared := declared.isolated[s]
		switch {
		case !isWritten:
			report(s, "not isolated by any policy, declared by %s", d)
		case !isDeclared:
			report(s, "isolated by %s, which nothing declares", w)
		}
	}
	for s := range keys(written.pods, declared.pods) {
		w, d := written.pods[s], declared.pods[s]
		for peer := range keys(w, d) {
			if a, b := w[peer], d[peer]; len(a.ports) == 0 || !a.ports.Equal(b.ports) {
				compareFlows(a, b, func(format string, args ...any) {
					report(s, "%s: "+format, append([]any{written.peerText(peer)}, args...)...)
				})
			}
		}
	}
	for s := range keys(written.blocks, declared.blocks) {
		compareBlocks(written.blocks[s], declared.blocks[s], func(format string, args ...any) { report(s, format, args...) })
	}
	slices.Sort(out)
	return out
}

// keys returns the keys that either map has.
func keys[K comparable, V any](a, b map[K]V) iter.Seq[K] {
	return func(yield func(K) bool) {
		for k := range a {
			if !yield(k) {
				return
			}
		}
		for k := range b {
			if _, both := a[k]; !both && !yield(k) {
				return
			}
		}
	}
}

func compareFlows(written, declared flow, report func(string, ...any)) {
	if extra := written.ports.Minus(declared.ports); len(extra) > 0 {
		report("ports %s are open by %s, which nothing declares", extra, written.from)
	}
	if lost := declared.ports.Minus(written.ports); len(lost) > 0 {
		report("ports %s are not open, declared by %s", lost, declared.from)
	}
	if len(written.ports) == 0 && len(declared.ports) == 0 {
		report("is open by %s, which nothing declares", written.from)
	}
}

func compareBlocks(written, declared []blockFlow, report func(string, ...any)) {
	for _, f := range withoutWide(written, declared) {
		report("addresses %sports %s are open by %s, which nothing declares", addressText(f.addresses), f.ports, f.from)
	}
	for _, f := range withoutWide(declared, written) {
		report("addresses %sports %s are not open, declared by %s", addressText(f.addresses), f.ports, f.from)
	}
}
