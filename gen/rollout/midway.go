package rollout

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/manifest"
)

// ErrOneCommit says that a way needs nothing between its ends: its steps are safe in any order.
var ErrOneCommit = errors.New("nothing is needed in between: all steps are safe in any order, so one commit is enough")

// Midway is policies on the way between two sides, for whoever applies a folder whole and in no order that is known: all
// steps there are safe in any order. Only Halfway makes one.
type Midway struct {
	policies []networkingv1.NetworkPolicy
	// Last says that all steps from there on are safe in any order, too. Else another one is needed on the rest of the way.
	Last bool
}

// Halfway returns the farthest state of a plan to which all steps may be taken in any order.
func Halfway(before, after Side) (*Midway, error) {
	plan, err := Make(before, after)
	if err != nil {
		return nil, err
	}
	course, err := flows.NewCourse(before.Cluster, after.Cluster)
	if err != nil {
		return nil, err
	}
	for phases := plan.Phases(); phases > 0; phases-- {
		at := slices.IndexFunc(plan.Steps, func(s Step) bool { return s.Phase > phases })
		if at < 0 {
			at = len(plan.Steps)
		}
		w := newWalk(course, before)
		if err := w.take(w.atOnce(plan.Steps[:at])); err != nil {
			continue // it may be harmful, or too large a question: then less is tried
		}
		if at == len(plan.Steps) {
			return nil, ErrOneCommit
		}
		out := &Midway{policies: objectsOf(w.state)}
		out.Last = w.take(w.atOnce(plan.Steps[at:])) == nil
		return out, nil
	}
	if plan.Phases() == 0 {
		return nil, ErrOneCommit
	}
	return nil, errors.New("the steps of the first phase are not safe in any order")
}

// atOnce returns the one step of each object that has the effect of all of its steps.
func (w *walk) atOnce(steps []Step) []Step {
	last := map[name]int{}
	for i := range steps {
		last[nameOf(&steps[i].Object)] = i
	}
	var out []Step
	for i, s := range steps {
		n := nameOf(&s.Object)
		if _, there := w.state[n]; last[n] == i && (there || !s.Deletes) {
			s.Phase = 1
			out = append(out, s)
		}
	}
	return out
}

// objectsOf returns the objects of a state as somebody would apply them, in the order of a stream.
func objectsOf(state map[name]networkingv1.NetworkPolicy) []networkingv1.NetworkPolicy {
	var out []networkingv1.NetworkPolicy
	for _, o := range state {
		out = append(out, bare(&o))
	}
	isDeny := func(o *networkingv1.NetworkPolicy) int {
		if len(o.Spec.Ingress)+len(o.Spec.Egress) == 0 {
			return 1
		}
		return 0
	}
	slices.SortFunc(out, func(a, b networkingv1.NetworkPolicy) int {
		return cmp.Or(cmp.Compare(isDeny(&a), isDeny(&b)), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// Files lays the policies out as a folder. What it returns was read back, and says the same.
func (m *Midway) Files(head manifest.Head) (Files, error) {
	files, err := manifest.NetworkPolicies(head, m.policies)
	if err != nil {
		return Files{}, err
	}
	want, got := byName(m.policies), map[name]networkingv1.NetworkPolicy{}
	for _, file := range files.PolicyFiles() {
		objects, err := read.Policies(files[file])
		if err != nil {
			return Files{}, err
		}
		maps.Copy(got, byName(objects))
	}
	if head.OmitNamespace {
		want = byName(write.WithoutNamespace(m.policies))
	}
	if err := ends(got, want); err != nil {
		return Files{}, err
	}
	return Files{files, true}, nil
}

// Files is a folder that holds policies which were found to be safe. The zero value is none.
type Files struct {
	files map[string][]byte
	holds bool
}

// Holds reports whether the files are those of a Midway.
func (f Files) Holds() bool { return f.holds }

// Files returns the content of each file, by its path in the folder.
func (f Files) Files() map[string][]byte { return f.files }
