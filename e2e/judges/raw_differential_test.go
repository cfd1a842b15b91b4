package judges

import (
	"flag"
	"math/rand/v2"
	"testing"
)

var (
	seed  = flag.Uint64("seed", 1, "seed of the random clusters and packages")
	scale = flag.Int("scale", 1, "how many times the usual number of clusters, packages and mutations")
)

// TestRawPolicies compares npgen's evaluator with every judge over random policies of all field forms.
func TestRawPolicies(t *testing.T) {
	const clusters, probes = 1400, 100
	c := newComparison(func(s string) { t.Error(s) })
	t.Logf("seed %d", *seed)
	for i := range uint64(clusters * *scale) {
		w := randomWorld(*seed<<32 + i)
		if err := c.ask(w, w.probes(rand.New(rand.NewPCG(*seed, i)), probes)); err != nil {
			t.Fatal(err)
		}
	}
	c.log(t, "raw policies")
}
