package main

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sameFleets holds each cluster of the fleets to what its base says by itself, and tenants to one another: what is
// measured is the same many times over.
func sameFleets(t *testing.T, h *harness) {
	dir := filepath.Join(t.TempDir(), "clusters")
	if err := h.clusters(dir, 3); err != nil {
		t.Fatal(err)
	}
	base, err := h.fleet(size{workloads: 200, edges: 1000}, "lists", "workload")
	if err != nil {
		t.Fatal(err)
	}
	want := objects(t, output(t, h.program("npgen", base, "build", "-q", ".")))
	for _, cluster := range []string{"c000", "c001", "c002"} {
		got := objects(t, output(t, h.program("npgen", dir, "build", "-q", "./old/...", "--cluster", cluster)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is not its base (-base +cluster):\n%.4000s", cluster, diff)
		}
	}
	if n, err := h.emitted(dir); err != nil || n != 3*len(want) {
		t.Errorf("%d policies are counted, want %d: %v", n, 3*len(want), err)
	}

	dir = filepath.Join(t.TempDir(), "tenants")
	const each = 2 + 4 + 3 // two default denies, four that are called, three that call
	for _, n := range []int{1, 7} {
		if err := tenants(dir, n); err != nil {
			t.Fatal(err)
		}
		if got := len(objects(t, output(t, h.program("npgen", dir, "build", "-q", ".")))); got != n*each {
			t.Errorf("%d tenants have %d policies, want %d", n, got, n*each)
		}
	}
}
