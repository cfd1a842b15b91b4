// Package doctor looks at a cluster as kubectl shows it, and holds a package to it.
//
// In: a cluster's answers (kubectl.Cluster), and a linked graph with its policies, or none. Out: what enforces policies
// there, where DNS and the API server answer, which pods the package covers, what of it is applied; findings, each with
// what to write instead; and what could not be told, since a right is missing or nothing says it. What is installed is no
// proof that it works: that is for a probe. It refuses nothing, and sends nothing but reads.
package doctor

import (
	"cmp"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/kubectl"
)

// Package is what a cluster is held to. The graph is nil where no package is named.
type Package struct {
	Graph    *graph.Graph
	Policies []networkingv1.NetworkPolicy
	Limits   budget.Limits
}

// Diagnosis is what was found.
type Diagnosis struct {
	// Kubernetes is the version of the API server, "" where that is not known.
	Kubernetes string `json:"kubernetes"`
	// Engines is what was found that enforces policies or wires pods, what enforces first.
	Engines []Engine `json:"engines"`
	Nodes   Nodes    `json:"nodes"`
	// Targets is the kinds of policies that the API server takes.
	Targets   []Target   `json:"targets"`
	DNS       DNS        `json:"dns"`
	APIServer *APIServer `json:"apiserver"`
	// Coverage is the pods of owned namespaces.
	Coverage []Coverage `json:"coverage"`
	// Applied is how the package's objects are in the cluster; nil without a package, or where they cannot be read.
	Applied *Applied `json:"applied"`
	// Probe is whether a probe could run.
	Probe []Right `json:"probe"`
	// Unknown is what could not be told.
	Unknown []Unknown `json:"unknown"`

	Findings diag.List `json:"-"`
}

// Unknown is something that could not be told.
type Unknown struct {
	// Query is the arguments of kubectl.
	Query string         `json:"query"`
	Why   kubectl.Reason `json:"why"`
	// Without is what is not known for that.
	Without string `json:"without"`
	// Said is what kubectl said.
	Said string `json:"said"`
}

// Verdict is an answer to: does it enforce?
type Verdict string

// The verdicts.
const (
	Yes     Verdict = "yes"
	No      Verdict = "no"
	Unclear Verdict = "unknown"
)

// Examine asks a cluster what matters, and holds a package to it. The error is trouble with kubectl or a folder.
func Examine(c *kubectl.Cluster, p Package) (*Diagnosis, error) {
	e := &examiner{reader: reader{cluster: c, owned: owned(p.Graph), saw: map[string]bool{}, part: map[string]bool{}}, Package: p, d: &Diagnosis{}}
	e.reader.unknown = func(u Unknown) { e.d.Unknown = append(e.d.Unknown, u) }
	if err := e.reach(); err != nil {
		return nil, err
	}
	e.read()
	e.targets()
	e.detect()
	e.protected()
	e.dns()
	e.apiServer()
	if p.Graph != nil {
		e.namespaces()
		e.compare()
		e.limits()
		e.applied()
	}
	e.foreign()
	e.rights()
	if e.err != nil {
		return nil, e.err
	}
	e.d.Findings = e.d.Findings.Sorted()
	return e.d, nil
}

// examiner examines one cluster.
type examiner struct {
	reader
	Package
	d *Diagnosis
}

// owned returns the names of the namespaces that the packages own.
func owned(g *graph.Graph) []string {
	var out []string
	if g == nil {
		return nil
	}
	for _, n := range g.Namespaces {
		if n.Owned() {
			out = append(out, n.Name)
		}
	}
	return out
}

// at returns the place of an object of the cluster.
func at(kind string, m *meta) diag.Pos {
	return diag.Pos{Object: &diag.Object{Kind: kind, Namespace: m.Namespace, Name: m.Name}}
}

// Engine returns what enforces, or else the first that was found; nil where nothing was.
func (d *Diagnosis) Engine() *Engine {
	if len(d.Engines) == 0 {
		return nil
	}
	return &d.Engines[0]
}

// enforcingFirst orders engines by what they do, else as they were found.
func enforcingFirst(all []Engine) {
	rank := map[Verdict]int{Yes: 0, Unclear: 1, No: 2}
	slices.SortStableFunc(all, func(a, b Engine) int { return cmp.Compare(rank[a.Enforces], rank[b.Enforces]) })
}
