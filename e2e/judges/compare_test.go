package judges

import (
	"fmt"
	"testing"
)

// comparison counts what the judges were asked and what they said.
type comparison struct {
	engines []Engine
	// probes and differences count by engine, known by engine and known difference.
	probes, allowed, differences map[string]int
	known                        map[string]int
	// tell is called with the first differences.
	tell func(string)
}

func newComparison(tell func(string)) *comparison {
	return &comparison{Engines(), map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, tell}
}

// ask holds npgen's evaluator against every judge on the probes.
func (c *comparison) ask(w *world, probes []Probe) error {
	for _, e := range c.engines {
		pair, err := newPair(w, e)
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", e.Name, err, w)
		}
		for _, p := range probes {
			got, want, err := pair.answers(p)
			if err != nil {
				return fmt.Errorf("%s: %s: %w\n%s", e.Name, w.show(p), err, w)
			}
			c.probes[e.Name]++
			if got {
				c.allowed[e.Name]++
			}
			if got != want {
				c.report(w, e, p, got)
			} else if pair.plain.allowed(p) != got {
				c.known[e.Name+": "+pair.reason(p, got)]++
			}
		}
	}
	return nil
}

func (c *comparison) report(w *world, e Engine, p Probe, got bool) {
	const most = 3
	if c.differences[e.Name]++; c.differences[e.Name] > most {
		return
	}
	small, q := shrink(w, p, func(w *world, p Probe) bool {
		pair, err := newPair(w, e)
		if err != nil {
			return false
		}
		judge, npgen, err := pair.answers(p)
		return err == nil && judge == got && npgen != got
	})
	c.tell(fmt.Sprintf("%s says %s, npgen says %s: %s\n%s", e.Name, word(got), word(!got), small.show(q), small))
}

func word(allowed bool) string { return map[bool]string{true: "allowed", false: "denied"}[allowed] }

// log prints the figures, one line each.
func (c *comparison) log(t *testing.T, what string) {
	total, differences := 0, 0
	for _, e := range c.engines {
		t.Logf("%s: %s: %d probes, %d allowed, %d differences", what, e.Name, c.probes[e.Name], c.allowed[e.Name], c.differences[e.Name])
		total, differences = total+c.probes[e.Name], differences+c.differences[e.Name]
	}
	for _, name := range sorted(c.known) {
		t.Logf("%s: known difference, %s: met on %d probes", what, name, c.known[name])
	}
	t.Logf("%s: in all %d probes, %d differences", what, total, differences)
}

// pair is a judge and npgen's evaluator on the same world.
type pair struct {
	judge Judge
	world *world
	// plain reads the API, adjusted has the engine's known differences written in.
	plain, adjusted *witness
	singles         map[string]*witness
	differences     []difference
}

func newPair(w *world, e Engine) (*pair, error) {
	out := &pair{world: w, differences: differencesOf(e.Name), singles: map[string]*witness{}}
	var err error
	if out.plain, err = w.witness(); err != nil {
		return nil, err
	}
	if out.adjusted, err = w.witness(out.differences...); err != nil {
		return nil, err
	}
	cluster, err := w.cluster()
	if err != nil {
		return nil, err
	}
	out.judge, err = e.New(cluster)
	return out, err
}

// answers returns the judge's and npgen's.
func (p *pair) answers(q Probe) (judge, npgen bool, err error) {
	judge, err = p.judge.Allowed(q)
	return judge, p.adjusted.allowed(q), err
}

const several = "several together"

// reason names the known difference that alone makes npgen answer as the judge does.
func (p *pair) reason(q Probe, got bool) string {
	for _, d := range p.differences {
		if p.singles[d.name] == nil {
			single, err := p.world.witness(d)
			if err != nil {
				continue
			}
			p.singles[d.name] = single
		}
		if p.singles[d.name].allowed(q) == got {
			return d.name
		}
	}
	return several
}
