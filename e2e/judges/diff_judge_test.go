package judges

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/npgen/npgen/internal/oracle"
	"github.com/npgen/npgen/internal/oracle/random"
)

// comparisonJSON is what `npgen diff --format json` writes.
type comparisonJSON struct{ Opened, Closed, Changed []entry }

type entry struct {
	From, To      []string
	Before, After []string
	Except        []struct {
		From, To      string
		Before, After []string
	}
	Addresses  *[2]string
	Undeclared bool
	Witness    *oracle.Witness
}

func (e *entry) String() string {
	return fmt.Sprintf("%v -> %v: %v becomes %v", e.From, e.To, e.Before, e.After)
}

func (x *comparisonJSON) entries() []entry { return slices.Concat(x.Opened, x.Closed, x.Changed) }

// comparing is two sets of policies among the same pods.
type comparing struct {
	*world
	names names
	// sides is the judges with the old policies, and with the new ones.
	sides [2]*panel
	// isDeclared reports whether a pod is one that is declared.
	isDeclared func(Side) bool
}

func diffOfYAML(t *testing.T, npgen program, c *statements, seed uint64) {
	pair := random.Pairs(seed)
	both := slices.Concat(pair.Before.Policies, pair.After.Policies)
	w := rawGenerator{rand.New(rand.NewPCG(seed, 33))}.strangers(pair.Before, both)
	x := comparing{world: w, names: newNames()}
	x.isDeclared = func(s Side) bool { // and no label of its namespace is one that nobody stated
		if s.Pod < 0 {
			return true
		}
		_, known := pair.Before.Namespaces[w.pods[s.Pod].Namespace]
		return s.Pod < len(pair.Before.Pods) && (known || len(w.namespaces[w.pods[s.Pod].Namespace]) == 0)
	}
	x.names.isStranger = func(s Side) bool { return s.Pod >= len(pair.Before.Pods) }
	for key, labels := range pair.Before.Pods {
		x.names.workloads[key] = declaredPod(key, labels)
	}
	before, after := save(t, "before.yaml", clusterText(t, pair.Before)), save(t, "after.yaml", clusterText(t, pair.After))
	c.diff(t, npgen, before, after, &x, [2][]tree{treesOf(pair.Before.Policies), treesOf(pair.After.Policies)}, seed)
}

func diffOfPackages(t *testing.T, npgen program, c *statements, seed uint64) {
	old := mixedTalk(seed)
	edited := old.edited(seed)
	v, _ := compile(t, old, seed)
	w, _ := compile(t, edited, seed)
	if v == nil || w == nil {
		return
	}
	w = w.unstated(old, seed)
	x := comparing{world: w.with(slices.Concat(v.policies, w.policies)), names: namesOf(old)}
	x.isDeclared = newReading(old, w).isDeclared
	before, after := save(t, "policy.cue", old.cue()), save(t, "policy.cue", edited.cue())
	c.diff(t, npgen, before, after, &x, [2][]tree{v.policies, w.policies}, seed)
}

// diff holds a comparison to the judges.
func (c *statements) diff(t *testing.T, npgen program, before, after string, x *comparing, policies [2][]tree, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 34))
	answer := npgen.run(t, "diff", before, after, "--format", "json")
	var all comparisonJSON
	if err := json.Unmarshal([]byte(answer.out), &all); err != nil || answer.status > 1 {
		t.Fatalf("seed %d: exit status %d: %v %s", seed, answer.status, err, answer.err)
	}
	for i := range policies {
		x.sides[i] = panelOf(t, x.world.with(policies[i]))
	}
	probes := append(x.probes(r, 60), aimed(t, x.world, r)...)
	changing := x.candidates(r, 40, anyEnds, func(p Probe) bool { return x.sides[0].likely(p) != x.sides[1].likely(p) })
	known := c.ask(t, append(probes, changing...), x.sides[:]...)
	c.cases, c.made = c.cases+1, c.made+len(all.entries())
	found := x.judge(t, &all, known)
	for _, e := range all.entries() {
		found = append(found, x.shown(t, c, &e, policies, r)...)
	}
	if (answer.status == 1) != (len(all.entries()) > 0) {
		found = append(found, fmt.Sprintf("exit status %d with %d entries", answer.status, len(all.entries())))
	}
	of := func() string {
		return clipped(answer.out, "\nbefore:\n", x.with(policies[0]), "\nafter:\n", x.with(policies[1]))
	}
	c.differ(t, seed, found, of)
	for _, list := range []*[]entry{&all.Opened, &all.Closed, &all.Changed} {
		if whole := *list; len(whole) > 0 {
			*list = cutAt(whole, r.IntN(len(whole)))
			c.cutting(len(x.judge(t, &all, known)) > 0)
			*list = whole
		}
	}
}

