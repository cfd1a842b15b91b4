package statements

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/npgen/npgen/internal/oracle/random"
)

// TestPromise holds the promise of the gate (SECURITY.md): whatever a change does, and however it is written, what the
// oracle says opens is in the answer of diff, and list has no row that is untrue.
func TestPromise(t *testing.T) {
	first, count := seeds(t, 600)
	x := newTally()
	every(first, count, func(seed uint64) {
		pair, dirs := random.Pairs(seed), [2]string{t.TempDir(), t.TempDir()}
		for i, c := range []*random.Cluster{pair.Before, pair.After} {
			if err := newDisguise(t, seed, 21+uint64(i)).cluster(c, dirs[i]); err != nil {
				t.Errorf("seed %d: %v", seed, err)
				return
			}
		}
		show := func(wrong) string { return bothTexts(pair.Before, pair.After, nil) }
		made, found, err := judgeDiff(npgen("diff", dirs[0], dirs[1], "--format", "json"), sideOf(pair.Before), sideOf(pair.After))
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			return
		}
		x.makes(made...)
		x.isWrong(seed, found, show)
		made, found, err = judgeList(npgen("list", dirs[1], "--format", "json"), sideOf(pair.After))
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			return
		}
		x.makes(made...)
		x.isWrong(seed, found, show)
	})
	x.report(t, 3*count)
}

// TestPromiseOfRevisions is TestPromise of what is committed, where folders are links.
func TestPromiseOfRevisions(t *testing.T) {
	first, count := seeds(t, 60)
	count = min(count, 300)
	x := newTally()
	for seed := first; seed < first+uint64(count); seed++ {
		pair, dir := random.Pairs(seed), t.TempDir()
		t.Chdir(dir)
		git(t, "init", "--quiet")
		for i, c := range []*random.Cluster{pair.Before, pair.After} {
			for _, old := range []string{"real", "policies"} {
				if err := os.RemoveAll(old); err != nil {
					t.Fatal(err)
				}
			}
			real := filepath.Join("real", []string{"a", "b"}[i])
			if err := newDisguise(t, seed, 31+uint64(i)).cluster(c, real); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if err := os.Symlink(real, "policies"); err != nil {
				t.Fatal(err)
			}
			git(t, "add", "--all")
			git(t, "-c", "user.name=n", "-c", "user.email=n@example.com", "commit", "--quiet", "--allow-empty", "--message", "m")
		}
		made, found, err := judgeDiff(npgen("diff", "git:HEAD~1:policies", "git:HEAD:policies", "--format", "json"), sideOf(pair.Before), sideOf(pair.After))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		x.makes(made...)
		x.isWrong(seed, found, func(wrong) string { return bothTexts(pair.Before, pair.After, nil) })
	}
	x.report(t, 3*count)
}

func git(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}
