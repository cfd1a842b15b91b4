package gen_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/policy"
	"github.com/npgen/npgen/gen/reach"
)

// sizes are fleets: workloads and random edges between them.
var sizes = []struct{ workloads, edges int }{{100, 500}, {1500, 9300}, {10000, 50000}}

// fleet makes a build of one package in Go, so that the benchmarks measure what follows the load.
func fleet(tb testing.TB, workloads, edges int) *gen.Result {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	p := &graph.Package{
		Namespace: graph.Text{Value: "fleet"},
		Isolate:   graph.Isolation{Directions: graph.Both, Set: true},
		DNS:       graph.DNSConfig{Auto: true, Namespace: "kube-system", Labels: map[string]string{"k8s-app": "kube-dns"}, Ports: []int{53}},
		Output:    graph.Output{Name: "fleet"},
	}
	for i := range workloads {
		p.Workloads = append(p.Workloads, &graph.WorkloadDecl{
			Name:  graph.Text{Value: fmt.Sprintf("s%d", i)},
			Ports: []graph.NamedPort{{Name: "http", Port: graph.Port{Range: graph.Range{Lo: 8080, Hi: 8080}}}},
		})
	}
	for range edges {
		peer := func() []graph.PeerRef {
			return []graph.PeerRef{{PeerExpr: graph.PeerExpr{Name: fmt.Sprintf("s%d", r.IntN(workloads))}}}
		}
		p.Allow = append(p.Allow, &graph.EdgeDecl{From: peer(), To: peer()})
	}
	g, findings := graph.Link([]*graph.Package{p})
	policies, clashes := policy.Compile(g)
	if all := append(findings, clashes...); all.Count(diag.Error) > 0 {
		tb.Fatal(all)
	}
	return &gen.Result{Graph: g, Policies: policies}
}

// BenchmarkProof reads the stream back and compares it with the graph.
func BenchmarkProof(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("%d-%d", size.workloads, size.edges), func(b *testing.B) {
			result := fleet(b, size.workloads, size.edges)
			stream, err := manifest.Stream(result.Policies)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				proof, err := result.Prove(stream)
				if err != nil || len(proof.Differences) > 0 {
					b.Fatal(err, proof.Differences)
				}
			}
			perEdge(b, size.edges)
		})
	}
}

// BenchmarkList lists all flows of policies that are read already.
func BenchmarkList(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("%d-%d", size.workloads, size.edges), func(b *testing.B) {
			cluster, err := fleet(b, size.workloads, size.edges).Cluster()
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if rows := reach.New(cluster.WithUnknown()).Flows(); len(rows) < size.edges/2 {
					b.Fatal("too few flows", len(rows))
				}
			}
			perEdge(b, size.edges)
		})
	}
}

// perEdge reports the time for each edge: it stays the same where the work grows linearly.
func perEdge(b *testing.B, edges int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(edges), "ns/edge")
}
