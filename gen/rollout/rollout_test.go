package rollout

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/world"
	"github.com/npgen/npgen/internal/oracle"
)

// sideOf returns objects as one end of a way.
func sideOf(objects []networkingv1.NetworkPolicy) Side {
	for i := range objects {
		read.Default(&objects[i])
	}
	return Side{Cluster: world.Cluster{Policies: read.Rules(objects)}, Objects: objects}
}

func app(name string) metav1.LabelSelector {
	if name == "" {
		return metav1.LabelSelector{}
	}
	return metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
}

// object returns a policy from a few words: "eg", "in" or both, the subject ("" is every pod), and the peers.
func object(name, directions, subject string, peers ...string) networkingv1.NetworkPolicy {
	out := networkingv1.NetworkPolicy{TypeMeta: metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}}
	out.Name, out.Namespace, out.Spec.PodSelector = name, "shop", app(subject)
	var list []networkingv1.NetworkPolicyPeer
	for _, p := range peers {
		s := app(p)
		list = append(list, networkingv1.NetworkPolicyPeer{PodSelector: &s})
	}
	if strings.Contains(directions, "in") {
		out.Spec.PolicyTypes = append(out.Spec.PolicyTypes, networkingv1.PolicyTypeIngress)
		if len(list) > 0 {
			out.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{From: list}}
		}
	}
	if strings.Contains(directions, "eg") {
		out.Spec.PolicyTypes = append(out.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		if len(list) > 0 {
			out.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{{To: list}}
		}
	}
	return out
}

type objects = []networkingv1.NetworkPolicy

// texts returns steps as a reader would say them: + is an apply, - a delete.
func texts(steps []Step) string {
	var out []string
	for _, s := range steps {
		sign := "+"
		if s.Deletes {
			sign = "-"
		}
		out = append(out, fmt.Sprintf("%d%s%s", s.Phase, sign, s.Object.Name))
	}
	return strings.Join(out, " ")
}

// harmful returns what the oracle finds wrong with the states of a way.
func harmful(t testing.TB, before, after objects, steps []Step) string {
	t.Helper()
	harm, arrives := onTheWay(t, before, after, before, steps)
	if harm == "" && !arrives {
		return "the end is another one"
	}
	return harm
}

