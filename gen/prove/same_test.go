package prove_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/prove"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/internal/oracle"
	"github.com/npgen/npgen/internal/oracle/random"
)

// TestRandomPairs holds the comparison to the oracle, which tries all pods that can exist: there is a difference just
// where some pod is isolated, or some flow passes one direction, on one side alone.
func TestRandomPairs(t *testing.T) {
	pairs := uint64(400)
	if testing.Short() {
		pairs = 100
	}
	if text := os.Getenv("NPGEN_STATEMENTS"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		pairs = n
	}
	same, rewritten := 0, 0
	for seed := range pairs {
		pair := random.Pairs(seed)
		w, err := oracle.New(oracle.Facts{}, pair.Before.Policies, pair.After.Policies)
		if err != nil {
			t.Fatal(err)
		}
		want := w.Same(0, 1)
		found := prove.PolicyDifferences(rules(pair.Before.Policies), rules(pair.After.Policies))
		if want != (len(found) == 0) {
			t.Errorf("seed %d, %v: they mean the same: %t, and the comparison finds %v", seed, pair.Edits, want, found)
		}
		for _, line := range found {
			if !strings.Contains(line, ", e.g. ") {
				t.Errorf("seed %d: a difference without an example: %s", seed, line)
			}
		}
		if want {
			same++
		}
		if pair.Rewritten {
			rewritten++
		}
	}
	t.Logf("%d of %d pairs mean the same, %d are only written otherwise", same, pairs, rewritten)
	if same < int(pairs)/10 || same > int(pairs)*9/10 {
		t.Errorf("%d of %d pairs mean the same: too few or too many to say anything", same, pairs)
	}
}

// rules is what policies mean, with the API server's defaults.
func rules(in []networkingv1.NetworkPolicy) []rule.Policy {
	out := make([]networkingv1.NetworkPolicy, len(in))
	for i := range in {
		in[i].DeepCopyInto(&out[i])
		read.Default(&out[i])
	}
	return read.Rules(out)
}
