package graph

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/internal/selectortest"
)

func kubernetes(t *testing.T, s metav1.LabelSelector) labels.Selector {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(&s)
	if err != nil {
		t.Fatal(err)
	}
	return selector
}

// Canonical means the same, and is the same for every order of the same expressions.
func TestCanonical(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 5000 {
		s := selectortest.Random(r)
		before := show(s)
		c := Canonical(s)
		shuffled := *s.DeepCopy()
		r.Shuffle(len(shuffled.MatchExpressions), func(i, j int) {
			e := shuffled.MatchExpressions
			e[i], e[j] = e[j], e[i]
		})
		for _, e := range shuffled.MatchExpressions {
			slices.Reverse(e.Values)
		}
		if again := Canonical(shuffled); show(again) != show(c) {
			t.Fatalf("%s and %s", show(c), show(again))
		}
		one, other := kubernetes(t, s), kubernetes(t, c)
		for _, pod := range selectortest.Pods() {
			if one.Matches(pod) != other.Matches(pod) {
				t.Fatalf("%s became %s: they differ on %v", before, show(c), pod)
			}
		}
		if show(s) != before {
			t.Fatalf("%s was changed to %s", before, show(s))
		}
	}
}

func show(s metav1.LabelSelector) string {
	return fmt.Sprintf("%v %v", s.MatchLabels, s.MatchExpressions)
}
