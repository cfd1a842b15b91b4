package inventory

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

func TestCheck(t *testing.T) {
	golden(t, "testdata/check/*.txtar", "findings", func(t *testing.T, file func(string) string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "app.yaml"), []byte(file("app.yaml")), 0o644); err != nil {
			t.Fatal(err)
		}
		inv, read, err := Read(dir, []string{"app.yaml"}, nil, budget.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		g, findings := link(t, file("policy.cue"))
		if findings.Count(diag.Error) > 0 {
			t.Error(report(t, findings))
		}
		return report(t, append(read, Check(g, inv)...))
	})
}

// TestCheckOwners has two packages, each of which speaks with `*/*` for its own namespaces alone.
func TestCheckOwners(t *testing.T) {
	everyone := graph.PeerRef{PeerExpr: graph.PeerExpr{Kind: graph.AllNamespaces}}
	a := &graph.Package{
		Namespace: graph.Text{Value: "a"}, Isolate: graph.Isolation{Directions: graph.Both},
		Allow: []*graph.EdgeDecl{{From: []graph.PeerRef{everyone}, To: []graph.PeerRef{everyone}, Ports: &graph.PortsExpr{All: true}}},
	}
	b := &graph.Package{Namespace: graph.Text{Value: "b"}, Isolate: graph.Isolation{Directions: graph.Both}}
	g, findings := graph.Link([]*graph.Package{a, b})
	if len(findings) > 0 {
		t.Fatal(report(t, findings))
	}
	got := report(t, Check(g, &Inventory{Workloads: []*Workload{
		{Kind: "Pod", Namespace: "a", Name: "x"}, {Kind: "Pod", Namespace: "b", Name: "x"},
	}}))
	const want = "info: no workload selects the pods of Pod `x` in namespace `b`: the default deny cuts them off [undeclared-pods]\n  Pod `x`\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
