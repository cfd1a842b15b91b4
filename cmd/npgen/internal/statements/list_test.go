package statements

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/internal/oracle"
	"github.com/npgen/npgen/internal/oracle/clusterpolicy"
	"github.com/npgen/npgen/internal/oracle/random"
)

// listing is what `npgen list --format json` writes, as far as it is held to the oracle.
type listing struct {
	Flows []row
}

type row struct {
	From, To       string
	FromSet, ToSet *oracle.Set
	Ports          []string
}

func (r *row) text() string { return fmt.Sprintf("%s -> %s: %v", r.From, r.To, r.Ports) }

const (
	setsOfRow   = "list: the row has its sets"
	rowIsTrue   = "list: the row holds for every pod of its sets"
	rowsAreAll  = "list: what no row covers is closed"
	rowsBesides = "list: what no row covers is closed, where no policy is"
	listDecides = "list: there is an answer"
)

// judgeList holds an answer of list to the oracle: the rows are true, and together they are all.
func judgeList(a answer, s side) (made []string, found []wrong, err error) {
	say := func(statement, format string, args ...any) {
		found = append(found, wrong{statement, fmt.Sprintf(format, args...)})
	}
	made = append(made, listDecides)
	var l listing
	if a.status != 0 {
		say(listDecides, "exit status %d: %s", a.status, a.err)
		return made, found, nil
	}
	if err := json.Unmarshal([]byte(a.out), &l); err != nil {
		say(listDecides, "%v", err)
		return made, found, nil
	}
	facts := oracle.Facts{Namespaces: s.namespaces, Cluster: [][]clusterpolicy.Policy{s.tiers}}
	for i := range l.Flows {
		r := &l.Flows[i]
		made = append(made, setsOfRow)
		if r.FromSet == nil || r.ToSet == nil {
			say(setsOfRow, "%s", r.text())
			continue
		}
		facts.Sets, facts.Ports = append(facts.Sets, *r.FromSet, *r.ToSet), append(facts.Ports, r.Ports...)
	}
	if len(found) > 0 {
		return made, found, nil
	}
	w, err := oracle.New(facts, s.policies)
	if err != nil {
		return nil, nil, err
	}
	if w.Undefined(0) != nil {
		if made = append(made, undefinedIsSaid); !strings.Contains(a.err, "undefined") {
			say(undefinedIsSaid, "%s", a.err)
		}
	} else if strings.Contains(a.err, "undefined") {
		say(undefinedIsSaid, "and there are none: %s", a.err)
	}
	said := make([][]oracle.Ports, w.Ends())
	for i := range said {
		said[i] = make([]oracle.Ports, w.Ends())
	}
	for i := range l.Flows {
		r := &l.Flows[i]
		untrue, err := addRow(w, r, said)
		if err != nil {
			return nil, nil, err
		}
		made = append(made, rowIsTrue)
		if untrue != nil {
			say(rowIsTrue, "%s, but not %s", r.text(), w.Example(*untrue))
		}
	}
	made = append(made, rowsAreAll, rowsBesides)
	governed := map[string]bool{}
	for _, p := range s.policies {
		governed[p.Namespace] = true
	}
	told := map[string]bool{}
	for from, to := range w.Pairs() {
		missing := w.Open(0, from, to).Minus(said[from][to])
		statement := rowsBesides
		if governed[w.Namespace(from)] || governed[w.Namespace(to)] {
			statement = rowsAreAll
		}
		if !missing.IsEmpty() && !told[statement] {
			told[statement] = true
			say(statement, "%s is open", w.Example(oracle.Flow{From: from, To: to, Ports: missing}))
		}
	}
	return made, found, nil
}

// addRow adds what a row says, and returns a flow of it that is not open.
func addRow(w *oracle.World, r *row, said [][]oracle.Ports) (*oracle.Flow, error) {
	froms, err := w.Members(r.FromSet)
	if err != nil {
		return nil, err
	}
	tos, err := w.Members(r.ToSet)
	if err != nil {
		return nil, err
	}
	ports, err := w.PortsOf(r.Ports...)
	if err != nil {
		return nil, err
	}
	var untrue *oracle.Flow
	for from, in := range froms {
		if !in {
			continue
		}
		for to, in := range tos {
			if !in || !w.Possible(from, to) {
				continue
			}
			said[from][to] = said[from][to].Or(ports)
			if closed := ports.And(w.Kinds(to)).Minus(w.Open(0, from, to)); !closed.IsEmpty() {
				untrue = &oracle.Flow{From: from, To: to, Ports: closed}
			}
		}
	}
	return untrue, nil
}

// TestListOfYAML holds list to all flows that policies which anyone wrote allow.
func TestListOfYAML(t *testing.T) {
	ofYAML(t, 1500, random.Policies, func(c *random.Cluster, _, path string) ([]string, []wrong, error) {
		return judgeList(npgen("list", path, "--format", "json"), sideOf(c))
	})
}

// ofYAML judges what is said of the file of each seed's cluster; full is how many are usual. It returns
// what was made of how many.
func ofYAML(t *testing.T, full int, cluster func(seed uint64) *random.Cluster, judged func(c *random.Cluster, text, path string) ([]string, []wrong, error)) (*tally, int) {
	t.Helper()
	first, count := seeds(t, full)
	x := newTally()
	every(first, count, func(seed uint64) {
		c, dir := cluster(seed), t.TempDir()
		judge := func(c *random.Cluster) ([]string, []wrong, error) {
			text, err := c.YAML()
			if err != nil {
				return nil, nil, err
			}
			return judged(c, text, write(t, dir, "policies.yaml", text))
		}
		made, found, err := judge(c)
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			return
		}
		x.makes(made...)
		x.isWrong(seed, found, func(w wrong) string {
			last := w.says
			still := func(c, _ *random.Cluster) bool {
				_, found, _ := judge(c)
				at := slices.IndexFunc(found, func(o wrong) bool { return o.statement == w.statement })
				if at >= 0 {
					last = found[at].says
				}
				return at >= 0
			}
			small, _ := random.Shrink(c, &random.Cluster{}, still)
			text, _ := small.YAML()
			return fmt.Sprintf("%s\nof which: %s", text, last)
		})
	})
	x.report(t, count)
	return x, count
}
