package sets

import (
	"math/rand/v2"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// The model: all flows of a small world, one by one. Every key may have each value that anything speaks of, one that
// nothing speaks of, or be absent. It asks apimachinery what selectors mean.
type model struct{ ends []modelEnd }

type modelEnd struct{ namespace, pod labels.Set }

type modelFlow struct {
	from, to int
	port     Ports
	// http says that the destination calls the port so.
	http bool
}

func newModel() *model {
	m := &model{}
	values := []string{"", "a", "b", "fresh"}
	for _, name := range []string{"x", "y", "fresh"} {
		for _, tenant := range values {
			for _, app := range values {
				for _, tier := range values {
					m.ends = append(m.ends, modelEnd{set(NameLabel, name, "tenant", tenant), set("app", app, "tier", tier)})
				}
			}
		}
	}
	return m
}

func set(pairs ...string) labels.Set {
	out := labels.Set{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out[pairs[i]] = pairs[i+1]
		}
	}
	return out
}

// just reports whether a pod has some labels, and no others but those that its selector asks for.
func (p modelPods) just(pod, want labels.Set) bool {
	asks, _ := p.pod.Requirements()
	for k, v := range pod {
		if has := want[k]; has != v && (has != "" || !slices.ContainsFunc(asks, func(r labels.Requirement) bool { return r.Key() == k })) {
			return false
		}
	}
	return labels.SelectorFromSet(want).Matches(pod)
}

// modelPods is pods in both forms.
type modelPods struct {
	sets      Pods
	namespace labels.Selector
	pod       labels.Selector
	// exact holds the labels where the pods have just these.
	exact labels.Set
}

func (p modelPods) has(e modelEnd) bool {
	return p.namespace.Matches(e.namespace) && p.pod.Matches(e.pod) && (p.exact == nil || labels.Equals(p.exact, e.pod))
}

type modelBox struct {
	sets     *Box
	from, to modelPods
	ports    Ports
	named    bool
}

func (b modelBox) has(m *model, f modelFlow) bool {
	return b.from.has(m.ends[f.from]) && b.to.has(m.ends[f.to]) && f.port.Within(b.ports) && (!b.named || f.http)
}

type random struct {
	*rand.Rand
	s *Space
}

func pick[T any](r random, of ...T) T { return of[r.IntN(len(of))] }

func (r random) selector(keys ...string) *metav1.LabelSelector {
	out := &metav1.LabelSelector{}
	for _, k := range keys {
		values := []string{"a", "b"}
		if k == NameLabel {
			values = []string{"x", "y"}
		}
		switch r.IntN(7) {
		case 0, 1:
			metav1.AddLabelToSelector(out, k, pick(r, values...))
		case 2, 3:
			x := metav1.LabelSelectorRequirement{Key: k, Operator: pick(r, metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn), Values: values[:1+r.IntN(2)]}
			out.MatchExpressions = append(out.MatchExpressions, x)
		case 4:
			x := metav1.LabelSelectorRequirement{Key: k, Operator: pick(r, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist)}
			out.MatchExpressions = append(out.MatchExpressions, x)
		}
	}
	return out
}

func compiled(s *metav1.LabelSelector) labels.Selector {
	out, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		panic(err)
	}
	return out
}

func (r random) pods() modelPods {
	namespace, pod := r.selector(NameLabel, "tenant"), r.selector("app", "tier")
	return modelPods{
		sets:      r.s.Select(r.s.Namespaces(namespace), pod),
		namespace: compiled(namespace), pod: compiled(pod),
	}
}

func (r random) ports() Ports {
	return pick(r, AllPorts(), PortRange(TCP, 80, 80), PortRange(TCP, 80, 90), PortRange(UDP, 53, 53), ProtocolPorts(TCP))
}

