package statements

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/internal/oracle"
	"github.com/npgen/npgen/internal/oracle/random"
)

const (
	notesCount     = "list: so many workloads are isolated"
	notesOpen      = "list: what is not isolated for a direction is named, and nothing else"
	notesUnreached = "list: what nobody reaches is named"
	notesReached   = "list: what is reachable by nobody has no flow"
)

// TestListNotes holds the lines below a listing to all pods that can exist.
func TestListNotes(t *testing.T) {
	ofYAML(t, 600, random.Policies, func(c *random.Cluster, _, path string) ([]string, []wrong, error) {
		return judgeNotes(npgen("list", path), c)
	})
}

func judgeNotes(a answer, c *random.Cluster) (made []string, found []wrong, err error) {
	say := func(statement, format string, args ...any) {
		found = append(found, wrong{statement, fmt.Sprintf(format, args...)})
	}
	if a.status != 0 || len(c.Pods) == 0 {
		return nil, nil, nil
	}
	x := &reviewed{Cluster: c}
	names := slices.Sorted(maps.Keys(c.Pods))
	facts := oracle.Facts{Namespaces: c.Namespaces}
	for _, name := range names {
		facts.Sets = append(facts.Sets, oracle.Set{Pods: []oracle.Selection{x.workload(name)}})
	}
	w, err := oracle.New(facts, c.Policies)
	if err != nil {
		return nil, nil, err
	}
	note := func(start string) []string {
		for line := range strings.Lines(a.out) {
			if rest, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), start); ok {
				return strings.Split(rest, ", ")
			}
		}
		return nil
	}
	directions := []string{oracle.Ingress: "ingress", oracle.Egress: "egress"}
	isolated, open := [2]int{}, [2][]string{}
	var unreached []string
	for i, name := range names {
		members, err := w.Members(&facts.Sets[i])
		if err != nil {
			return nil, nil, err
		}
		all, none, reached := [2]bool{true, true}, [2]bool{true, true}, false
		for pod, in := range members {
			if !in {
				continue
			}
			for d := range directions {
				all[d], none[d] = all[d] && w.IsIsolated(0, d, pod), none[d] && !w.IsIsolated(0, d, pod)
			}
			for from := range members {
				reached = reached || w.Possible(from, pod) && !w.Open(0, from, pod).IsEmpty()
			}
		}
		for d := range directions {
			if all[d] {
				isolated[d]++
			}
			if none[d] {
				open[d] = append(open[d], name)
			}
		}
		if !reached {
			unreached = append(unreached, name)
		}
	}
	made = append(made, notesCount, notesOpen)
	want := fmt.Sprintf("of %d workloads policies isolate %d for ingress, %d for egress\n", len(names), isolated[oracle.Ingress], isolated[oracle.Egress])
	if len(names) == 1 {
		want = strings.Replace(want, "1 workloads", "1 workload", 1)
	}
	if !strings.Contains(a.out, want) {
		say(notesCount, "to be %s", want)
	}
	for d, name := range directions {
		if len(open[d]) == len(names) {
			open[d] = nil // the count says it
		}
		if got := note("not isolated for " + name + ": "); !slices.Equal(got, open[d]) {
			say(notesOpen, "%s: %q, to be %q", name, got, open[d])
		}
	}
	said := note("reachable by nobody: ")
	for _, name := range said {
		made = append(made, notesReached)
		if !slices.Contains(unreached, name) {
			say(notesReached, "%s", name)
		}
	}
	for _, name := range unreached {
		made = append(made, notesUnreached)
		if !slices.Contains(said, name) {
			say(notesUnreached, "%s", name)
		}
	}
	return made, found, nil
}
