package gen_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/load"
)

// TestReviewOwnOutput holds the review to what npgen writes: there is nothing to say of it.
func TestReviewOwnOutput(t *testing.T) {
	var folders []string
	for _, pattern := range []string{"../examples/*/policies", "../examples/clusters/policies/*", "../testdata/golden/*/want"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		folders = append(folders, found...)
	}
	for _, dir := range folders {
		if filepath.Base(filepath.Dir(dir)) == "open" {
			continue // a package that isolates nothing
		}
		if filepath.Base(filepath.Dir(dir)) == "clusters" {
			continue // whose folders are reviewed one by one
		}
		if files, err := filepath.Glob(dir + "/*/*.yaml"); err != nil || holdsCilium(t, files) {
			continue // whose objects review does not read
		}
		t.Run(dir, func(t *testing.T) { reviewIsSilent(t, load.Env{Dir: "."}, dir) })
	}
}

// TestReviewRandom reviews what random packages become: half edges, DNS over one protocol, everyone beside somebody.
func TestReviewRandom(t *testing.T) {
	legal := 0
	const seeds = 100
	for seed := range uint64(seeds) {
		result, stream := buildRandom(t, randomPackages(seed), rand.New(rand.NewPCG(seed, 1)))
		if len(result.Policies) == 0 {
			continue
		}
		legal++
		reviewIsSilent(t, load.Env{Stdin: bytes.NewReader(stream)}, "-")
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, stream)
		}
	}
	if legal < seeds/3 {
		t.Errorf("only %d of %d packages are legal", legal, seeds)
	}
}

func reviewIsSilent(t *testing.T, env load.Env, path string) {
	t.Helper()
	reviewed, err := gen.Review(env, gen.Input{Paths: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range reviewed.Findings {
		t.Errorf("%s", d)
	}
}

// holdsCilium reports whether files hold CiliumNetworkPolicies.
func holdsCilium(t *testing.T, files []string) bool {
	t.Helper()
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("\nkind: CiliumNetworkPolicy\n")) {
			return true
		}
	}
	return false
}
