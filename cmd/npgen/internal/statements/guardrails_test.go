package statements

import (
	"fmt"
	"strings"
	"testing"

	"github.com/npgen/npgen/internal/oracle"
)

// verdict is one of the three answers.
type verdict int

const (
	holds   verdict = iota
	assumed         // broken only by pods that take an assumption: a warning
	broken          // an error
)

func (v verdict) String() string { return [...]string{"holds", "warning", "error"}[v] }

// in returns the ends and ports of a question in a world.
func (a *asked) in(w *oracle.World) (from, to []bool, ports oracle.Ports, err error) {
	if from, err = w.Members(&a.from.set); err != nil {
		return nil, nil, ports, err
	}
	if to, err = w.Members(&a.to.set); err != nil {
		return nil, nil, ports, err
	}
	ports, err = w.PortsOf(a.ports...)
	return from, to, ports, err
}

// judge says which answer is right, and shows why.
func judge(w *oracle.World, a *asked) (verdict, string, error) {
	from, to, ports, err := a.in(w)
	if err != nil {
		return 0, "", err
	}
	out, example := holds, "every flow"
	for f, t := range w.Pairs() {
		if !from[f] || !to[t] {
			continue
		}
		against := ports.And(w.Open(0, f, t))
		if a.list == "allow" {
			against = ports.And(w.Kinds(t)).Minus(w.Open(0, f, t))
		}
		if against.IsEmpty() {
			continue
		}
		v := assumed
		if w.End(f).Plain && w.End(t).Plain {
			v = broken
		}
		if v > out {
			out, example = v, w.Example(oracle.Flow{From: f, To: t, Ports: against}).String()
		}
		if out == broken {
			break
		}
	}
	return out, example, nil
}

// judgeAsked holds the findings of a rule, one for each question that does not hold, to the oracle.
func judgeAsked(x *talk, worlds []*oracle.World, source, report, rule string, lists ...string) (made []string, found []wrong, err error) {
	all, err := findings(report)
	if err != nil {
		return nil, nil, err
	}
	said := map[int]verdict{}
	lines := strings.Split(source, "\n")
	for _, f := range all {
		if f.Rule != rule {
			if f.Severity == "error" {
				return nil, nil, fmt.Errorf("an error of another rule: %+v", f)
			}
			continue
		}
		says := func(line int) bool {
			var n int
			_, comment, _ := strings.Cut(lines[line-1], "// asked ")
			if _, err := fmt.Sscanf(comment, "%d.", &n); err != nil {
				return false
			}
			said[n] = max(said[n], map[string]verdict{"warning": assumed, "error": broken}[f.Severity])
			return true
		}
		if !says(f.Line) {
			return nil, nil, fmt.Errorf("%+v stands at %q", f, lines[f.Line-1])
		}
		for _, r := range f.Related { // a finding for several questions stands at the first
			says(r.Line)
		}
	}
	for n := range x.asked {
		a := &x.asked[n]
		for _, list := range lists {
			if a.list != list {
				continue
			}
			statement := fmt.Sprintf("%s: %s: %s", rule, list, said[n])
			made = append(made, statement)
			isRight := false
			var right verdict
			var example string
			for _, w := range worlds {
				if right, example, err = judge(w, a); err != nil {
					return nil, nil, err
				}
				isRight = isRight || said[n] == right
			}
			if !isRight {
				found = append(found, wrong{statement, fmt.Sprintf("`%s`: right is %s, by %s", a.edge(), right, example)})
			}
		}
	}
	return made, found, nil
}

// smaller returns the package without some edges, questions and fields, where the same is still wrong.
func (x *talk) smaller(still func(*talk) bool) *talk {
	for again := true; again; {
		again = false
		for i := 0; i < len(x.edges)+len(x.asked)+len(x.fields); i++ {
			y := *x
			switch at := i; {
			case at < len(x.edges):
				y.edges = without(x.edges, at)
			case at < len(x.edges)+len(x.asked):
				y.asked = without(x.asked, at-len(x.edges))
			default:
				y.fields = without(x.fields, at-len(x.edges)-len(x.asked))
			}
			if still(&y) {
				*x, again = y, true
				i--
			}
		}
	}
	return x
}

func without[T any](list []T, i int) []T { return append(append([]T(nil), list[:i]...), list[i+1:]...) }

// worlds builds a package and returns what its policies allow, and whether there are any. The namespace of the DNS
// profile is one that the package names but does not declare: whether it has labels that nobody stated is left open, so
// there are two worlds, and either answer is right.
func (x *talk) worlds(t testing.TB, dir string) ([]*oracle.World, bool, error) {
	a := npgen("build", "-q", write(t, dir, "built.cue", x.source()))
	if a.status != 0 {
		return nil, false, nil
	}
	policies, err := emitted(a.out)
	if err != nil {
		return nil, false, err
	}
	var out []*oracle.World
	for _, more := range [][]string{nil, {"kube-system"}} {
		facts := x.facts()
		facts.Named = append(facts.Named, more...)
		w, err := oracle.New(facts, policies)
		if err != nil {
			return nil, false, err
		}
		out = append(out, w)
	}
	return out, true, nil
}

// held runs a command on a package and holds its findings to the oracle.
func (x *talk) held(t testing.TB, dir, command, rule string, lists ...string) (made []string, found []wrong, legal bool, err error) {
	worlds, legal, err := x.worlds(t, dir)
	if !legal {
		return nil, nil, false, err
	}
	source := x.source(lists...)
	a := npgen(command, write(t, dir, command+".cue", source), "--format", "json")
	made, found, err = judgeAsked(x, worlds, source, a.err, rule, lists...)
	return made, found, true, err
}

// statementsOfPackages holds what a command says of questions in random packages to the oracle.
func statementsOfPackages(t *testing.T, command, rule string, lists ...string) {
	t.Helper()
	knows := languageOf(t, t.TempDir())
	t.Logf("packages are with %+v", knows)
	packages[*talk]{
		count: 1500, legal: 6, smaller: (*talk).smaller,
		random: func(seed uint64) *talk { return randomTalk(seed, knows) },
		held: func(p *talk, _ uint64, dir string) ([]string, []wrong, bool, error) {
			return p.held(t, dir, command, rule, lists...)
		},
		source: func(p *talk) string { return p.source(lists...) },
	}.hold(t)
}

// TestGuardrails holds forbidden-flow to all flows that the policies of a package open.
func TestGuardrails(t *testing.T) { statementsOfPackages(t, "vet", "forbidden-flow", "forbid") }

// TestClaims holds test-fails to all flows that the policies of a package open.
func TestClaims(t *testing.T) { statementsOfPackages(t, "test", "test-fails", "allow", "deny") }