func (r random) box() modelBox {
	b := modelBox{from: r.pods(), to: r.pods(), ports: r.ports(), named: r.IntN(6) == 0}
	b.sets = r.s.Flows(b.from.sets, b.to.sets, b.ports)
	if b.named {
		b.sets = r.s.Named(b.sets, PodToPod, Name{"http", TCP})
		b.ports = b.ports.Intersect(ProtocolPorts(TCP))
	}
	return b
}

type modelUnion struct {
	sets  *Union
	boxes []modelBox
}

func (r random) union(n int) modelUnion {
	out := modelUnion{sets: r.s.NewUnion()}
	for range r.IntN(n + 1) {
		b := r.box()
		out.boxes = append(out.boxes, b)
		out.sets.Add(b.sets)
	}
	return out
}

func (u modelUnion) has(m *model, f modelFlow) bool {
	for _, b := range u.boxes {
		if b.has(m, f) {
			return true
		}
	}
	return false
}

type modelHalf struct {
	sets            *Half
	isolated, rules modelUnion
}

func (r random) half() modelHalf {
	out := modelHalf{sets: r.s.NewHalf(), rules: r.union(6)}
	for range r.IntN(3) {
		b := modelBox{from: r.pods(), to: modelPods{namespace: labels.Everything(), pod: labels.Everything()}, ports: AllPorts()}
		b.sets = r.s.Flows(b.from.sets, Pods{}, AllPorts())
		out.isolated.boxes = append(out.isolated.boxes, b)
		out.sets.Isolated.Add(b.sets)
	}
	out.sets.Rules = out.rules.sets
	return out
}

func (h modelHalf) passes(m *model, f modelFlow) bool {
	return !h.isolated.has(m, f) || h.rules.has(m, f)
}

// modelPorts returns one port of each part that the ports of questions divide.
func modelPorts() []Ports {
	return []Ports{PortRange(TCP, 80, 80), PortRange(TCP, 85, 85), PortRange(TCP, 1, 1), PortRange(UDP, 53, 53), AllPorts()[protocols-1:]}
}

// flows calls do with every flow of the world, until it returns false.
func (m *model) flows(do func(modelFlow) bool) bool {
	for from := range m.ends {
		for to := range m.ends {
			for _, port := range modelPorts() {
				for _, http := range []bool{false, true} {
					if http && !port.Within(ProtocolPorts(TCP)) {
						continue
					}
					if !do(modelFlow{from, to, port, http}) {
						return false
					}
				}
			}
		}
	}
	return true
}

// TestQuestions holds the search to the model: it says yes just where some flow satisfies a question, and its witness
// is such a flow.
func TestQuestions(t *testing.T) {
	m := newModel()
	questions := 600
	if testing.Short() {
		questions = 100
	}
	yes := 0
	for seed := range uint64(questions) {
		if m.holdQuestion(t, seed) {
			yes++
		}
	}
	if yes < questions/20 {
		t.Errorf("of %d questions %d have an answer: too few to say anything", questions, yes)
	}
	t.Logf("%d of %d questions have a witness", yes, questions)
}

// FuzzQuestions does so for more questions.
func FuzzQuestions(f *testing.F) {
	m := newModel()
	f.Add(uint64(1 << 40))
	f.Fuzz(func(t *testing.T, seed uint64) { m.holdQuestion(t, seed) })
}

