package flows

import (
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// ClaimResult is one claim of `tests`, judged by the policies for every pod that can exist.
type ClaimResult struct {
	Decl *graph.EdgeDecl
	// Allow says what is claimed.
	Allow bool
	Holds bool
	// Empty says that the claim stands for no flow that can exist: it says nothing.
	Empty bool
	// Unsure says that only pods of several workloads, or namespaces with labels that nobody stated, contradict the claim.
	Unsure bool
	// Undecided says that a question was too large.
	Undecided bool
	// Against is answers for pairs that contradict the claim. Witness is the flow that does where no pair of declared pods
	// does: the answer is about it.
	Against []Answer
	Witness *sets.Witness
	// RestsOn is the namespaces and workloads by whose `knownLabels` alone the claim holds; Without is a flow that would
	// contradict it.
	RestsOn []string
	Without *sets.Witness
}

// Wanted returns the verdict that the claim is about.
func (c ClaimResult) Wanted() Verdict {
	if c.Allow {
		return Allowed
	}
	return Denied
}

// ErrNoPackage says that claims were asked of something else than packages alone.
var ErrNoPackage = errors.New("claims are the field `tests` of policy packages: name those, and no manifests")

// Claims judges the claims of the packages' `tests`, in the order in which they are written. An allow claim holds where
// every flow of it is allowed, a deny claim where none is.
func (in *Inquiry) Claims() ([]ClaimResult, error) {
	if in.Graph == nil || in.mixed {
		return nil, ErrNoPackage
	}
	pairs := map[*graph.EdgeDecl][]*graph.Claim{}
	for _, c := range in.Graph.Claims {
		pairs[c.Decl] = append(pairs[c.Decl], c)
	}
	if len(pairs) == 0 && !slices.ContainsFunc(in.Graph.Packages, func(p *graph.Package) bool { return len(p.Tests.Allow)+len(p.Tests.Deny) > 0 }) {
		return nil, nil
	}
	j := &claimJudge{Inquiry: in, universe: newUniverse(in.declared)}
	j.halves = j.newHalves(in.declared)
	var out []ClaimResult
	for _, p := range in.Graph.Packages {
		for _, d := range p.Tests.Allow {
			out = append(out, j.judge(d, true, pairs[d]))
		}
		for _, d := range p.Tests.Deny {
			out = append(out, j.judge(d, false, pairs[d]))
		}
	}
	return out, nil
}

// claimJudge judges claims by sets, and explains by pods.
type claimJudge struct {
	*Inquiry
	*universe
	halves *halves
}

func (j *claimJudge) judge(d *graph.EdgeDecl, allow bool, pairs []*graph.Claim) ClaimResult {
	c := ClaimResult{Decl: d, Allow: allow, Empty: true}
	var flow *sets.Box
	var kind sets.Kind
	sure := false
	for k, about := range j.flows(pairs) {
		if _, answer := j.universe.Ask(about, j.laws()...).Find(); answer == sets.No {
			continue
		}
		c.Empty = false
		found, isSure, undecided := j.against(about, k, allow)
		c.Undecided = c.Undecided || undecided
		if found != nil && (flow == nil || isSure && !sure) {
			flow, kind, sure = found, k, isSure
		}
	}
	c.Against = j.samples(c, pairs)
	onHost := slices.ContainsFunc(c.Against, func(a Answer) bool { return a.Verdict() == Undecided })
	c.Empty = c.Empty && !onHost
	c.Unsure = flow != nil && !sure && !onHost
	c.Holds = flow == nil && !onHost && !c.Empty && !c.Undecided
	switch {
	case flow == nil && !onHost:
		c.Against = nil
		if c.Holds {
			j.resting(&c, pairs)
		}
	case len(c.Against) == 0 || c.Unsure:
		witness := j.Witness(flow, kind)
		c.Witness = &witness
		c.Against = j.AnswersOf(witness)
	}
	return c
}

// resting says whether a claim that holds rests on `knownLabels`.
func (j *claimJudge) resting(c *ClaimResult, pairs []*graph.Claim) {
	for k, about := range j.flows(pairs) {
		for i := range j.contradictions(about, k, c.Allow, nil) {
			ask := func(laws []sets.Law) *sets.Question { return j.contradictions(about, k, c.Allow, laws)[i] }
			if flow, on := j.rests(k, ask); flow != nil {
				c.Without, c.RestsOn = flow, on
				return
			}
		}
	}
}

// flows returns the flows that pairs speak of, with their kinds.
func (j *claimJudge) flows(pairs []*graph.Claim) iter.Seq2[sets.Kind, *sets.Box] {
	return func(yield func(sets.Kind, *sets.Box) bool) {
		for _, pair := range pairs {
			from, to := j.peer(pair.From), j.peer(pair.To)
			for _, k := range sets.Kinds() {
				for _, about := range j.Between(k, from, to, pair.Ports.Set()) {
					if !yield(k, about) {
						return
					}
				}
			}
		}
	}
}

// peer returns what a peer of an edge denotes.
func (j *claimJudge) peer(p *graph.Peer) sets.Ends {
	switch {
	case p.Workload != nil && p.Workload.HostNetwork:
		return sets.Ends{}
	case p.Workload != nil:
		return sets.Ends{Pods: []sets.Pods{j.Select(j.Namespaces(p.Workload.Namespace.LabelSelector()), &p.Workload.Selector)}}
	case p.Test != nil:
		namespace := p.Test.Namespace.Value
		if namespace == "" {
			namespace = p.Package.Namespace.Value
		}
		return sets.Ends{Pods: []sets.Pods{j.Labels(j.Namespace(namespace), p.Test.Labels)}}
	case p.Kind == graph.WholeNamespace:
		return sets.Ends{Pods: []sets.Pods{j.Namespaces(p.Namespace.LabelSelector())}}
	case p.Kind == graph.AllNamespaces:
		return sets.Ends{Pods: []sets.Pods{{}}}
	case p.Kind == graph.Any:
		return sets.Everyone()
	}
	out := sets.Ends{Addresses: graph.BlockAddresses(p.Blocks)}
	if p.DNS != nil && p.DNS.HasPods() {
		servers := p.DNS.PodSelector()
		out.Pods = append(out.Pods, j.Select(j.Namespace(p.DNS.Namespace), &servers))
	}
	return out
}

// against looks for a flow that contradicts a claim: for one of a pod that belongs to one workload or to none, in a
// namespace without labels that nobody stated, and then for any.
func (j *claimJudge) against(about *sets.Box, kind sets.Kind, allow bool) (found *sets.Box, sure, undecided bool) {
	for i, laws := range [][]sets.Law{j.plain(), j.laws()} {
		for _, q := range j.contradictions(about, kind, allow, laws) {
			flow, answer := q.Find()
			switch answer {
			case sets.Yes:
				return flow, i == 0, false
			case sets.Undecided:
				undecided = true
			}
		}
	}
	return nil, false, undecided
}

// contradictions returns the questions for flows that contradict a claim.
func (j *claimJudge) contradictions(about *sets.Box, kind sets.Kind, allow bool, laws []sets.Law) []*sets.Question {
	egress, ingress := j.halves.of(graph.Egress, kind).passes(), j.halves.of(graph.Ingress, kind).passes()
	ask := func() *sets.Question { return j.universe.Ask(about, laws...) }
	if allow {
		return []*sets.Question{ask().Stopped(egress), ask().Stopped(ingress)}
	}
	return []*sets.Question{ask().Pass(egress).Pass(ingress)}
}

// samples returns the answers for pairs of declared pods that contradict a claim.
func (j *claimJudge) samples(c ClaimResult, pairs []*graph.Claim) []Answer {
	var out []Answer
	for _, a := range j.claims(&question{}, pairs) {
		if answers := j.Answers(a); slices.ContainsFunc(answers, func(x Answer) bool { return x.Verdict() != c.Wanted() }) {
			out = append(out, answers...)
		}
	}
	return out
}

// AnswersOf returns what policies say of one flow. Its namespaces have the labels that it gives.
func (in *Inquiry) AnswersOf(w sets.Witness) []Answer {
	c := in.Cluster
	c.Namespaces = maps.Clone(c.Namespaces)
	if c.Namespaces == nil {
		c.Namespaces = map[string]map[string]string{}
	}
	from, to := witnessTarget(w.From, c), witnessTarget(w.To, c)
	return New(c).Explain(from, to, w.Port)
}

func witnessTarget(e sets.End, c world.Cluster) Target {
	if e.Address.IsValid() {
		return Target{Name: e.Address.String(), Addresses: sets.Address(e.Address)}
	}
	c.Namespaces[e.Namespace] = e.NamespaceLabels
	pod := &world.Pod{Namespace: e.Namespace, Name: "{" + sets.LabelsText(e.Labels) + "}", Labels: e.Labels}
	for name, number := range e.Ports {
		short, protocol, _ := strings.Cut(name, "/")
		for _, p := range sets.Protocols() {
			if p.String() == protocol {
				pod.Ports = append(pod.Ports, world.NamedPort{Name: short, Protocol: p, Port: number})
			}
		}
	}
	return Target{Name: pod.Namespace + "/" + pod.Name, Pod: pod}
}
