package gen_test

import (
	"path/filepath"
	"testing"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/sets"
)

// TestReasons asks about every pair of pods of every golden, and about addresses: what is open at an isolated end is
// opened by edges at a line of the package, by a rule that stands somewhere, and the edges open nothing else.
func TestReasons(t *testing.T) {
	for _, name := range goldens(t) {
		t.Run(name, func(t *testing.T) {
			dir, err := filepath.Abs(filepath.Join("..", "testdata", "golden", name))
			if err != nil {
				t.Fatal(err)
			}
			all, err := gen.Inquire(load.Env{Dir: dir}, gen.Input{Paths: []string{"./..."}})
			if err != nil {
				t.Fatal(err)
			}
			in := &all.Clusters[0]
			var ends []flows.Target
			for i := range in.Cluster.Pods {
				p := &in.Cluster.Pods[i]
				ends = append(ends, flows.Target{Name: p.Namespace + "/" + p.Name, Pod: p})
			}
			asked, findings := in.Ask("*/* -> 198.51.100.0/24:*")
			if len(findings) > 0 {
				t.Fatal(findings)
			}
			answers := 0
			check := func(from, to flows.Target) {
				for _, a := range in.Evaluator.Explain(from, to, sets.AllPorts()) {
					answers++
					checkReasons(t, in, a)
				}
			}
			for _, from := range ends {
				for _, to := range ends {
					check(from, to)
				}
			}
			for _, a := range asked {
				check(a.From, a.To)
				check(a.To, a.From)
			}
			if answers == 0 {
				t.Error("nothing was asked")
			}
		})
	}
}

func checkReasons(t *testing.T, in *gen.Inquiry, a flows.Answer) {
	t.Helper()
	for _, s := range []flows.Side{a.Egress, a.Ingress} {
		if len(s.Isolating) == 0 || !s.Governed() {
			continue
		}
		var declared sets.Ports
		for _, d := range in.Evaluator.Declared(in.Graph, s, a.Asked) {
			declared = declared.Union(d.Ports)
			if d.Pos.Line == 0 {
				t.Errorf("%s stands nowhere", d.Text)
			}
		}
		if !declared.Equal(s.Open) {
			t.Errorf("%s -> %s, %s: edges declare %q, rules open %q", a.From.Name, a.To.Name, s.Direction, declared, s.Open)
		}
		for _, r := range append(s.Opening, s.Near...) {
			if pos := in.Place(r.Index).Rule(r.Direction, r.Rule); pos.Line == 0 || pos.Col == 0 {
				t.Errorf("%s of %s stands nowhere", r.Direction, r.Policy)
			}
		}
		for _, r := range s.Isolating {
			if in.Place(r.Index).Policy().Line == 0 {
				t.Errorf("%s stands nowhere", r.Policy)
			}
		}
	}
}
