package flows

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// TestConcerned holds that what a comparison leaves out changes nothing of it, over pairs of clusters that differ in a few
// policies, and that much is left out.
func TestConcerned(t *testing.T) {
	left, all, differ := 0, 0, 0
	for seed := range uint64(6000) {
		r := rand.New(rand.NewPCG(seed, 7))
		before, after := fewDiffer(r)
		u := newUniverse(before, after)
		was, is := u.concerned(before, after)
		got := Compare(before, after)
		want := newUniverse(before, after).compare(before, after, before.Policies, after.Policies)
		if diff := cmp.Diff(want, got, cmp.Comparer(sets.Ports.Equal), cmp.Comparer(alikeWitness), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Fatalf("seed %d: -all policies +some\n%s", seed, diff)
		}
		left += len(was) + len(is)
		all += len(before.Policies) + len(after.Policies)
		if !got.IsEmpty() {
			differ++
		}
	}
	if left*10 > all*8 || differ < 1000 {
		t.Errorf("%d of %d policies were looked at, %d pairs differ", left, all, differ)
	}
}

// fewDiffer makes two clusters of which a few policies differ.
func fewDiffer(r *rand.Rand) (before, after world.Cluster) {
	before = randomCluster(r)
	for range 1 + r.IntN(3) {
		before.Policies = append(before.Policies, randomCluster(r).Policies...)
	}
	named := func(policies []rule.Policy) []rule.Policy {
		out := slices.Clone(policies)
		for i := range out {
			out[i].Name = fmt.Sprintf("n%d", i)
		}
		return out
	}
	before.Policies = named(before.Policies)
	after = before
	after.Policies = slices.Clone(before.Policies)
	switch r.IntN(8) {
	case 0: // a name of a port stands for another number
		after.Pods = slices.Clone(before.Pods)
		after.Pods[0].Ports = []world.NamedPort{{Name: "web", Protocol: graph.TCP, Port: 82}}
	case 1: // selectors of namespaces select others
		before.Known, after.Known = map[string]map[string]string{"a": {"team": "x"}}, map[string]map[string]string{"a": {"team": "z"}}
		before.Namespaces, after.Namespaces = before.Known, after.Known
	}
	for _, p := range named(randomCluster(r).Policies) {
		if len(after.Policies) == 0 {
			break
		}
		at := r.IntN(len(after.Policies))
		switch r.IntN(7) {
		case 0: // another policy in the place of one
			p.Name = after.Policies[at].Name
			after.Policies[at] = p
		case 1: // other rules of the same subject
			q := after.Policies[at]
			q.Rules = p.Rules
			q.Isolates = p.Isolates
			after.Policies[at] = q
		case 2:
			after.Policies = slices.Delete(after.Policies, at, at+1)
		case 3:
			p.Name = "added-" + p.Name
			after.Policies = append(after.Policies, p)
		case 4: // a rule less
			if q := after.Policies[at]; len(q.Rules) > 0 {
				q.Rules = q.Rules[1:]
				after.Policies[at] = q
			}
		case 5: // a port by another name
			if q := after.Policies[at]; len(q.Rules) > 0 {
				q.Rules = slices.Clone(q.Rules)
				q.Rules[0].Named = []rule.PortName{{Name: "dns", Protocol: graph.UDP}}
				after.Policies[at] = q
			}
		}
		if r.IntN(2) == 0 {
			break
		}
	}
	return before, after
}

// alikeWitness reports whether there are witnesses in both places: each is an example of many.
func alikeWitness(a, b *sets.Witness) bool { return (a == nil) == (b == nil) }