// judge returns the probes that open or close, and of which a comparison does not say so.
func (x *comparing) judge(t *testing.T, all *comparisonJSON, known []asked) []string {
	t.Helper()
	var found []string
	entries := all.entries()
	for _, a := range known {
		for i, engine := range Engines() {
			was, is := a.said[0][i], a.said[1][i]
			if was == silent || is == silent || was == is {
				continue
			}
			isSaid, isSaidOfDeclared := false, false
			for n := range entries {
				if x.says(t, &entries[n], a.Probe, is == allowed, true) {
					isSaid, isSaidOfDeclared = true, isSaidOfDeclared || !entries[n].Undeclared
				}
			}
			verb := map[opinion]string{allowed: "opens", denied: "closes"}[is]
			switch {
			case !isSaid:
				found = append(found, fmt.Sprintf("by %s this %s, and no entry says so: %s", engine.Name, verb, x.show(a.Probe)))
			case !isSaidOfDeclared && x.isDeclared(a.From) && x.isDeclared(a.To):
				found = append(found, fmt.Sprintf("by %s this %s between declared pods, and the entry says undeclared: %s", engine.Name, verb, x.show(a.Probe)))
			}
		}
	}
	return found
}

// says reports whether an entry says of a probe that it opens, or that it closes. Of ends of which names do not tell
// whether they are meant it is what else says.
func (x *comparing) says(t *testing.T, e *entry, p Probe, opens, otherwise bool) bool {
	t.Helper()
	less, more := e.Before, e.After
	if !opens {
		less, more = more, less
	}
	if !x.are(t, e.From, e.To, p, otherwise) || !x.on(t, more, p) || x.on(t, less, p) {
		return false
	}
	for _, but := range e.Except {
		if x.are(t, []string{but.From}, []string{but.To}, p, !otherwise) && x.on(t, but.Before, p) {
			return false
		}
	}
	return true
}

func (x *comparing) on(t *testing.T, ports []string, p Probe) bool {
	t.Helper()
	out, err := x.onPorts(ports, p)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// are reports whether the ends of a probe have some of the names.
func (x *comparing) are(t *testing.T, from, to []string, p Probe, otherwise bool) bool {
	t.Helper()
	is := func(list []string, s Side) bool {
		return slices.ContainsFunc(list, func(name string) bool {
			out, err := x.names.has(x.world, name, s, otherwise)
			if err != nil {
				t.Fatal(err)
			}
			return out
		})
	}
	return is(from, p.From) && is(to, p.To)
}

// shown returns why an entry is not confirmed: nothing that it says opens or closes, does.
func (x *comparing) shown(t *testing.T, c *statements, e *entry, policies [2][]tree, r *rand.Rand) []string {
	t.Helper()
	flips := func(a asked) bool {
		return len(e.After) > 0 && bears(a.said[0], denied) && bears(a.said[1], allowed) ||
			len(e.Before) > 0 && bears(a.said[0], allowed) && bears(a.said[1], denied)
	}
	if e.Witness != nil {
		var sides []*panel
		var probe Probe
		for _, of := range policies {
			w, p, can, err := worldOfWitness(e.Witness, of)
			switch {
			case err != nil:
				return []string{fmt.Sprintf("%s: the witness %s: %v", e, e.Witness, err)}
			case !can:
				return nil
			}
			sides, probe = append(sides, panelOf(t, w)), p
		}
		if !flips(c.ask(t, []Probe{probe}, sides...)[0]) {
			return []string{fmt.Sprintf("%s: the judges do not confirm the witness %s", e, e.Witness)}
		}
		return nil
	}
	if e.Undeclared {
		return []string{fmt.Sprintf("%s: there is no witness", e)}
	}
	isOf := func(p Probe) bool { return x.says(t, e, p, true, false) || x.says(t, e, p, false, false) }
	between := func(from, to Side) bool { return x.are(t, e.From, e.To, Probe{From: from, To: to}, true) }
	if len(x.candidates(r, 1, between, isOf)) == 0 {
		return nil // none of its pods and addresses are in this world
	}
	examples := x.candidates(r, 8, between, func(p Probe) bool {
		was, is := x.sides[0].likely(p), x.sides[1].likely(p)
		return was != is && x.says(t, e, p, is, true)
	})
	if !slices.ContainsFunc(c.ask(t, examples, x.sides[:]...), flips) {
		return []string{fmt.Sprintf("%s: no probe of it opens or closes", e)}
	}
	return nil
}
