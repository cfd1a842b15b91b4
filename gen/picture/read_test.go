package picture

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/load"
)

// read reads clusters as the command does.
func read(t testing.TB, env load.Env, paths ...string) []Cluster {
	t.Helper()
	named, findings, _, err := gen.ReadClusters(env, gen.Input{Paths: paths})
	if err != nil || findings.Count(diag.Error) > 0 {
		t.Fatal(err, findings)
	}
	var out []Cluster
	for _, c := range named {
		out = append(out, list(t, c))
	}
	return out
}

func list(t testing.TB, c gen.Named) Cluster {
	t.Helper()
	in, err := c.Inquiry()
	if err != nil {
		t.Fatal(err)
	}
	listing, err := List(in, "")
	if err != nil {
		t.Fatal(err)
	}
	return Cluster{Listing: answer.Listing{Listing: listing, NotCounted: c.NotCounted, Cluster: c.Name}, Inquiry: in}
}

// text reads the text of a package or of manifests, and draws it.
func text(t testing.TB, source string) *Picture {
	t.Helper()
	return OfFlows(read(t, load.Env{Dir: t.TempDir(), Stdin: strings.NewReader(source)}, "-"), "")
}

// change draws what changes between two packages.
func change(t testing.TB, before, after string, all bool) *Picture {
	t.Helper()
	dir := t.TempDir()
	for name, source := range map[string]string{"old": before, "new": after} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "policy.cue"), []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	a, b, err := gen.ReadSides(load.Env{Dir: dir}, "old", "new", gen.SideOptions{})
	if err != nil || a.Findings.Count(diag.Error)+b.Findings.Count(diag.Error) > 0 {
		t.Fatal(err, a.Findings, b.Findings)
	}
	pairs, err := gen.Pairs(a, b)
	if err != nil {
		t.Fatal(err)
	}
	old, now := list(t, *pairs[0].OldSide), list(t, *pairs[0].NewSide)
	p, err := OfChanges([]Change{{Comparison: answer.Comparison{Comparison: flows.Compare(pairs[0].Before, pairs[0].After)}, Before: &old, After: &now}}, "", all)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// written returns a picture in a format.
func written(t testing.TB, p *Picture, format Format) string {
	t.Helper()
	var b strings.Builder
	if err := p.Write(&b, format); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// large is a package of many workloads and edges in namespaces of some ten, most edges within one; always the same.
func large(workloads, edges int) string {
	r := rand.New(rand.NewPCG(7, 7))
	namespaces := max(workloads/10, 1)
	name := func(i int) string { return fmt.Sprintf("ns%02d/svc-%03d", i%namespaces, i) }
	var b strings.Builder
	b.WriteString("package policy\n\nnamespaces: {\n")
	for i := range namespaces {
		fmt.Fprintf(&b, "\tns%02d: {}\n", i)
	}
	b.WriteString("}\nworkloads: {\n")
	for i := range workloads {
		fmt.Fprintf(&b, "\t%q: ports: http: 8080\n", name(i))
	}
	b.WriteString("}\nallow: [\n")
	seen := map[string]bool{}
	for len(seen) < edges {
		from, to := r.IntN(workloads), r.IntN(workloads)
		if r.IntN(10) < 6 {
			to = (from + namespaces*r.IntN(10)) % workloads
		}
		edge := name(from) + " -> " + name(to)
		if from == to || seen[edge] {
			continue
		}
		seen[edge] = true
		fmt.Fprintf(&b, "\t%q,\n", edge)
	}
	b.WriteString("]\n")
	return b.String()
}
