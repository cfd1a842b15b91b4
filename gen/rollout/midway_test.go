package rollout

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/manifest"
)

// stepsBetween returns one step for each object in which two states differ, in a random order.
func stepsBetween(r *rand.Rand, before, after objects) []Step {
	was, is := byName(before), byName(after)
	var out []Step
	for n, o := range was {
		if _, stays := is[n]; !stays {
			out = append(out, Step{Deletes: true, Object: o})
		}
	}
	for n, o := range is {
		if b, there := was[n]; !there || fmt.Sprint(b.Spec) != fmt.Sprint(o.Spec) {
			out = append(out, Step{Object: o})
		}
	}
	slices.SortFunc(out, func(a, b Step) int { return cmpNames(&a.Object, &b.Object) })
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func cmpNames(a, b *networkingv1.NetworkPolicy) int {
	if nameOf(a) == nameOf(b) {
		return 0
	}
	if fmt.Sprint(nameOf(a)) < fmt.Sprint(nameOf(b)) {
		return -1
	}
	return 1
}

// TestHalfway holds that the objects between two sides may be applied and deleted in any order, and those after them, too,
// where that is said; else that going on from there comes to an end. The oracle looks at each state of random orders.
func TestHalfway(t *testing.T) {
	written, several, none := 0, 0, 0
	for seed := range uint64(160) {
		r := rand.New(rand.NewPCG(seed, 9))
		before, after := graphOf(r, int(seed%4), 3, ""), graphOf(r, int(seed%4), 3, "")
		if seed%10 == 0 {
			before = nil
		} else if seed%10 == 5 {
			after = nil
		}
		at := before
		for commits := 0; ; commits++ {
			m, err := Halfway(sideOf(at), sideOf(after))
			if errors.Is(err, ErrOneCommit) {
				if commits == 0 {
					none++
				}
				break
			}
			if err != nil || commits > 6 {
				t.Fatalf("seed %d, %d commits: %v", seed, commits, err)
			}
			written++
			if commits > 0 {
				several++
			}
			files, err := m.Files(manifest.Named([]string{"p"}))
			if err != nil || !files.Holds() || len(files.Files()) == 0 {
				t.Fatalf("seed %d: %v", seed, err)
			}
			next := objects(m.policies)
			for range 4 {
				steps := stepsBetween(r, at, next)
				if m.Last {
					steps = append(steps, stepsBetween(r, next, after)...)
				}
				if harm, arrives := onTheWay(t, before, after, at, steps); harm != "" || m.Last && !arrives {
					t.Fatalf("seed %d, commit %d, arrives is %v: %s: %s", seed, commits+1, arrives, harm, texts(steps))
				}
			}
			if at = next; m.Last {
				break
			}
		}
	}
	if written < 60 || several == 0 || none == 0 {
		t.Errorf("%d written, %d of them after another one, %d needless", written, several, none)
	}
}
