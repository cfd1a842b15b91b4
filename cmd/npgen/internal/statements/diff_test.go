package statements

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/internal/oracle"
	"github.com/npgen/npgen/internal/oracle/clusterpolicy"
	"github.com/npgen/npgen/internal/oracle/random"
)

// comparison is what `npgen diff --format json` writes, as far as it is held to the oracle.
type comparison struct {
	Opened, Closed, Changed []change
	Isolation               []struct{ Pods string }
}

type change struct {
	From, To      []string
	Before, After []string
	// Addresses is set where a name stands for other addresses than before: some open, and some close.
	Addresses  *[2]string
	Undeclared bool
	Witness    *oracle.Witness
}

func (c *change) text() string {
	return fmt.Sprintf("%v -> %v: %v becomes %v", c.From, c.To, c.Before, c.After)
}

// side is policies beside what is known of namespaces.
type side struct {
	policies   []networkingv1.NetworkPolicy
	tiers      []clusterpolicy.Policy
	namespaces map[string]map[string]string
}

const undefinedIsSaid = "policies of one priority that contradict each other are said"

// judgeDiff holds an answer of diff to the oracle.
func judgeDiff(a answer, before, after side) (made []string, found []wrong, err error) {
	say := func(statement, format string, args ...any) {
		found = append(found, wrong{statement, fmt.Sprintf(format, args...)})
	}
	const decided = "diff: the answer is decided"
	made = append(made, decided)
	w, err := oracle.New(oracle.Facts{Namespaces: before.namespaces, Cluster: [][]clusterpolicy.Policy{before.tiers, after.tiers}}, before.policies, after.policies)
	if err != nil {
		return nil, nil, err
	}
	if w.Undefined(0) != nil || w.Undefined(1) != nil {
		made = []string{undefinedIsSaid}
		// Where nothing changes, nothing does whoever decides.
		d := w.Diff(0, 1)
		if changes := d.Opened != nil || d.Closed != nil; !strings.Contains(a.err, "undefined") || changes && a.status != 2 {
			say(undefinedIsSaid, "exit status %d: %s%s", a.status, a.err, a.out)
		}
		return made, found, nil
	}
	if a.status != 0 && a.status != 1 {
		say(decided, "exit status %d: %s", a.status, a.err)
		return made, found, nil
	}
	var c comparison
	if err := json.Unmarshal([]byte(a.out), &c); err != nil {
		say(decided, "%v: %s%s", err, a.out, a.err)
		return made, found, nil
	}
	d := w.Diff(0, 1)
	entries := slices.Concat(c.Opened, c.Closed, c.Changed)
	example := func(f *oracle.Flow) string {
		if f == nil {
			return "none"
		}
		return w.Example(*f).String()
	}
	// What opens is said, and what is said to open opens.
	for _, way := range []struct {
		verb     string
		flow     *oracle.Flow
		only     []change
		from, to func(*change) []string
	}{
		{"opens", d.Opened, c.Opened, func(e *change) []string { return e.Before }, func(e *change) []string { return e.After }},
		{"closes", d.Closed, c.Closed, func(e *change) []string { return e.After }, func(e *change) []string { return e.Before }},
	} {
		says, err := gains(way.only, c.Changed, way.from, way.to)
		if err != nil {
			return nil, nil, err
		}
		says = says || slices.ContainsFunc(c.Changed, func(e change) bool { return e.Addresses != nil })
		hidden, untrue := "diff: nothing "+way.verb, "diff: something "+way.verb
		if says {
			made = append(made, untrue)
		} else {
			made = append(made, hidden)
		}
		switch {
		case way.flow != nil && !says:
			say(hidden, "it does not say so, and %s", example(way.flow))
		case way.flow == nil && says:
			say(untrue, "it says so, and nothing does: %s", texts(entries))
		}
	}
	const none = "diff: no flow changes"
	if len(entries) == 0 {
		made = append(made, none)
		if d.Opened != nil || d.Closed != nil {
			say(none, "opened: %s; closed: %s", example(d.Opened), example(d.Closed))
		}
	}
	if changed := isolationChange(w); d.Opened == nil && d.Closed == nil && changed != "" {
		const isolation = "diff: isolation that changes no flow is said"
		made = append(made, isolation)
		if len(c.Isolation) == 0 {
			say(isolation, "of %s", changed)
		}
	}
	const status = "diff: the exit status"
	made = append(made, status)
	if want := min(1, len(entries)); a.status != want {
		say(status, "%d with %d entries", a.status, len(entries))
	}
	for i := range entries {
		if e := &entries[i]; e.Witness != nil || e.Undeclared {
			m, f := judgeWitness(e, before, after)
			made, found = append(made, m), append(found, f...)
		}
	}
	return made, found, nil
}

