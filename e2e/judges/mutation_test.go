package judges

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/load"
)

// tally counts the mutations of one kind, or of all.
type tally struct{ made, seen, caught, strict int }

func (t tally) String() string {
	return fmt.Sprintf("caught %d of %d; of %d made, %d changed no flow by the judges, of which %d are refused all the same", t.caught, t.seen, t.made, t.made-t.seen, t.strict)
}

// TestMutations changes what npgen wrote, over the examples and over random packages. Whenever a judge sees another
// flow, the proof must refuse.
func TestMutations(t *testing.T) {
	const packages, examplePlaces, places = 60, 6, 2
	total, byKind := &tally{}, map[string]*tally{}
	for kind := range changes() {
		byKind[kind] = &tally{}
	}
	for _, dir := range exampleDirs(t) {
		result, err := gen.Build(load.Env{Dir: dir}, []string{"."})
		if err != nil {
			t.Fatal(err)
		}
		mutate(t, filepath.Base(dir), result, examplePlaces**scale, byKind)
	}
	for i := range uint64(packages * *scale) {
		talk := randomTalk(*seed<<32 + i)
		if result := build(t, talk.cue()); result.Findings.Count(diag.Error) == 0 {
			mutate(t, talk.cue(), result, places, byKind)
		}
	}
	for _, kind := range sorted(byKind) {
		n := byKind[kind]
		t.Logf("mutations, %s: %s", kind, n)
		if n.seen == 0 {
			t.Errorf("%s: no judge ever sees another flow", kind)
		}
		total.made, total.seen, total.caught, total.strict = total.made+n.made, total.seen+n.seen, total.caught+n.caught, total.strict+n.strict
	}
	t.Logf("mutations, all %d kinds: %s", len(byKind), total)
	t.Logf("caught %d of %d", total.caught, total.seen)
}

func exampleDirs(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../examples/*/*.cue")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	dirs := map[string]bool{}
	for _, f := range files {
		dir, err := filepath.Abs(filepath.Dir(f))
		if err != nil {
			t.Fatal(err)
		}
		dirs[dir] = true
	}
	return slices.Sorted(maps.Keys(dirs))
}

// mutate makes changes of every kind in some places, and counts what the judges and the proof say.
func mutate(t *testing.T, name string, result *gen.Result, places int, byKind map[string]*tally) {
	t.Helper()
	if result.Findings.Count(diag.Error) > 0 || len(result.Policies) == 0 || result.Graph.Target() == graph.Cilium {
		return
	}
	if result.Graph.OmitsNamespace() != nil {
		return // the engines need the namespace that a chart gives
	}
	if refuses(t, result, result.Policies) {
		t.Fatalf("the proof refuses npgen's own output\n%s", name)
	}
	r := rand.New(rand.NewPCG(*seed, uint64(len(name))))
	bench := newBench(t, result, r)
	all := changes()
	for _, kind := range sorted(all) {
		n := len(all[kind](clone(result.Policies)))
		for _, place := range r.Perm(n)[:min(n, places)] {
			changed := clone(result.Policies)
			all[kind](changed)[place]()
			judge, probe := bench.changed(t, *changed)
			refused := refuses(t, result, *changed)
			count := byKind[kind]
			count.made++
			switch {
			case judge == "" && refused:
				count.strict++
			case judge != "" && refused:
				count.seen, count.caught = count.seen+1, count.caught+1
			case judge != "":
				count.seen++
				t.Errorf("%s, place %d: %s sees another flow, the proof holds: %s\n%s", kind, place, judge, probe, name)
			}
		}
	}
}

func clone(in []networkingv1.NetworkPolicy) *[]networkingv1.NetworkPolicy {
	out := make([]networkingv1.NetworkPolicy, len(in))
	for i := range in {
		in[i].DeepCopyInto(&out[i])
	}
	return &out
}

func refuses(t *testing.T, result *gen.Result, policies []networkingv1.NetworkPolicy) bool {
	t.Helper()
	stream, err := write.Stream(policies)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := result.Prove(stream)
	return err != nil || len(proof.Differences) > 0
}

// bench holds what the judges say of a package's own policies.
type bench struct {
	aim
	policies []networkingv1.NetworkPolicy
	before   map[string]Judge
}

func newBench(t *testing.T, result *gen.Result, r *rand.Rand) *bench {
	t.Helper()
	const strangers = 16
	w := inhabited(t, result, r.Uint64())
	if err := populate(w, r, strangers); err != nil {
		t.Fatal(err)
	}
	stored, err := Stored(result.Policies)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{aim: aim{r, w}, policies: stored, before: map[string]Judge{}}
	for _, e := range Engines() {
		b.before[e.Name] = b.judge(t, e, result.Policies)
	}
	return b
}

func (b *bench) judge(t *testing.T, e Engine, policies []networkingv1.NetworkPolicy) Judge {
	t.Helper()
	w := *b.world
	w.policies = nil
	cluster, err := w.cluster()
	if err != nil {
		t.Fatal(err)
	}
	if cluster.Policies, err = Stored(policies); err != nil {
		t.Fatal(err)
	}
	judge, err := e.New(cluster)
	if err != nil {
		t.Fatal(err)
	}
	return judge
}

// changed returns the first judge that sees another flow, and the flow. It asks about what the policies speak of that
// are not the same before and after.
func (b *bench) changed(t *testing.T, policies []networkingv1.NetworkPolicy) (judge, probe string) {
	t.Helper()
	const each = 150
	stored, err := Stored(policies)
	if err != nil {
		t.Fatal(err)
	}
	var probes []Probe
	for _, p := range append(missing(b.policies, stored), missing(stored, b.policies)...) {
		probes = append(probes, b.aim.probes(&p, each)...)
	}
	for _, e := range Engines() {
		after := b.judge(t, e, policies)
		for _, p := range probes {
			was, err := b.before[e.Name].Allowed(p)
			if err != nil {
				t.Fatal(err)
			}
			is, err := after.Allowed(p)
			if err != nil {
				t.Fatal(err)
			}
			if is != was {
				return e.Name, b.world.show(p)
			}
		}
	}
	return "", ""
}

// missing returns the policies of a that b has not.
func missing(a, b []networkingv1.NetworkPolicy) []networkingv1.NetworkPolicy {
	return slices.DeleteFunc(slices.Clone(a), func(p networkingv1.NetworkPolicy) bool {
		return slices.ContainsFunc(b, func(q networkingv1.NetworkPolicy) bool { return equality.Semantic.DeepEqual(p, q) })
	})
}