// onTheWay returns what the oracle finds wrong with the states of steps from some state on, and whether they end well.
func onTheWay(t testing.TB, before, after, at objects, steps []Step) (harm string, arrives bool) {
	t.Helper()
	sides := []objects{before, after, at}
	now := at
	for _, s := range steps {
		now = slices.DeleteFunc(slices.Clone(now), func(p networkingv1.NetworkPolicy) bool { return nameOf(&p) == nameOf(&s.Object) })
		if !s.Deletes {
			now = append(now, s.Object)
		}
		sides = append(sides, now)
	}
	w, err := oracle.New(oracle.Facts{}, sides...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range sides {
		for from, to := range w.Pairs() {
			was, is, now := w.Open(0, from, to), w.Open(1, from, to), w.Open(i, from, to)
			if !was.And(is).Minus(now).IsEmpty() && i > 1 {
				return fmt.Sprintf("step %d cuts", i-2), false
			}
			if !now.Minus(was).Minus(is).IsEmpty() {
				return fmt.Sprintf("step %d opens", i-2), false
			}
		}
	}
	return "", w.Same(1, len(sides)-1)
}

// cases are ways of which no order of the plain objects is safe, and some of which one is.
func cases() map[string]struct {
	before, after objects
	want          string
} {
	four := func(prefix string, edges ...string) objects {
		var out objects
		for _, e := range edges {
			from, to, _ := strings.Cut(e, ">")
			out = append(out, object(prefix+from+"-eg", "eg", from, to), object(prefix+to+"-in", "in", to, from))
		}
		return out
	}
	return map[string]struct {
		before, after objects
		want          string
	}{
		"isolated by several objects": {
			nil,
			objects{object("dns", "eg", "api", "dns"), object("db", "eg", "api", "db"), object("deny", "eg", "api")},
			"1+db 2+deny 2+dns 3+db",
		},
		"freed by several objects": {
			objects{object("deny", "eg", "a"), object("to-0", "eg", "a", "x"), object("to-2", "eg", "a", "y")},
			nil,
			"1+deny 2-to-0 2-to-2 3-deny",
		},
		"a cycle of updates": {
			four("", "a>b", "c>d"), four("", "a>d", "c>b"),
			"1+a-eg 1+b-in 1+c-eg 1+d-in 2+a-eg 2+b-in 2+c-eg 2+d-in",
		},
		"a cycle of renames": {
			four("x-", "a>b", "c>d"), four("y-", "a>d", "c>b"),
			"1+y-a-eg 1+y-b-in 1+y-c-eg 1+y-d-in 2-x-a-eg 2-x-b-in 2-x-c-eg 2-x-d-in 3+y-a-eg 3+y-b-in 3+y-c-eg 3+y-d-in",
		},
		"one rename": {
			objects{object("x", "eg", "a", "b")},
			objects{object("y", "eg", "a", "b")},
			"1+y 2-x",
		},
		"an edge that comes, one object a workload": {
			objects{object("deny", "in", ""), object("db", "in", "db", "api")},
			objects{object("deny", "in", ""), object("db", "in", "db", "api", "web")},
			"1+db",
		},
		"first adoption": {
			nil,
			objects{object("deny", "egin", ""), object("web", "eg", "web", "db"), object("db", "in", "db", "web")},
			"1+db 1+web 2+deny",
		},
		"removal of all": {
			objects{object("deny", "egin", ""), object("web", "eg", "web", "db"), object("db", "in", "db", "web")},
			nil,
			"1-deny 2-db 2-web",
		},
		"what one workload opened, all open": {
			objects{object("deny", "eg", ""), object("web", "eg", "web", "dns")},
			objects{object("deny", "eg", "", "dns")},
			"1+deny 2-web",
		},
		"both directions in one object": {
			objects{object("a", "egin", "a", "b"), object("b", "egin", "b", "a")},
			objects{object("a", "egin", "a", "c"), object("b", "egin", "b", "c")},
			"1+a 1+b 2+a 2+b",
		},
		"another podSelector": {
			objects{object("p", "eg", "a", "x"), object("q", "eg", "b", "y")},
			objects{object("p", "eg", "b", "y"), object("q", "eg", "a", "x")},
			"1+p-rollout0 1+q-rollout0 2-p 2-q 3+p 3+q 4-p-rollout0 4-q-rollout0",
		},
		"no change": {objects{object("a", "eg", "a", "b")}, objects{object("a", "eg", "a", "b")}, ""},
	}
}

// TestCases holds the steps of ways of which the plain objects have no safe order, or just one.
func TestCases(t *testing.T) {
	for name, c := range cases() {
		t.Run(name, func(t *testing.T) {
			plan, err := Make(sideOf(c.before), sideOf(c.after))
			if err != nil {
				t.Fatal(err)
			}
			if got := texts(plan.Steps); got != c.want {
				t.Errorf("the steps are\n%s, want\n%s", got, c.want)
			}
			if harm := harmful(t, c.before, c.after, plan.Steps); harm != "" {
				t.Error(harm)
			}
		})
	}
}

// graphOf makes random halves of edges between workloads, as objects in one of four groupings.
func graphOf(r *rand.Rand, grouping, workloads int, prefix string) objects {
	var out objects
	name := func(i int) string { return fmt.Sprintf("w%d", i) }
	for _, d := range []string{"eg", "in"} {
		for i := range workloads {
			if r.IntN(4) == 0 {
				continue // not isolated by itself
			}
			var peers []string
			for j := range workloads {
				if i != j && r.IntN(3) == 0 {
					peers = append(peers, name(j))
				}
			}
			switch grouping {
			case 0: // one object a workload, and its deny
				if len(peers) > 0 {
					out = append(out, object(prefix+d+name(i), d, name(i), peers...))
				}
				out = append(out, object(prefix+d+name(i)+"-deny", d, name(i)))
			case 1: // one object an edge, and its deny
				for _, p := range peers {
					out = append(out, object(prefix+d+name(i)+"-"+p, d, name(i), p))
				}
				out = append(out, object(prefix+d+name(i)+"-deny", d, name(i)))
			case 2: // one object an edge
				for _, p := range peers {
					out = append(out, object(prefix+d+name(i)+"-"+p, d, name(i), p))
				}
			default: // one object a workload, and a deny of the namespace
				out = append(out, object(prefix+d+name(i), d, name(i), peers...))
			}
		}
		if grouping == 3 && r.IntN(3) > 0 {
			out = append(out, object(prefix+d+"-deny", d, ""))
		}
	}
	return out
}

// TestGroupings holds that between graphs of workloads that share no pod, in any grouping, there is a safe way, without
// stand-ins.
func TestGroupings(t *testing.T) {
	applies := [4]int{}
	for seed := range uint64(240) {
		r := rand.New(rand.NewPCG(seed, 5))
		grouping, n := int(seed%4), 3+r.IntN(3)
		to := grouping
		if r.IntN(3) == 0 {
			to = r.IntN(4)
		}
		prefix := [2]string{"", []string{"", "", "new-"}[r.IntN(3)]}
		before, after := graphOf(r, grouping, n, prefix[0]), graphOf(r, to, n, prefix[1])
		plan, err := Make(sideOf(before), sideOf(after))
		if err != nil {
			t.Errorf("seed %d, grouping %d: %v", seed, grouping, err)
			continue
		}
		if harm := harmful(t, before, after, plan.Steps); harm != "" {
			t.Errorf("seed %d, grouping %d: %s: %s", seed, grouping, harm, texts(plan.Steps))
		}
		for _, s := range plan.Steps {
			if s.Purpose == Holds && grouping == 0 && to == 0 {
				t.Errorf("seed %d: an object of a workload holds what others open: %s", seed, texts(plan.Steps))
			}
			if s.Object.Labels[Label] != "" {
				t.Errorf("seed %d: a stand-in", seed)
			}
			if !s.Deletes {
				applies[grouping]++
			}
		}
	}
	for grouping, n := range applies {
		if n == 0 {
			t.Errorf("grouping %d has no applies", grouping)
		}
	}
}

// TestVerify holds that steps in a wrong order, or some of them left out, are refused.
func TestVerify(t *testing.T) {
	spoilt := map[string]func([]Step) []Step{
		"widened before it is narrowed": func(steps []Step) []Step { return append(slices.Clone(steps[len(steps)/2:]), steps[:len(steps)/2]...) },
		"the first left out":            func(steps []Step) []Step { return steps[1:] },
		"the last left out":             func(steps []Step) []Step { return steps[:len(steps)-1] },
		"backwards": func(steps []Step) []Step {
			out := slices.Clone(steps)
			slices.Reverse(out)
			return out
		},
		"deletes first": func(steps []Step) []Step {
			out := slices.Clone(steps)
			slices.SortStableFunc(out, func(a, b Step) int {
				return map[bool]int{true: 0, false: 1}[a.Deletes] - map[bool]int{true: 0, false: 1}[b.Deletes]
			})
			return out
		},
		"all as it will be": func(steps []Step) []Step {
			last := map[name]Step{}
			var out []Step
			for _, s := range steps {
				last[nameOf(&s.Object)] = s
			}
			for _, s := range steps {
				if l, there := last[nameOf(&s.Object)]; there {
					out = append(out, l)
					delete(last, nameOf(&s.Object))
				}
			}
			return out
		},
		"opened to all": func(steps []Step) []Step {
			out := slices.Clone(steps)
			open := object("open", "egin", "", "a")
			open.Spec.Egress, open.Spec.Ingress = []networkingv1.NetworkPolicyEgressRule{{}}, []networkingv1.NetworkPolicyIngressRule{{}}
			return append([]Step{{Object: open}}, append(out, Step{Deletes: true, Object: open})...)
		},
	}
	caught := map[string]int{}
	for name, c := range cases() {
		before, after := sideOf(c.before), sideOf(c.after)
		plan, err := Make(before, after)
		if err != nil {
			t.Fatal(err)
		}
		if len(plan.Steps) == 0 {
			continue
		}
		for how, spoil := range spoilt {
			steps := spoil(plan.Steps)
			harm := harmful(t, c.before, c.after, steps)
			course, err := flows.NewCourse(before.Cluster, after.Cluster)
			if err != nil {
				t.Fatal(err)
			}
			err = verify(course, before, after, steps)
			var unsafe *UnsafeError
			if strings.Contains(harm, "step") != errors.As(err, &unsafe) && !strings.Contains(fmt.Sprint(err), "not there") {
				t.Errorf("%s, %s: the oracle says %q, and the verifier %v", name, how, harm, err)
			}
			if err != nil {
				caught[how]++
			}
		}
	}
	for how := range spoilt {
		if caught[how] == 0 {
			t.Errorf("%s: never refused", how)
		}
	}
}
