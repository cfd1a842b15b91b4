package gen

import (
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/reach"
)

// Inquiry is a cluster of which questions are asked.
type Inquiry struct {
	Findings diag.List
	Source   func(string) ([]byte, error)
	// Graph is what packages declare; nil where the policies are YAML that somebody wrote.
	Graph     *graph.Graph
	Cluster   reach.Cluster
	Evaluator *reach.Evaluator
	targets   *targets
	// policies is the policies as they are written, in the order of Cluster.Policies; those of packages are in written,
	// where they are nil.
	policies []*inventory.Policy
	written  *written
	// mixed is set where there are manifests beside packages.
	mixed bool
}

// Asked is a pair of a question.
type Asked struct {
	From, To reach.Target
	Ports    reach.Ports
}

// Inquire reads what ReadCluster does, to be asked about.
func Inquire(env load.Env, input Input) (*Inquiry, error) {
	r, err := input.read(env)
	if err != nil {
		return nil, err
	}
	if r.failed() {
		return &Inquiry{Findings: r.findings, Source: r.source}, nil
	}
	w, err := r.world()
	if err != nil {
		return nil, err
	}
	in := &Inquiry{Findings: r.findings, Source: r.source, policies: w.policies}
	if r.result != nil {
		in.Graph, in.mixed = r.result.Graph, len(r.layers) > 0
		if in.written, err = r.result.written(); err != nil {
			return nil, err
		}
	}
	if in.Findings.Count(diag.Error) > 0 {
		return in, nil
	}
	in.Cluster = w.WithUnknown()
	in.Evaluator = reach.New(in.Cluster)
	in.targets = newTargets(in.Cluster, w.pods)
	return in, nil
}

// Place returns where a policy of the cluster stands.
func (in *Inquiry) Place(index int) Place {
	if p := in.policies[index]; p != nil || in.written == nil {
		return Place{p}
	}
	return in.written.place(&in.Cluster.Policies[index])
}

// Ask returns the pairs that a question is about: an edge, which besides its own peers may name pods by labels and
// single addresses. What is wrong with it are findings.
func (in *Inquiry) Ask(text string) ([]Asked, diag.List) {
	q, findings := parseQuestion(text)
	if len(findings) > 0 {
		return nil, findings
	}
	if in.Graph == nil {
		return in.askManifests(q)
	}
	asked, findings := in.askPackages(q)
	if in.mixed && len(findings) > 0 { // it may be about pods that only the manifests have
		if found, faults := in.askManifests(q); len(faults) == 0 {
			return found, nil
		}
	}
	return asked, findings
}

// askPackages resolves a question as an edge of the packages.
func (in *Inquiry) askPackages(q *question) ([]Asked, diag.List) {
	var first diag.List
	var answers [][]Asked
	for i := range in.Graph.Packages {
		claims, findings := linkQuestion(in.Graph.Packages, i, q)
		if findings.Count(diag.Error) > 0 {
			if first == nil {
				first = findings
			}
			continue
		}
		if asked := in.claims(claims); !slices.ContainsFunc(answers, func(other []Asked) bool { return sameAsked(asked, other) }) {
			answers = append(answers, asked)
		}
	}
	switch len(answers) {
	case 0:
		return nil, first
	case 1:
		return answers[0], nil
	}
	var findings diag.List
	findings.Errorf(diag.UnknownName, q.decl.Pos, "`%s` means something else in each of several packages", q.decl.Text).
		WithHelp("write `ns/name`, or name one package")
	return nil, findings
}

func sameAsked(a, b []Asked) bool {
	return slices.EqualFunc(a, b, func(x, y Asked) bool {
		return x.From.Name == y.From.Name && x.To.Name == y.To.Name && x.Ports.Equal(y.Ports)
	})
}

// linkQuestion links the packages with the question as a claim of one of them.
func linkQuestion(packages []*graph.Package, asking int, q *question) ([]*graph.Claim, diag.List) {
	with := slices.Clone(packages)
	p := *with[asking]
	p.Tests = graph.Tests{Allow: []*graph.EdgeDecl{q.decl}, Peers: slices.Concat(p.Tests.Peers, q.pods)}
	with[asking] = &p
	for i := range with {
		if i != asking {
			silent := *with[i]
			silent.Tests = graph.Tests{}
			with[i] = &silent
		}
	}
	g, findings := graph.Link(with)
	findings = slices.DeleteFunc(findings, func(d diag.Diagnostic) bool { return d.Severity != diag.Error })
	for _, c := range g.Claims {
		for _, peer := range []*graph.Peer{c.From, c.To} {
			if peer.Test != nil && !peer.Test.Namespace.IsSet() && !p.Namespace.IsSet() {
				findings.Errorf(diag.NoNamespace, peer.Test.Name.Pos, "the pods have no namespace, and the package sets no default `namespace`").
					WithHelp("write `{app: web, ns: shop}`, with the pod's own labels")
			}
		}
	}
	return g.Claims, findings
}

// claims returns the pairs of targets that claims speak of.
func (in *Inquiry) claims(claims []*graph.Claim) []Asked {
	t := in.targets
	var out []Asked
	for _, c := range claims {
		ports := reach.PortsOf(c.Ports)
		for _, from := range t.of(c.From) {
			for _, to := range t.of(c.To) {
				if from.Pod != nil || to.Pod != nil {
					out = append(out, Asked{from, to, ports})
				}
			}
		}
	}
	return out
}