// isolationChange returns an example of pods that only one side isolates, "" where there are none.
func isolationChange(w *oracle.World) string {
	for from, to := range w.Pairs() {
		if w.IsIsolated(0, oracle.Egress, from) != w.IsIsolated(1, oracle.Egress, from) || w.IsIsolated(0, oracle.Ingress, to) != w.IsIsolated(1, oracle.Ingress, to) {
			return "an end of " + w.Example(oracle.Flow{From: from, To: to, Ports: w.Kinds(to)}).String()
		}
	}
	return ""
}

// gains reports whether an entry has ports in one list that the other has not. Those of only do by where they stand.
func gains(only, changed []change, from, to func(*change) []string) (bool, error) {
	if len(only) > 0 {
		return true, nil
	}
	for i := range changed {
		w, err := oracle.New(oracle.Facts{Ports: append(slices.Clone(from(&changed[i])), to(&changed[i])...)})
		if err != nil {
			return false, err
		}
		less, err := w.PortsOf(from(&changed[i])...)
		if err != nil {
			return false, err
		}
		more, err := w.PortsOf(to(&changed[i])...)
		if err != nil {
			return false, err
		}
		if !more.Minus(less).IsEmpty() {
			return true, nil
		}
	}
	return false, nil
}

// judgeWitness confirms the flow that an entry gives as an example.
func judgeWitness(e *change, before, after side) (string, []wrong) {
	const statement = "diff: the witness of an entry"
	say := func(format string, args ...any) []wrong { return []wrong{{statement, fmt.Sprintf(format, args...)}} }
	if e.Witness == nil {
		return statement, say("%s has none", e.text())
	}
	if err := e.Witness.Check(before.namespaces); err != nil {
		return statement, say("%s: %v", e.text(), err)
	}
	was, is := e.Witness.IsOpen(before.policies, before.tiers...), e.Witness.IsOpen(after.policies, after.tiers...)
	if was == is || len(e.Before) == 0 && was || len(e.After) == 0 && is {
		return statement, say("%s: %s was open: %t, is open: %t", e.text(), e.Witness, was, is)
	}
	return statement, nil
}

func texts(entries []change) string {
	var out []string
	for i := range entries {
		out = append(out, entries[i].text())
	}
	return strings.Join(out, "; ")
}

// diffClusters asks npgen how two clusters differ.
func diffClusters(t testing.TB, dir string, before, after *random.Cluster) answer {
	t.Helper()
	var paths []string
	for i, c := range []*random.Cluster{before, after} {
		text, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, write(t, dir, []string{"before", "after"}[i]+".yaml", text))
	}
	return npgen("diff", paths[0], paths[1], "--format", "json")
}

func sideOf(c *random.Cluster) side { return side{c.Policies, c.Tiers, c.Namespaces} }

// TestDiffOfYAML holds diff to what opens and closes between two sets of policies that anyone wrote.
func TestDiffOfYAML(t *testing.T) {
	first, count := seeds(t, 3000)
	x := newTally()
	every(first, count, func(seed uint64) {
		pair, dir := random.Pairs(seed), t.TempDir()
		judge := func(before, after *random.Cluster) []wrong {
			_, found, err := judgeDiff(diffClusters(t, dir, before, after), sideOf(before), sideOf(after))
			if err != nil {
				return nil
			}
			return found
		}
		made, found, err := judgeDiff(diffClusters(t, dir, pair.Before, pair.After), sideOf(pair.Before), sideOf(pair.After))
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			return
		}
		x.makes(made...)
		x.isWrong(seed, found, func(w wrong) string {
			still := func(before, after *random.Cluster) bool {
				return slices.ContainsFunc(judge(before, after), func(o wrong) bool { return o.statement == w.statement })
			}
			before, after := random.Shrink(pair.Before, pair.After, still)
			return fmt.Sprintf("edits: %v\n%s", pair.Edits, bothTexts(before, after, judge(before, after)))
		})
	})
	x.report(t, 3*count)
}

func bothTexts(before, after *random.Cluster, found []wrong) string {
	a, _ := before.YAML()
	b, _ := after.YAML()
	return fmt.Sprintf("before:\n%s\nafter:\n%s\nof which: %v", a, b, found)
}
