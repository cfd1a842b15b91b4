package gen_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/check"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/policy"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// What other packages open in the namespaces of a package with grants is no more than what the package alone would
// open if its grants were edges: for every pod, declared or not, and asked of the YAML and not of the edges.
func TestGrantsBound(t *testing.T) {
	kept, dropped, probes := 0, 0, 0
	for seed := range uint64(300) {
		packages := withGrants(t, seed)
		if packages == nil {
			continue
		}
		k, d := dropNotGranted(packages)
		kept, dropped = kept+k, dropped+d
		probes += checkBound(t, seed, packages)
	}
	t.Logf("%d edges of others are granted, %d are not; %d probes", kept, dropped, probes)
	if kept < 40 || dropped < 150 || probes < 50000 {
		t.Errorf("%d edges granted, %d not, %d probes: the test says little", kept, dropped, probes)
	}
}

// withGrants returns random packages as declared, the first of which grants something; nil where they are not legal.
func withGrants(t *testing.T, seed uint64) []*graph.Package {
	t.Helper()
	random := randomPackages(seed)
	if len(random) < 2 {
		return nil
	}
	r := rand.New(rand.NewPCG(seed, 5))
	var edges, grants []string
	for _, p := range random {
		edges = append(edges, p.edges...)
	}
	for range min(len(edges), 1+r.IntN(6)) {
		grants = append(grants, strings.NewReplacer(`half: "ingress"`, "", `half: "egress"`, "").Replace(edges[r.IntN(len(edges))]))
	}
	random[0].add("grant: [%s]", strings.Join(grants, ", "))
	result, _ := buildRandom(t, random, r)
	for _, f := range result.Findings {
		// A grant of what others own is refused, and does no harm here.
		if f.Severity == diag.Error && f.Rule != diag.NotGranted && f.Rule != diag.OwnerOnly {
			return nil
		}
	}
	packages := result.Graph.Packages
	slices.SortFunc(packages, func(a, b *graph.Package) int { return strings.Compare(a.CUEName, b.CUEName) })
	return packages
}

// dropNotGranted takes the edges that are not granted out of the packages, and counts those of others that are left
// and that went.
func dropNotGranted(packages []*graph.Package) (kept, dropped int) {
	g, _ := graph.Link(packages)
	refused := map[diag.Pos]bool{}
	for _, f := range check.Graph(g) {
		if f.Rule == diag.NotGranted {
			refused[f.Pos] = true
		}
	}
	for _, p := range packages[1:] {
		before := len(p.Allow)
		p.Allow = slices.DeleteFunc(p.Allow, func(d *graph.EdgeDecl) bool { return refused[d.Pos] })
		dropped += before - len(p.Allow)
	}
	for _, e := range g.Edges {
		if opens(g, e, packages[0]) && !refused[e.Decl.Pos] {
			kept++
		}
	}
	return kept, dropped
}

// opens reports whether an edge of another package emits something into a namespace of an owner.
func opens(g *graph.Graph, e *graph.Edge, owner *graph.Package) bool {
	for _, d := range graph.AllDirections() {
		subject, _ := e.End(d)
		if e.Package != owner && e.Emits(d) && slices.ContainsFunc(g.Subjects(subject, d), func(s graph.Subject) bool { return s.Namespace.Owner == owner }) {
			return true
		}
	}
	return false
}

func checkBound(t *testing.T, seed uint64, packages []*graph.Package) int {
	t.Helper()
	all := compiled(t, packages)
	alone := slices.Clone(packages)
	for i, p := range packages {
		x := *p
		x.Allow = nil
		if i == 0 {
			x.Allow = append(slices.Clone(p.Allow), p.Grant.Edges...)
		}
		alone[i] = &x
	}
	bound := compiled(t, alone)
	withAll, withGrants := flows.New(all), flows.New(bound)
	ends := probeEnds(all)
	probes := 0
	for _, s := range ends {
		if s.Pod == nil || !packages[0].Owns(s.Pod.Namespace) {
			continue
		}
		for _, o := range ends {
			probes += 2
			for what, more := range map[string]sets.Ports{
				"receive from": withAll.Ingress(o, s).Ports.Minus(withGrants.Ingress(o, s).Ports),
				"send to":      withAll.Egress(s, o).Ports.Minus(withGrants.Egress(s, o).Ports),
			} {
				if len(more) > 0 {
					t.Fatalf("seed %d: %s may %s %s on %s, which is not granted", seed, endName(s), what, endName(o), more)
				}
			}
		}
	}
	return probes
}

// compiled returns the cluster that packages make.
func compiled(t *testing.T, packages []*graph.Package) world.Cluster {
	t.Helper()
	g, _ := graph.Link(packages)
	policies, _ := policy.Compile(g)
	c, err := (&gen.Result{Graph: g, Policies: policies}).Cluster()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// probeEnds returns the pods of a cluster, pods that carry the labels of two of them, pods that nobody declares, and
// addresses.
func probeEnds(c world.Cluster) []flows.End {
	var out []flows.End
	add := func(p world.Pod) {
		if !p.HostNetwork {
			out = append(out, flows.End{Pod: &p})
		}
	}
	for i, p := range c.Pods {
		add(p)
		for _, q := range c.Pods[:i] {
			if q.Namespace == p.Namespace {
				both := maps.Clone(q.Labels)
				maps.Copy(both, p.Labels)
				add(world.Pod{Namespace: p.Namespace, Name: q.Name + "+" + p.Name, Labels: both})
			}
		}
	}
	for ns := range c.Namespaces {
		add(world.Pod{Namespace: ns, Name: "(other)", Labels: map[string]string{"undeclared": "x"}})
	}
	add(world.Pod{Namespace: "unheard-of", Name: "(other)"})
	for _, a := range []string{"8.8.8.8", "10.1.2.3", "10.9.8.7", "192.0.2.5", "2001:db8::1", "2001:db8:1::1"} {
		out = append(out, flows.End{Addr: netip.MustParseAddr(a)})
	}
	return out
}

func endName(e flows.End) string {
	if e.Pod == nil {
		return e.Addr.String()
	}
	return fmt.Sprintf("%s/%s %v", e.Pod.Namespace, e.Pod.Name, e.Pod.Labels)
}
