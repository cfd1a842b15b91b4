// Package prove is the witness: it proves that YAML allows exactly what a graph declares.
//
// In: the bytes that are about to be written, and the graph that they were made from. Out: Proven, which holds those
// bytes and which nothing but a proof makes: what writes into folders and streams takes nothing else. Else the
// differences. It refuses YAML that holds something else than policies.
//
// The proof is one over bytes: they are read back, by a reader that shares nothing with what writes. The meaning of the
// graph is derived from its declarations alone, and shares no step with what compiles it to policies.
//
// Why the proof holds: both sides are brought to one normal form, for each (namespace, pod selector, direction) whether
// it is isolated and the set of (peer, ports) that is open. Policies only add up, so that what a pod may send or
// receive is the union over the entries whose selector matches it; and an entry's meaning depends on its text alone.
// What both sides have in equal form is therefore equal for every pod that can exist, declared or not, whatever its
// labels. Of what only one side has in that form, exact sets say whether the other has it in others: whether each pod
// of it is isolated there, and each flow of it passes. So the proof refuses just what differs, with an example, and what
// was too large to decide. That a pod is isolated is compared besides what it may send and receive: what is open to a
// pod that is not isolated, a policy of somebody else can close.
package prove

import (
	"fmt"
	"path"
	"slices"

	calico "github.com/npgen/npgen/gen/dialect/calico/read"
	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
)

// Proof is what a proof compared.
type Proof struct {
	Policies, Edges int
	// Differences is empty where the policies allow exactly what the graph declares.
	Differences []string
	proven      Proven
}

// Stream proves a YAML stream. An error means that it holds something else than policies.
func Stream(stream []byte, g *graph.Graph) (Proof, error) {
	return proof(stream, Proven{holds: true, stream: stream}, g)
}

// Files proves the files of a folder, by their paths: all but the kustomizations hold policies. An error means that one
// of them holds something else.
func Files(files map[string][]byte, g *graph.Graph) (Proof, error) {
	return proof(policiesOf(files), Proven{holds: true, files: files}, g)
}

// policiesOf returns the policies of a folder as one stream.
func policiesOf(files map[string][]byte) []byte {
	var names []string
	for name := range files {
		if path.Base(name) != "kustomization.yaml" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var parts [][]byte
	for _, name := range names {
		parts = append(parts, []byte("---\n"), files[name])
	}
	return slices.Concat(parts...)
}

func proof(stream []byte, proven Proven, g *graph.Graph) (Proof, error) {
	out := Proof{Edges: edgesWritten(g)}
	var err error
	switch {
	case g.Target() == graph.Cilium:
		out.Policies, out.Differences, err = ciliumDifferences(stream, g)
	default:
		out.Policies, out.Differences, err = kubernetesDifferences(stream, g)
	}
	if err != nil {
		return Proof{}, err
	}
	if len(out.Differences) == 0 {
		out.proven = proven
	}
	return out, nil
}

func kubernetesDifferences(stream []byte, g *graph.Graph) (int, []string, error) {
	of := read.Policies
	if g.Staged() {
		of = calico.Policies
	}
	policies, err := of(stream)
	if err != nil {
		return 0, nil, err
	}
	err = putBack(g, len(policies), func(i int) (string, *string) { return policies[i].Name, &policies[i].Namespace })
	if err != nil {
		return 0, nil, err
	}
	return len(policies), Differences(read.Rules(policies), g), nil
}

// putBack gives policies the one namespace that the graph owns, where the graph has it left out. An error is one that says
// its namespace all the same, and where there is no one namespace.
func putBack(g *graph.Graph, policies int, at func(i int) (name string, namespace *string)) error {
	if g.OmitsNamespace() == nil {
		return nil
	}
	var owned []string
	for _, n := range g.Namespaces {
		if n.Owned() && emits(n) {
			owned = append(owned, n.Name)
		}
	}
	for i := range policies {
		name, namespace := at(i)
		switch {
		case *namespace != "":
			return fmt.Errorf("policy `%s/%s` says its namespace, which is to be left out", *namespace, name)
		case len(owned) != 1:
			return fmt.Errorf("policy `%s` has no namespace, and the packages own %d", name, len(owned))
		}
		*namespace = owned[0]
	}
	return nil
}

// emits reports whether any pod of a namespace is isolated, without which there are no policies in it.
func emits(n *graph.Namespace) bool {
	for _, d := range graph.AllDirections() {
		if n.DeniesAll(d) || slices.ContainsFunc(n.Workloads, func(w *graph.Workload) bool { return w.Isolated(d) }) {
			return true
		}
	}
	return false
}

// Differences compares policies with the meaning of a graph. There are none where they allow exactly what the graph
// declares.
func Differences(policies []rule.Policy, g *graph.Graph) []string {
	f := newNumbering()
	return compare(ofPolicies(policies, f), ofGraph(g, f))
}

// Opened returns what each policy opens to pods that the graph isolates and does not open to them, a line for each.
func Opened(policies []rule.Policy, g *graph.Graph) [][]string {
	f := newNumbering()
	declared := ofGraph(g, f)
	c := newComparison(newNormal(f, 0, 0), declared)
	out := make([][]string, len(policies))
	for i := range policies {
		out[i] = c.openedBeside(ofPolicies(policies[i:i+1], f), declared)
	}
	return out
}

// PolicyDifferences compares policies with others that take the place of what is declared. There are none where both
// isolate the same pods and allow exactly the same.
func PolicyDifferences(policies, declared []rule.Policy) []string {
	f := newNumbering()
	return compare(ofPolicies(policies, f), ofPolicies(declared, f))
}

// edgesWritten counts the edges as the user wrote them.
func edgesWritten(g *graph.Graph) int {
	n := 0
	for _, p := range g.Packages {
		n += len(p.Allow)
	}
	return n
}
