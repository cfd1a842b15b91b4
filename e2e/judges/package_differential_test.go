package judges

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
	"github.com/npgen/npgen/gen/load"
)

// TestPackages compiles random packages and compares, on every probe, what the package means by its edges, what
// npgen's evaluator reads in the YAML, and what every judge reads in it.
func TestPackages(t *testing.T) {
	const packages, probes = 360, 130
	c := newComparison(func(s string) { t.Error(s) })
	compiled, refused, read, differences := 0, map[string]int{}, 0, 0
	for i := range uint64(packages * *scale) {
		talk := randomTalk(*seed<<32 + i)
		w, refusal := compile(t, talk, i)
		if w == nil {
			refused[refusal]++
			continue
		}
		compiled++
		r := rand.New(rand.NewPCG(*seed, i))
		chosen := append(newReading(talk, w).sieve(r, w.probes(r, 6*probes), probes), aimed(t, w, r)...)
		read += len(chosen)
		differences += compareReading(t, talk, w, chosen, i)
		if err := c.ask(w, chosen); err != nil {
			t.Fatal(err)
		}
	}
	for _, rule := range sorted(refused) {
		t.Logf("packages: npgen refused %d, first finding [%s]", refused[rule], rule)
	}
	t.Logf("packages: %d compiled; the reading of their edges: %d probes, %d differences", compiled, read, differences)
	c.log(t, "packages")
	if compiled < packages/2 {
		t.Errorf("only %d packages compile", compiled)
	}
}

// compile returns the world of a package, or the rule by which npgen refuses it.
func compile(t *testing.T, talk *talk, seed uint64) (*world, string) {
	t.Helper()
	result := build(t, talk.cue())
	if result.Findings.Count(diag.Error) > 0 {
		for _, d := range result.Findings {
			if d.Severity == diag.Error {
				return nil, d.Rule
			}
		}
	}
	return inhabited(t, result, seed), ""
}

func build(t *testing.T, source string) *gen.Result {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "policy.cue"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	result, err := gen.Build(load.Env{Dir: dir}, []string{"."})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// inhabited is what a build wrote, among the pods it declares and others.
func inhabited(t *testing.T, result *gen.Result, seed uint64) *world {
	t.Helper()
	cluster, err := result.Cluster()
	if err != nil {
		t.Fatal(err)
	}
	g := rawGenerator{rand.New(rand.NewPCG(seed, 4))}
	w := &world{pods: cluster.Pods, namespaces: cluster.Namespaces, v6: g.one(3)}
	w.policies = written(t, result.Policies)
	g.inhabit(w)
	return w
}

// written is the policies as npgen writes them.
func written(t *testing.T, policies []networkingv1.NetworkPolicy) []tree {
	t.Helper()
	stream, err := write.Stream(policies)
	if err != nil {
		t.Fatal(err)
	}
	out, err := documents(stream)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// aimed asks about what each policy speaks of.
func aimed(t *testing.T, w *world, r *rand.Rand) []Probe {
	t.Helper()
	const each = 4
	cluster, err := w.cluster()
	if err != nil {
		t.Fatal(err)
	}
	var out []Probe
	for i := range cluster.Policies {
		out = append(out, aim{r, w}.probes(&cluster.Policies[i], each)...)
	}
	return out
}

// sieve keeps probes at whose ends something is isolated, and a few of the others.
func (r *reading) sieve(rnd *rand.Rand, probes []Probe, most int) []Probe {
	out := slices.DeleteFunc(probes, func(p Probe) bool {
		return !r.isolated(p.From, egress) && !r.isolated(p.To, ingress) && rnd.IntN(12) > 0
	})
	return out[:min(most, len(out))]
}

// compareReading holds npgen's evaluator against the package's own edges.
func compareReading(t *testing.T, talk *talk, w *world, probes []Probe, seed uint64) int {
	t.Helper()
	witness, err := w.witness()
	if err != nil {
		t.Fatal(err)
	}
	reading, found := newReading(talk, w), 0
	for _, p := range probes {
		if want, got := reading.allowed(p), witness.allowed(p); want != got {
			if found++; found == 1 {
				smaller := smallest(t, talk, seed, p, want)
				t.Errorf("%s: declared %s, the YAML says %s\n%s", w.show(p), word(want), word(got), smaller.cue())
			}
		}
	}
	return found
}

// smallest drops edges while the probe stays declared and written otherwise.
func smallest(t *testing.T, all *talk, seed uint64, p Probe, want bool) *talk {
	t.Helper()
	for again := true; again; {
		again = false
		for i := range all.edges {
			smaller := *all
			smaller.edges = slices.Delete(slices.Clone(all.edges), i, i+1)
			w, _ := compile(t, &smaller, seed)
			if w == nil || newReading(&smaller, w).allowed(p) != want {
				continue
			}
			if witness, err := w.witness(); err == nil && witness.allowed(p) != want {
				all, again = &smaller, true
				break
			}
		}
	}
	return all
}

func documents(stream []byte) ([]tree, error) {
	var out []tree
	for _, doc := range splitDocuments(stream) {
		t, err := parseTree(doc)
		if err != nil {
			return nil, fmt.Errorf("%w in\n%s", err, doc)
		}
		if t != nil {
			out = append(out, t)
		}
	}
	return out, nil
}
