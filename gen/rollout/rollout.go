// Package rollout plans the way from one set of policies to another.
//
// In: the policies of two clusters, as objects. Out: steps, each the apply or the delete of one object, in phases. After
// each step, what both sides allow is open, and what neither allows is closed, for every pod that can exist. It refuses a
// way that it cannot prove to be so: the plan is made by one rule and held, state by state, to another (flows.Course).
//
// Why there is a way: take for each subject and direction what both sides open. First narrow every one of them to that,
// then widen every one to what the new side opens. While narrowing, a half lies between what both sides open and what the
// old one does; while widening, between what both open and what the new one does. A flow needs two halves, so it is open
// where both sides allow it, and only where one of them allows it.
package rollout

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/world"
)

// Side is one end of the way: a cluster, and its policies as objects, in its order.
type Side struct {
	Cluster world.Cluster
	Objects []networkingv1.NetworkPolicy
}

// agrees holds that the objects are those of the cluster: the way is walked with the objects and held to the cluster.
func (s Side) agrees() error {
	names := map[name]bool{}
	for i := range s.Cluster.Policies {
		names[name{s.Cluster.Policies[i].Namespace, s.Cluster.Policies[i].Name}] = true
	}
	objects := byName(s.Objects)
	for n := range objects {
		delete(names, n)
	}
	if len(names) > 0 || len(objects) != len(s.Cluster.Policies) {
		return fmt.Errorf("a side has %d policies and %d objects of other names", len(s.Cluster.Policies), len(objects))
	}
	return nil
}

// Step is the apply of an object or the delete of one. Steps of one phase are safe in any order.
type Step struct {
	// Phase counts from 1.
	Phase int
	// Deletes says that the object is deleted; else it is applied as it is here.
	Deletes bool
	Object  networkingv1.NetworkPolicy
	// Purpose says what the step is for.
	Purpose Purpose
}

// Purpose is what a step does on the way.
type Purpose string

// The purposes of steps.
const (
	// Narrows leaves what both sides open.
	Narrows Purpose = "opens only what both sides open"
	// Holds takes on what other objects hold, until they are there or gone.
	Holds Purpose = "holds what other objects will open, or opened"
	// Finishes brings an object to its last form.
	Finishes Purpose = "as in the new policies"
	// StandsIn is an object of another name, in place of one whose podSelector changes.
	StandsIn Purpose = "stands in for an object whose podSelector changes"
	// Drops deletes an object.
	Drops Purpose = "not in the new policies"
	// DropsStandIn deletes a stand-in.
	DropsStandIn Purpose = "no longer stands in"
)

// Plan is the steps, in order.
type Plan struct{ Steps []Step }

// Phases returns how many phases a plan has.
func (p *Plan) Phases() int {
	if len(p.Steps) == 0 {
		return 0
	}
	return p.Steps[len(p.Steps)-1].Phase
}

// UnsafeError says that no safe plan was found: what a phase of the best one may do.
type UnsafeError struct {
	// Steps is those of the phase.
	Steps []Step
	Harm  flows.Harm
}

func (e *UnsafeError) Error() string {
	var names []string
	for _, s := range e.Steps {
		verb := "apply"
		if s.Deletes {
			verb = "delete"
		}
		names = append(names, fmt.Sprintf("%s `%s/%s`", verb, s.Object.Namespace, s.Object.Name))
	}
	const most = 3
	if len(names) > most {
		names = append(names[:most:most], fmt.Sprintf("%d more", len(names)-most))
	}
	does := "would open a flow that neither side allows"
	if e.Harm.Cuts {
		does = "would cut a flow that both sides allow"
	}
	return fmt.Sprintf("no safe order was found: to %s %s: %s; go by way of policies in between, whose pods do not overlap", strings.Join(names, ", "), does, e.Harm.Witness.Text())
}

// Make plans the way between two sides: in phases, and without stand-ins, where that will do.
func Make(before, after Side) (*Plan, error) {
	for _, s := range []Side{before, after} {
		if err := s.agrees(); err != nil {
			return nil, err
		}
	}
	course, err := flows.NewCourse(before.Cluster, after.Cluster)
	if err != nil {
		return nil, err
	}
	var failed error
	for _, serial := range []bool{false, true} {
		for _, standIns := range []bool{false, true} {
			p, err := newPlanner(before, after, standIns)
			if err != nil {
				return nil, err
			}
			if standIns && !p.reselects {
				continue
			}
			steps := p.steps()
			if serial {
				steps = oneByOne(course, before, steps)
			}
			if failed = verify(course, before, after, steps); failed == nil {
				return &Plan{steps}, nil
			}
		}
	}
	return nil, failed
}

// name is an object by its namespace and name.
type name struct{ namespace, name string }

