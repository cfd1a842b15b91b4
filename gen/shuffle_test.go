package gen_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
	"github.com/npgen/npgen/gen/load"
)

// TestRandomPackages builds packages of all forms. Most must be legal, else the test says little.
func TestRandomPackages(t *testing.T) {
	legal := 0
	const seeds = 100
	for seed := range uint64(seeds) {
		if checkRandom(t, seed) {
			legal++
		}
	}
	if legal < seeds/3 {
		t.Errorf("only %d of %d packages are legal", legal, seeds)
	}
}

// Workloads that select the same pods each have their own word on DNS: the edge of the one gives the other none.
func TestSameSelector(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.cue"), []byte(`package p

namespace: "n"
deny:      "workload"
isolate:   "egress"
workloads: {
	silent: labels: app: "x"
	caller: {labels: app: "x", dns: false}
	server: ports: http: 80
}
allow: ["caller -> server"]
`), 0o644); err != nil {
		t.Fatal(err)
	}
	checkBuild(t, build(t, dir, "."))
}

func FuzzRandomPackages(f *testing.F) {
	f.Add(uint64(1000))
	f.Fuzz(func(t *testing.T, seed uint64) { checkRandom(t, seed) })
}

// checkRandom builds packages as they are, once more, and with all that they hold in another order: the output must be
// the same to the byte, and what every build keeps must hold. It reports whether the packages are legal.
func checkRandom(t *testing.T, seed uint64) bool {
	t.Helper()
	packages := randomPackages(seed)
	result, stream := buildRandom(t, packages, rand.New(rand.NewPCG(seed, 1)))
	for order := range uint64(3) {
		// The second build is the same, the others are shuffled.
		again, stream2 := buildRandom(t, packages, rand.New(rand.NewPCG(seed, 1+order)))
		if a, b := rules(result.Findings), rules(again.Findings); a != b {
			t.Errorf("seed %d, order %d: findings %s and %s", seed, order, a, b)
		}
		if !bytes.Equal(stream, stream2) {
			t.Errorf("seed %d, order %d: other bytes:\n%s\n%s", seed, order, stream, stream2)
		}
	}
	if result.Findings.Count(diag.Error) > 0 {
		return false
	}
	checkIsolation(t, result)
	checkBuild(t, result)
	checkStable(t, result)
	if t.Failed() {
		t.Fatalf("seed %d", seed)
	}
	return true
}

func buildRandom(t *testing.T, packages []*randomPackage, r *rand.Rand) (*gen.Result, []byte) {
	t.Helper()
	dir := t.TempDir()
	var args []string
	for _, p := range packages {
		if err := os.Mkdir(filepath.Join(dir, p.name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, p.name, "p.cue"), []byte(p.source(r)), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, p.name)
	}
	r.Shuffle(len(args), func(i, j int) { args[i], args[j] = args[j], args[i] })
	result, err := gen.Build(load.Env{Dir: dir}, args)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := write.Stream(result.Policies)
	if err != nil {
		t.Fatal(err)
	}
	return result, stream
}

// rules returns the findings by their rules alone: their places and the edges they name first depend on the order.
func rules(findings diag.List) string {
	var out []string
	for _, d := range findings.Sorted() {
		out = append(out, d.Severity.String()+" "+d.Rule)
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}
