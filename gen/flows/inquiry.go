package flows

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Inquiry is a cluster of which questions are asked.
type Inquiry struct {
	// Graph is what packages declare; nil where the policies are YAML that somebody wrote.
	Graph     *graph.Graph
	Cluster   world.Cluster
	Evaluator *Evaluator
	targets   *targets
	places    *world.Places
	// declared is the cluster without pods of which only policies speak.
	declared world.Cluster
	// mixed is set where there are manifests beside packages.
	mixed bool
}

// Asked is a pair of a question.
type Asked struct {
	From, To Target
	Ports    sets.Ports
	// Notes say what the question was taken for.
	Notes []string
}

// NewInquiry makes a cluster ready for questions; places says where its policies stand. The graph is nil where no
// packages declare it.
func NewInquiry(m world.Mixed, g *graph.Graph, places *world.Places) *Inquiry {
	c := m.WithUnknown()
	t := newTargets(c, m.Workloads)
	for i := range m.Policies {
		t.isBuilt = t.isBuilt || g == nil && places.Of(i, &m.Policies[i]).Package() != ""
	}
	return &Inquiry{
		Graph: g, Cluster: c, Evaluator: New(c), targets: t, places: places, declared: m.Cluster, mixed: m.Workloads != nil,
	}
}

// Place returns where a policy of the cluster stands.
func (in *Inquiry) Place(index int) world.Place {
	return in.places.Of(index, &in.Cluster.Policies[index])
}

// PlaceOf returns where a rule stands, of whichever dialect.
func (in *Inquiry) PlaceOf(r RuleRef) diag.Pos {
	if r.Other {
		o := &in.Cluster.Others[r.Index]
		return o.RulePos(&o.Rules[r.Rule])
	}
	return in.Place(r.Index).Rule(r.Direction, r.Rule)
}

// FieldOf returns the field that a rule is: `ingress[0]`.
func (in *Inquiry) FieldOf(r RuleRef) string {
	if r.Other {
		p := &in.Cluster.Others[r.Index].Policy
		return fmt.Sprintf("%s[%d]", world.FieldOf(p, &p.Rules[r.Rule]), p.Rules[r.Rule].Index)
	}
	return fmt.Sprintf("%s[%d]", r.Direction, r.Rule)
}

// PolicyOf returns the policy of a rule, and where it stands.
func (in *Inquiry) PolicyOf(r RuleRef) (*rule.Policy, diag.Pos) {
	if r.Other {
		p := &in.Cluster.Others[r.Index].Policy
		return p, p.Pos
	}
	return &in.Cluster.Policies[r.Index], in.Place(r.Index).Policy()
}

// BuiltFrom returns the name of the package that the policies which isolate a side were built from, "" where people wrote
// them or only the package is asked.
func (in *Inquiry) BuiltFrom(s Side) string {
	for _, r := range s.Isolating {
		if r.Other {
			continue
		}
		if name := in.Place(r.Index).Package(); in.Graph == nil && name != "" {
			return name
		}
	}
	return ""
}

// Pod returns a pod of the cluster by its name, ns/name, or nil.
func (in *Inquiry) Pod(name string) *world.Pod { return in.targets.byName[name] }

// Declared returns what a package calls a target, as ns/name: "" where it declares none of its pods. It is false where all
// pods are those that packages declare, or none.
func (in *Inquiry) Declared(t Target) (name string, mixed bool) {
	if !in.mixed {
		return "", false
	}
	return cmp.Or(t.As, in.targets.declaredAs(t.Pod)), true
}

// NotCounted returns what is not counted and could change the answer to a question.
func (in *Inquiry) NotCounted(asked []Asked) []inventory.NotCounted {
	var namespaces []string
	for _, a := range asked {
		for _, t := range []Target{a.From, a.To} {
			if t.Pod != nil {
				namespaces = append(namespaces, t.Pod.Namespace)
			}
		}
	}
	isUndefined := slices.ContainsFunc(asked, func(a Asked) bool {
		return slices.ContainsFunc(in.Answers(a), func(x Answer) bool { return !x.Egress.Undefined.Union(x.Ingress.Undefined).IsEmpty() })
	})
	return slices.DeleteFunc(in.Cluster.NotCountedIn(namespaces...), func(n inventory.NotCounted) bool { return n.Order && !isUndefined })
}

// Answers returns what policies say of a pair.
func (in *Inquiry) Answers(a Asked) []Answer { return in.Evaluator.Explain(a.From, a.To, a.Ports) }

// Ask returns the pairs that a question is about: an edge, which besides its own peers may name pods by labels and
// single addresses. What is wrong with it are findings.
func (in *Inquiry) Ask(text string) ([]Asked, diag.List) {
	q, findings := parseQuestion(text)
	if len(findings) > 0 {
		return nil, findings
	}
	asked, findings := in.ask(q)
	return asked, q.asWritten(findings)
}

func (in *Inquiry) ask(q *question) ([]Asked, diag.List) {
	if in.Graph == nil {
		return in.askManifests(q)
	}
	asked, findings := in.askPackages(q)
	if in.mixed && len(findings) > 0 { // it may be about pods that only the manifests have
		found, faults := in.askManifests(q)
		if len(faults) == 0 || q.hasService() {
			return found, faults
		}
	}
	return asked, findings
}

// hasService reports whether an end can only be a Service.
func (q *question) hasService() bool {
	for _, end := range q.ends {
		if end.service != "" {
			return true
		}
	}
	return false
}

// askPackages resolves a question as an edge of the packages.
func (in *Inquiry) askPackages(q *question) ([]Asked, diag.List) {
	var first diag.List
	var answers [][]Asked
	if q.hasService() {
		first.Errorf(diag.UnknownName, q.decl.Pos, "packages have no Services").WithHelp("write the workload, or name manifests with the Service, too")
		return nil, first
	}
	for i := range in.Graph.Packages {
		claims, findings := linkQuestion(in.Graph.Packages, i, q)
		if findings.Count(diag.Error) > 0 {
			if first == nil {
				first = findings
			}
			continue
		}
		if asked := in.claims(q, claims); !slices.ContainsFunc(answers, func(other []Asked) bool { return sameAsked(asked, other) }) {
			answers = append(answers, asked)
		}
	}
	switch len(answers) {
	case 0:
		return nil, first
	case 1:
		if len(answers[0]) == 0 {
			return nil, outsideBoth(q)
		}
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
	g, findings := graph.LinkWithin(with, budget.Limits{Edges: math.MaxInt64}) // the packages were linked within limits
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
func (in *Inquiry) claims(q *question, claims []*graph.Claim) []Asked {
	t := in.targets
	of := func(p *graph.Peer) []Target {
		if p.Test != nil && p.Test.Name.Pos.File == questionFile {
			if end, isSpecial := q.ends[p.Test.Name.Value]; isSpecial {
				return t.special(end)
			}
		}
		return t.of(p)
	}
	var out []Asked
	for _, c := range claims {
		ports := c.Ports.Set()
		for _, from := range of(c.From) {
			for _, to := range of(c.To) {
				if from.Pod != nil || to.Pod != nil {
					out = append(out, Asked{From: from, To: to, Ports: ports})
				}
			}
		}
	}
	return out
}
