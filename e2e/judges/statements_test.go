package judges

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestStatements holds what npgen says of every pod that can exist to the judges: each is asked about pods that are
// declared and pods that nobody declares, and npgen's answer must say what they say.
func TestStatements(t *testing.T) {
	npgen := newProgram(t)
	t.Logf("seed %d", *seed)
	for _, x := range []struct {
		name  string
		count int
		judge func(*testing.T, program, *statements, uint64)
	}{
		{"diff of YAML", 160, diffOfYAML},
		{"diff of packages", 110, diffOfPackages},
		{"list of YAML", 160, listOfYAML},
		{"list of packages", 70, listOfPackages},
		{"guardrails and claims", 150, claims},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := &statements{most: 3}
			for i := range uint64(x.count * *scale) {
				x.judge(t, npgen, c, *seed<<32+i)
			}
			c.log(t, x.name, x.count**scale)
		})
	}
}

// statements counts what was asked, and what npgen says otherwise than a judge.
type statements struct {
	cases, made, probes, differences int
	// cut counts answers of which a part was taken away, caught those of which the judges tell.
	cut, caught int
	// unseen counts findings that no probe shows.
	unseen int
	// most is how many differences are shown.
	most int
}

// differ reports what is wrong with an answer; of is the input.
func (c *statements) differ(t *testing.T, seed uint64, found []string, of func() string) {
	t.Helper()
	if len(found) == 0 {
		return
	}
	if c.differences++; c.differences <= c.most {
		t.Errorf("seed %d: %s\n%s", seed, found[0], of())
	}
}

func (c *statements) log(t *testing.T, what string, count int) {
	t.Helper()
	t.Logf("%s: %d of %d inputs, %d statements, %d probes, %d differences, %d findings not met", what, c.cases, count, c.made, c.probes, c.differences, c.unseen)
	t.Logf("%s: of %d answers with a part cut out, %d caught", what, c.cut, c.caught)
	if c.differences > 0 || c.cases < count/3 || c.caught < c.cut/3 || c.cut == 0 || c.unseen > c.made/20 {
		t.Error("too many differences, or too little was asked")
	}
}

// cutting counts whether the judges tell of an answer without a part.
func (c *statements) cutting(isTold bool) {
	c.cut++
	if isTold {
		c.caught++
	}
}

// asked is a probe and what each engine says of it, with the policies of each side.
type asked struct {
	Probe
	said [][]opinion
}

// ask asks all panels.
func (c *statements) ask(t *testing.T, probes []Probe, panels ...*panel) []asked {
	t.Helper()
	var out []asked
	for _, p := range probes {
		a := asked{Probe: p}
		for _, panel := range panels {
			said, err := panel.ask(p)
			if err != nil {
				t.Fatal(err)
			}
			a.said = append(a.said, said)
			c.probes += len(said)
		}
		out = append(out, a)
	}
	return out
}

func panelOf(t *testing.T, w *world) *panel {
	t.Helper()
	out, err := newPanel(w)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// candidates is some probes with a property, each between other ends of which between says that they may have it.
func (w *world) candidates(r *rand.Rand, most int, between func(from, to Side) bool, isOf func(Probe) bool) []Probe {
	var pairs [][2]Side
	for _, from := range w.sides() {
		for _, to := range w.sides() {
			if (from.Pod >= 0 || to.Pod >= 0) && between(from, to) {
				pairs = append(pairs, [2]Side{from, to})
			}
		}
	}
	r.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	ports := w.interestingPorts()
	var out []Probe
	for _, ends := range pairs {
		r.Shuffle(len(ports), func(i, j int) { ports[i], ports[j] = ports[j], ports[i] })
		if p, found := firstOf(ends, ports, isOf); found {
			out = append(out, p)
		}
		if len(out) == most {
			break
		}
	}
	return out
}

func anyEnds(Side, Side) bool { return true }

func firstOf(ends [2]Side, ports []int, isOf func(Probe) bool) (Probe, bool) {
	for _, port := range ports {
		for _, protocol := range protocols()[1:] {
			if p := (Probe{ends[0], ends[1], protocol, port}); isOf(p) {
				return p, true
			}
		}
	}
	return Probe{}, false
}

// clipped is text of which not more than this is worth reading.
func clipped(parts ...any) string {
	text := fmt.Sprint(parts...)
	return text[:min(len(text), 20000)]
}

func cutAt[T any](list []T, i int) []T { return slices.Delete(slices.Clone(list), i, i+1) }
