package sets

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/internal/selectortest"
)

// asksFor returns the keys that a selector speaks of.
func asksFor(s metav1.LabelSelector) map[string]bool {
	keys := map[string]bool{}
	for k := range s.MatchLabels {
		keys[k] = true
	}
	for _, e := range s.MatchExpressions {
		keys[e.Key] = true
	}
	return keys
}

// The judge is Kubernetes' own matcher over all pods, of what a selector matches, of whether one covers another, of
// whether both meet in a pod with no label of which one says nothing, and of what one asks of one label.
func TestSelectorsAgreeWithKubernetes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	all := selectortest.Pods()
	meet, within := 0, 0
	for range 10000 {
		wide, narrow := selectortest.Random(r), selectortest.Random(r)
		matchesWide, matchesNarrow, keys := compiled(&wide), compiled(&narrow), asksFor(narrow)
		wantMeet := slices.ContainsFunc(all, func(pod labels.Set) bool {
			for k := range pod {
				if !keys[k] {
					return false
				}
			}
			return matchesNarrow.Matches(pod) && matchesWide.Matches(pod)
		})
		wantWithin := !slices.ContainsFunc(all, func(pod labels.Set) bool {
			return matchesNarrow.Matches(pod) && !matchesWide.Matches(pod)
		})
		s := NewSpace()
		w, n := s.Select(Pods{}, &wide), s.Select(Pods{}, &narrow)
		if got := s.Meet(s.Labels(n, nil), w); got != wantMeet {
			t.Fatalf("%v also selects the pods of %v: %t, want %t", wide, narrow, got, wantMeet)
		}
		if got := s.Within(n, w); got != wantWithin {
			t.Fatalf("%v covers %v: %t, want %t", wide, narrow, got, wantWithin)
		}
		if wantMeet {
			meet++
		}
		if wantWithin {
			within++
		}
		a, b := AsksOf(wide, "a"), AsksOf(wide, "b")
		for _, pod := range all {
			want := matchesWide.Matches(pod)
			if got := Matches(wide, pod); got != want {
				t.Fatalf("%v matches %v: %t", wide, pod, got)
			}
			if got := Matches(*a, pod) && Matches(*b, pod); got != want {
				t.Fatalf("%v asks apart of %v: %t", wide, pod, got)
			}
		}
	}
	if min(meet, within) < 1000 || max(meet, within) > 9000 {
		t.Errorf("%d meet and %d are within, so that the test says little", meet, within)
	}
}

// The judge of an example is Kubernetes' own matcher: it matches it where any pod is matched. The labels that are right
// are told by hand.
func TestExampleOf(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	some := 0
	for range 10000 {
		s := selectortest.Random(r)
		matches := compiled(&s)
		want := slices.ContainsFunc(selectortest.Pods(), func(pod labels.Set) bool { return matches.Matches(pod) })
		if example := ExampleOf(s); matches.Matches(labels.Set(example)) != want {
			t.Fatalf("%s: the example %v, and it matches some pod: %t", metav1.FormatLabelSelector(&s), example, want)
		}
		if want {
			some++
		}
	}
	if some < 1000 || some > 9900 {
		t.Errorf("%d of 10000 selectors match a pod: too few or too many to say anything", some)
	}
	in := func(operator metav1.LabelSelectorOperator, values ...string) metav1.LabelSelectorRequirement {
		return metav1.LabelSelectorRequirement{Key: "a", Operator: operator, Values: values}
	}
	for _, c := range []struct {
		asks []metav1.LabelSelectorRequirement
		want map[string]string
	}{
		{[]metav1.LabelSelectorRequirement{in("In", "y", "x"), in("In", "z", "y")}, map[string]string{"a": "y"}},
		{[]metav1.LabelSelectorRequirement{in("In", "y", "x")}, map[string]string{"a": "x"}},
		{[]metav1.LabelSelectorRequirement{in("Exists"), in("NotIn", "any", "any-2")}, map[string]string{"a": "any-3"}},
		{[]metav1.LabelSelectorRequirement{in("NotIn", "x")}, map[string]string{}},
		{[]metav1.LabelSelectorRequirement{in("Exists"), in("DoesNotExist")}, map[string]string{}},
	} {
		if got := ExampleOf(metav1.LabelSelector{MatchExpressions: c.asks}); !maps.Equal(got, c.want) {
			t.Errorf("%v: %v, and %v is wanted", c.asks, got, c.want)
		}
	}
}
