package flows

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Course is the states that a cluster passes on its way from some policies to others. Each state is held to both, for
// every pod that can exist: what both allow stays open, and what neither allows stays closed.
type Course struct {
	*universe
	// cluster is what both sides declare, without policies.
	cluster       world.Cluster
	before, after *halves
}

// Harm is a flow that a state cuts although both sides allow it, or opens although neither does.
type Harm struct {
	Cuts    bool
	Witness sets.Witness
}

// NewCourse returns the course between two clusters. It refuses those of which the namespaces or pods are not the same
// ones: nobody knows when they change.
func NewCourse(before, after world.Cluster) (*Course, error) {
	u := newUniverse(before, after)
	if len(u.differing) > 0 {
		return nil, fmt.Errorf("the two sides know other labels of the namespaces `%s`: relabel them first, then roll out the policies", strings.Join(u.differing, "`, `"))
	}
	if onto, off := moved(before, after); len(onto)+len(off) > 0 {
		return nil, fmt.Errorf("pods move to the host network or from it, where policies do not govern them: `%s`; move them first, then roll out the policies", strings.Join(slices.Concat(onto, off), "`, `"))
	}
	c := &Course{universe: u, cluster: withPods(after, before)}
	c.before, c.after = c.state(before.Policies), c.state(after.Policies)
	return c, nil
}

// laws returns what holds for all pods and namespaces that can exist, whatever packages say that they know of them: a way
// is to be safe also where that is not true yet, or no longer.
func (c *Course) laws() []sets.Law {
	if laws, isStated := c.known.Shown(); isStated {
		return laws
	}
	return c.universe.laws()
}

func (c *Course) state(policies []rule.Policy) *halves {
	cluster := c.cluster
	cluster.Policies = policies
	return c.newHalves(cluster)
}

// Turn is what becomes of one policy: nil is none.
type Turn struct{ Was, Is *rule.Policy }

// Check looks at all states in which some policies stay and each of the others is as it was or as it is, in any mixture:
// those of turns that are taken in any order, or at once. It returns a flow that such a state may harm, or nil, and an
// error where a question is too large. The state in which all is as it was must be fine.
func (c *Course) Check(stay []rule.Policy, turns []Turn) (*Harm, error) {
	x := c.newTurning(stay, turns)
	for _, kind := range sets.Kinds() {
		for _, d := range graph.AllDirections() {
			for i, t := range turns {
				for version, p := range []*rule.Policy{t.Was, t.Is} {
					if p == nil || !p.Isolates.Has(d) || x.most.of(d, kind) == nil {
						continue
					}
					subject := c.selected(selection{namespace: p.Namespace, pods: p.Subject})
					about := c.between(x.most.of(d, kind), subject, sets.Pods{}, sets.AllAddresses(), sets.AllPorts())
					if harm, err := x.harm(d, kind, about, x.versions[i][version]); harm != nil || err != nil {
						return harm, err
					}
				}
			}
		}
	}
	return nil, nil
}

// turning is policies of which some change.
type turning struct {
	*Course
	// most has all versions of all policies. What rules open in it is open in some state.
	most *halves
	// versions is each version of each policy that changes, by itself; nil is none.
	versions [][2]*halves
	// always is what isolates in all states, and what rules open in all states.
	always map[passage]*sets.Half
}

type passage struct {
	direction graph.Directions
	kind      sets.Kind
}

func (c *Course) newTurning(stay []rule.Policy, turns []Turn) *turning {
	x := &turning{Course: c, versions: make([][2]*halves, len(turns)), always: map[passage]*sets.Half{}}
	most := slices.Clone(stay)
	for i, t := range turns {
		for version, p := range []*rule.Policy{t.Was, t.Is} {
			if p == nil {
				continue
			}
			x.versions[i][version] = c.state([]rule.Policy{*p})
			if version == 1 || len(turns) > 1 { // one turn alone makes one new state, that with what is
				most = append(most, *p)
			}
		}
	}
	x.most = c.state(most)
	inAll := x.most
	if len(turns) > 1 {
		inAll = c.state(stay)
	}
	for _, kind := range sets.Kinds() {
		for _, d := range graph.AllDirections() {
			h := inAll.of(d, kind)
			if h == nil {
				continue
			}
			all := x.NewHalf()
			x.addAll(all, h.passing)
			for _, v := range x.versions {
				if len(turns) > 1 && v[0] != nil && v[1] != nil {
					x.addCommon(all, v[0].of(d, kind).passing, v[1].of(d, kind).passing)
				}
			}
			x.always[passage{d, kind}] = all
		}
	}
	return x
}

func (x *turning) addAll(to, h *sets.Half) {
	for _, b := range h.Isolated.Boxes() {
		to.Isolated.Add(b)
	}
	for _, b := range h.Rules.Boxes() {
		to.Rules.Add(b)
	}
}

// addCommon adds what two versions both isolate, and what both open.
func (x *turning) addCommon(to, was, is *sets.Half) {
	common := func(to, was, is *sets.Union) {
		for _, b := range was.Boxes() {
			for _, other := range is.Meeting(b) {
				if both, ok := x.Intersect(b, other); ok {
					to.Add(both)
				}
			}
		}
	}
	common(to.Isolated, was.Isolated, is.Isolated)
	common(to.Rules, was.Rules, is.Rules)
}

// harm looks for a flow of a box that may be harmed by a version of a policy.
func (x *turning) harm(d graph.Directions, kind sets.Kind, about *sets.Box, version *halves) (*Harm, error) {
	both := func(q *sets.Question, h *halves) *sets.Question {
		for _, d := range graph.AllDirections() {
			q.Pass(h.of(d, kind).passes())
		}
		return q
	}
	always := x.always[passage{d, kind}]
	for _, h := range []*sets.Half{version.of(d, kind).passes(), always} {
		q := both(both(x.Ask(about, x.laws()...), x.before), x.after).Stopped(h).NotIn(always.Rules)
		if harm, err := x.found(q, kind, true); harm != nil || err != nil {
			return harm, err
		}
	}
	for _, was := range graph.AllDirections() {
		for _, is := range graph.AllDirections() {
			q := x.Ask(about, x.laws()...).Stopped(x.before.of(was, kind).passes()).Stopped(x.after.of(is, kind).passes())
			for _, d := range graph.AllDirections() {
				if h := x.most.of(d, kind); h != nil {
					q.Pass(&sets.Half{Isolated: x.always[passage{d, kind}].Isolated, Rules: h.passing.Rules})
				}
			}
			if harm, err := x.found(q, kind, false); harm != nil || err != nil {
				return harm, err
			}
		}
	}
	return nil, nil
}

func (c *Course) found(q *sets.Question, kind sets.Kind, cuts bool) (*Harm, error) {
	flow, answer := q.Find()
	switch answer {
	case sets.Yes:
		return &Harm{Cuts: cuts, Witness: c.Witness(flow, kind)}, nil
	case sets.Undecided:
		return nil, errors.New("undecided: a question about all pods that can exist was too large; roll out fewer policies at once")
	}
	return nil, nil
}
