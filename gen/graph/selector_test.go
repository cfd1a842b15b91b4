package graph

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// pods returns every set of labels with two keys and three values, the last of which no selector names.
func pods() []labels.Set {
	var out []labels.Set
	values := []string{"", "x", "y", "other"}
	for _, a := range values {
		for _, b := range values {
			pod := labels.Set{}
			for k, v := range map[string]string{"a": a, "b": b} {
				if v != "" {
					pod[k] = v
				}
			}
			out = append(out, pod)
		}
	}
	return out
}

func randomSelector(r *rand.Rand) metav1.LabelSelector {
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	s := metav1.LabelSelector{}
	for _, k := range []string{"a", "b"} {
		if r.IntN(3) == 0 {
			if s.MatchLabels == nil {
				s.MatchLabels = map[string]string{}
			}
			s.MatchLabels[k] = pick("x", "y")
		}
	}
	for range r.IntN(4) {
		e := metav1.LabelSelectorRequirement{Key: pick("a", "b")}
		e.Operator = metav1.LabelSelectorOperator(pick("In", "NotIn", "Exists", "DoesNotExist"))
		if e.Operator == metav1.LabelSelectorOpIn || e.Operator == metav1.LabelSelectorOpNotIn {
			for range 1 + r.IntN(2) {
				e.Values = append(e.Values, pick("x", "y"))
			}
		}
		s.MatchExpressions = append(s.MatchExpressions, e)
	}
	return s
}

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
		s := randomSelector(r)
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
		for _, pod := range pods() {
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