func nameOf(o *networkingv1.NetworkPolicy) name { return name{o.Namespace, o.Name} }

// byName returns objects by their names, with the API server's defaults.
func byName(objects []networkingv1.NetworkPolicy) map[name]networkingv1.NetworkPolicy {
	out := map[name]networkingv1.NetworkPolicy{}
	for i := range objects {
		o := *objects[i].DeepCopy()
		read.Default(&o)
		out[nameOf(&o)] = o
	}
	return out
}

// verify walks through the phases of steps and holds all states of each to both sides: those after any of its steps, in
// any order. It knows of the steps only what is applied and deleted.
func verify(course *flows.Course, before, after Side, steps []Step) error {
	w := newWalk(course, before)
	for len(steps) > 0 {
		end := slices.IndexFunc(steps, func(s Step) bool { return s.Phase != steps[0].Phase })
		if end < 0 {
			end = len(steps)
		}
		if err := w.take(steps[:end]); err != nil {
			return err
		}
		steps = steps[end:]
	}
	return ends(w.state, byName(after.Objects))
}

// walk is how far a walk through steps has come.
type walk struct {
	course  *flows.Course
	state   map[name]networkingv1.NetworkPolicy
	meaning map[name]rule.Policy
}

func newWalk(course *flows.Course, before Side) *walk {
	w := &walk{course, byName(before.Objects), map[name]rule.Policy{}}
	for n, o := range w.state {
		w.meaning[n] = read.Rules([]networkingv1.NetworkPolicy{o})[0]
	}
	return w
}

// take takes steps, in any order, if all states on the way are fine. Else it is where it was.
func (w *walk) take(steps []Step) error {
	state, meaning, stay := maps.Clone(w.state), maps.Clone(w.meaning), maps.Clone(w.meaning)
	var turns []flows.Turn
	taken := map[name]bool{}
	for i := range steps {
		n, t := nameOf(&steps[i].Object), flows.Turn{}
		if was, there := w.meaning[n]; there {
			t.Was = &was
		}
		switch {
		case taken[n]:
			return fmt.Errorf("`%s/%s` has two steps in one phase", n.namespace, n.name)
		case steps[i].Deletes && t.Was == nil:
			return fmt.Errorf("`%s/%s` is deleted and not there", n.namespace, n.name)
		case steps[i].Deletes:
			delete(state, n)
			delete(meaning, n)
		default:
			o := *steps[i].Object.DeepCopy()
			read.Default(&o)
			if err := read.Validate(&o); err != nil {
				return fmt.Errorf("`%s/%s`: %w", n.namespace, n.name, err)
			}
			is := read.Rules([]networkingv1.NetworkPolicy{o})[0]
			state[n], meaning[n], t.Is = o, is, &is
		}
		taken[n] = true
		delete(stay, n)
		turns = append(turns, t)
	}
	harm, err := w.course.Check(sorted(stay), turns)
	if err != nil {
		return err
	}
	if harm != nil {
		return &UnsafeError{steps, *harm}
	}
	w.state, w.meaning = state, meaning
	return nil
}

// mostTries is how many steps are tried to find an order of single ones.
const mostTries = 2000

// oneByOne puts steps in phases of their own, each the first that is safe then. Those of one object stay in order.
func oneByOne(course *flows.Course, before Side, steps []Step) []Step {
	w, left := newWalk(course, before), slices.Clone(steps)
	var out []Step
	tries := 0
	for len(left) > 0 {
		passed := map[name]bool{}
		at := slices.IndexFunc(left, func(s Step) bool {
			n := nameOf(&s.Object)
			if passed[n] || tries == mostTries {
				return false
			}
			passed[n] = true
			tries++
			return w.take([]Step{s}) == nil
		})
		if at < 0 { // what is left has no order that was found
			out = append(out, left...)
			break
		}
		out, left = append(out, left[at]), slices.Delete(left, at, at+1)
	}
	for i := range out {
		out[i].Phase = i + 1
	}
	return out
}

// ends holds that a state is that of the new policies.
func ends(state, want map[name]networkingv1.NetworkPolicy) error {
	for n, o := range state {
		if w, there := want[n]; !there || !reflect.DeepEqual(o.Spec, w.Spec) {
			return fmt.Errorf("the steps do not end as the new policies are: `%s/%s`", n.namespace, n.name)
		}
	}
	for n := range want {
		if _, there := state[n]; !there {
			return fmt.Errorf("the steps end without `%s/%s`", n.namespace, n.name)
		}
	}
	return nil
}

// sorted returns policies in the order of their names.
func sorted(policies map[name]rule.Policy) []rule.Policy {
	out := slices.Collect(maps.Values(policies))
	slices.SortFunc(out, func(a, b rule.Policy) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return out
}
