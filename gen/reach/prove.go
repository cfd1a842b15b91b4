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
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
)

// Proof is what a proof compared.
type Proof struct {
	Policies, Edges int
	// Differences is empty where the policies allow exactly what the graph declares.
	Differences []string
}

// Prove compares policies with the meaning of a graph.
func Prove(policies []rule.Policy, g *graph.Graph) Proof {
	f := newForms()
	c := &comparison{forms: f, written: ofPolicies(policies, f), declared: ofGraph(g, f)}
	return Proof{Policies: len(policies), Edges: edgesWritten(g), Differences: c.differences()}
}

// edgesWritten counts the edges as the user wrote them.
func edgesWritten(g *graph.Graph) int {
	n := 0
	for _, p := range g.Packages {
		n += len(p.Allow)
	}
	return n
}