// holdQuestion holds the answer to one question to the model, and reports whether it is yes.
func (m *model) holdQuestion(t *testing.T, seed uint64) bool {
	t.Helper()
	r := random{rand.New(rand.NewPCG(seed, 7)), NewSpace()}
	about, in, notIn, pass, stopped := r.box(), r.union(4), r.union(4), r.half(), r.half()
	unknown := pick(r, "", "x", "y")
	var laws []Law
	apart := []modelPods{r.pods(), r.pods(), r.pods()}
	if r.IntN(2) == 0 {
		unknown = ""
	} else {
		known := map[string]map[string]string{}
		for _, n := range []string{"x", "y"} {
			if n != unknown {
				known[n] = map[string]string{"tenant": "a"}
			}
		}
		laws = append(laws, r.s.NewKnownNamespaces(known))
	}
	useNames := len(laws) > 0
	useApart := r.IntN(2) == 0
	if useApart {
		laws = append(laws, r.s.NewApart([]Pods{apart[0].sets, apart[1].sets, apart[2].sets}))
	}
	usePods := r.IntN(3) == 0
	form := pick(r, labels.Set{"app": "a", "tier": "b"}, labels.Set{"tier": "b"}, labels.Set{})
	if usePods {
		known := r.s.NewKnownPods()
		known.Add(r.s, apart[0].sets, form)
		laws = append(laws, known)
	}
	lawful := func(e modelEnd) bool {
		if n := e.namespace[NameLabel]; useNames && n != "fresh" && n != unknown && (e.namespace["tenant"] != "a") {
			return false
		}
		if usePods && apart[0].has(e) && !apart[0].just(e.pod, form) {
			return false
		}
		if !useApart {
			return true
		}
		for _, p := range apart { // one of those that have it lies inside of all others
			least := p.has(e)
			for _, q := range apart {
				least = least && (!q.has(e) || r.s.Within(p.sets, q.sets))
			}
			if least {
				return true
			}
		}
		return !apart[0].has(e) && !apart[1].has(e) && !apart[2].has(e)
	}
	useIn, useNotIn, usePass, useStopped := r.IntN(3) == 0, r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(3) == 0
	satisfies := func(f modelFlow) bool {
		return about.has(m, f) && (!useIn || in.has(m, f)) && (!useNotIn || !notIn.has(m, f)) &&
			(!usePass || pass.passes(m, f)) && (!useStopped || !stopped.passes(m, f)) &&
			lawful(m.ends[f.from]) && lawful(m.ends[f.to]) && inOneWorld(m.ends[f.from].namespace, m.ends[f.to].namespace)
	}
	q := r.s.Ask(about.sets, laws...)
	if useIn {
		q.In(in.sets)
	}
	if useNotIn {
		q.NotIn(notIn.sets)
	}
	if usePass {
		q.Pass(pass.sets)
	}
	if useStopped {
		q.Stopped(stopped.sets)
	}
	found, answer := q.Find()
	want := !m.flows(func(f modelFlow) bool { return !satisfies(f) })
	if answer == Undecided || (answer == Yes) != want {
		t.Fatalf("seed %d: the answer is %d, and some flow satisfies it: %t", seed, answer, want)
	}
	if answer == Yes {
		w := r.s.Witness(found, PodToPod)
		f := modelFlow{m.find(w.From), m.find(w.To), w.Port, w.To.Ports["http/tcp"] != 0}
		if f.from < 0 || f.to < 0 || !satisfies(f) {
			t.Fatalf("seed %d: the witness %+v does not satisfy the question", seed, w)
		}
		for _, f.port = range modelPorts() {
			if f.port.Within(found.Ports()) && !satisfies(f) {
				t.Fatalf("seed %d: the witness %+v does not satisfy the question on %s, and the box has %s", seed, w, f.port, found.Ports())
			}
		}
	}
	return answer == Yes
}

// inOneWorld reports whether two ends can be in one world: a namespace has one set of labels. Several namespaces may be
// such that nothing speaks of their names.
func inOneWorld(a, b labels.Set) bool {
	return a[NameLabel] != b[NameLabel] || a[NameLabel] == "fresh" || labels.Equals(a, b)
}

// find returns the end of the world that is an end of a witness, -1 where there is none.
func (m *model) find(e End) int {
	name := func(v string) string {
		if len(v) > 1 { // other
			return "fresh"
		}
		return v
	}
	namespace, pod := labels.Set{NameLabel: name(e.Namespace)}, labels.Set{}
	for k, v := range e.NamespaceLabels {
		namespace[k] = name(v)
	}
	for k, v := range e.Labels {
		pod[k] = name(v)
	}
	for i, x := range m.ends {
		if labels.Equals(x.namespace, namespace) && labels.Equals(x.pod, pod) {
			return i
		}
	}
	return -1
}
