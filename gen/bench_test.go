package gen_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/check"
	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/policy"
	"github.com/npgen/npgen/gen/prove"
	"github.com/npgen/npgen/internal/fleet"
)

// BenchmarkBuild has each stage of a build by itself, for profiles: `go test ./gen -run '^$' -bench Build/1500-9300/yaml
// -cpuprofile cpu.prof`. What stages cost beside other programs, `make bench` says.
func BenchmarkBuild(b *testing.B) {
	for _, size := range []struct{ workloads, edges int }{{100, 500}, {1500, 9300}, {10000, 50000}} {
		b.Run(fmt.Sprintf("%d-%d", size.workloads, size.edges), func(b *testing.B) {
			f, err := fleet.New(size.workloads, size.edges)
			if err != nil {
				b.Fatal(err)
			}
			env := load.Env{Dir: b.TempDir()}
			for _, shape := range []fleet.Shape{fleet.Packages, fleet.OnePackage} {
				put(b, filepath.Join(env.Dir, string(shape)), f.CUE(shape, "workload"))
				b.Run("load-"+string(shape), func(b *testing.B) {
					for b.Loop() {
						loaded(b, env, string(shape)+"/...")
					}
				})
			}
			stages(b, loaded(b, env, string(fleet.OnePackage)))
		})
	}
}

// stages runs what comes after the load.
func stages(b *testing.B, packages []*graph.Package) {
	g, findings := graph.Link(packages)
	policies, clashes := policy.Compile(g)
	stream, err := write.Stream(policies)
	if err != nil || len(findings) > 0 || len(clashes) > 0 {
		b.Fatal(err, findings, clashes)
	}
	back, err := read.Policies(stream)
	if err != nil {
		b.Fatal(err)
	}
	for _, stage := range []struct {
		name string
		run  func()
	}{
		{"link", func() { graph.Link(packages) }},
		{"check", func() { check.Graph(g) }},
		{"policies", func() { policy.Compile(g) }},
		{"yaml", func() { _, _ = write.Stream(policies) }},
		{"read", func() { _, _ = read.Policies(stream) }},
		{"proof", func() { prove.Differences(read.Rules(back), g) }},
	} {
		b.Run(stage.name, func(b *testing.B) {
			for b.Loop() {
				stage.run()
			}
		})
	}
}

// BenchmarkList lists all flows of policies that are read already.
func BenchmarkList(b *testing.B) {
	f, err := fleet.New(1500, 9300)
	if err != nil {
		b.Fatal(err)
	}
	env := load.Env{Dir: b.TempDir()}
	put(b, env.Dir, f.CUE(fleet.OnePackage, "workload"))
	clusters, _, _, err := gen.ReadClusters(env, gen.Input{Paths: []string{"."}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if l, err := flows.List(clusters[0].Cluster, flows.Only{}); err != nil || len(l.Rows) < len(f.Edges) {
			b.Fatal("too few flows", len(l.Rows))
		}
	}
}

func loaded(b *testing.B, env load.Env, arg string) []*graph.Package {
	b.Helper()
	sources, err := load.Sources(env.Dir, []string{arg})
	if err != nil {
		b.Fatal(err)
	}
	result, err := load.Packages(env, sources)
	if err != nil || len(result.Findings) > 0 {
		b.Fatal(err, result.Findings)
	}
	return result.Packages
}

func put(b testing.TB, dir string, files map[string]string) {
	b.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
}
