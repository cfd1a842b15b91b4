package statements

import (
	"fmt"
	"slices"
	"testing"

	"github.com/npgen/npgen/internal/oracle/random"
)

// TestListOfTiers holds list to all flows that NetworkPolicies and ClusterNetworkPolicies allow together.
func TestListOfTiers(t *testing.T) {
	ofYAML(t, 1500, random.Tiered, func(c *random.Cluster, _, path string) ([]string, []wrong, error) {
		return judgeList(npgen("list", path, "--format", "json"), sideOf(c))
	})
}

// TestDiffOfTiers holds diff to what opens and closes between two sets of both.
func TestDiffOfTiers(t *testing.T) {
	first, count := seeds(t, 3000)
	x := newTally()
	every(first, count, func(seed uint64) {
		pair, dir := random.TieredPairs(seed), t.TempDir()
		judge := func(before, after *random.Cluster) ([]string, []wrong, error) {
			return judgeDiff(diffClusters(t, dir, before, after), sideOf(before), sideOf(after))
		}
		made, found, err := judge(pair.Before, pair.After)
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			return
		}
		x.makes(made...)
		x.isWrong(seed, found, func(w wrong) string {
			before, after := random.Shrink(pair.Before, pair.After, func(before, after *random.Cluster) bool {
				_, found, err := judge(before, after)
				return err == nil && slices.ContainsFunc(found, func(o wrong) bool { return o.statement == w.statement })
			})
			_, found, _ := judge(before, after)
			return fmt.Sprintf("edits: %v\n%s", pair.Edits, bothTexts(before, after, found))
		})
	})
	x.report(t, 2*count)
}
