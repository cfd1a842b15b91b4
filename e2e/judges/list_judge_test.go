package judges

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/npgen/npgen/internal/oracle"
	"github.com/npgen/npgen/internal/oracle/random"
)

// listing is what `npgen list --format json` writes.
type listing struct{ Flows []row }

type row struct {
	From, To       string
	FromSet, ToSet oracle.Set
	Ports          []string
}

func listOfYAML(t *testing.T, npgen program, c *statements, seed uint64) {
	cluster := random.Policies(seed)
	w := rawGenerator{rand.New(rand.NewPCG(seed, 31))}.strangers(cluster, cluster.Policies)
	c.list(t, npgen, save(t, "policies.yaml", clusterText(t, cluster)), w, seed)
}

func listOfPackages(t *testing.T, npgen program, c *statements, seed uint64) {
	talk := mixedTalk(seed)
	if w, _ := compile(t, talk, seed); w != nil {
		c.list(t, npgen, save(t, "policy.cue", talk.cue()), w.unstated(talk, seed), seed)
	}
}

func clusterText(t *testing.T, c *random.Cluster) string {
	t.Helper()
	text, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// list holds the rows of a listing to the judges: a probe is open where a row has it, and there alone.
func (c *statements) list(t *testing.T, npgen program, path string, w *world, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 32))
	answer := npgen.run(t, "list", path, "--format", "json")
	var l listing
	if err := json.Unmarshal([]byte(answer.out), &l); err != nil || answer.status != 0 {
		t.Fatalf("seed %d: exit status %d: %v %s", seed, answer.status, err, answer.err)
	}
	panel := panelOf(t, w)
	all := c.ask(t, append(w.probes(r, 90), aimed(t, w, r)...), panel)
	c.cases, c.made = c.cases+1, c.made+len(l.Flows)
	c.differ(t, seed, l.judge(t, w, all), func() string { return clipped(w, "\n", answer.out) })
	if len(l.Flows) > 0 {
		less := listing{cutAt(l.Flows, r.IntN(len(l.Flows)))}
		c.cutting(len(less.judge(t, w, all)) > 0)
	}
}

// judge returns the probes that a listing has otherwise than a judge.
func (l *listing) judge(t *testing.T, w *world, all []asked) []string {
	t.Helper()
	var found []string
	for _, a := range all {
		want, which := denied, "no row"
		for _, r := range l.Flows {
			on, err := w.onPorts(r.Ports, a.Probe)
			if err != nil {
				t.Fatal(err)
			}
			if on && w.in(r.FromSet, a.From) && w.in(r.ToSet, a.To) {
				want, which = allowed, fmt.Sprintf("the row %s -> %s:%v", r.From, r.To, r.Ports)
				break
			}
		}
		for i, e := range Engines() {
			if got := a.said[0][i]; got != silent && got != want {
				found = append(found, fmt.Sprintf("%s says %s, and %s has it: %s", e.Name, word(got == allowed), which, w.show(a.Probe)))
			}
		}
	}
	return found
}
