//go:build corpus

// Real applications are no part of the project: `NPGEN_CORPUS=<folder> go test -tags corpus -run TestTable -v ./gen/draft`
// reads those at <folder>/apps/NAME/manifests. What they really do stands in testdata/truth, each edge read from the
// manifests and sources that the first line of its file names; `code:` marks those of which manifests hold no evidence.

package draft

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/evidence"
	"github.com/npgen/npgen/gen/inventory"
)

// truth is what an application really does.
type truth struct{ told, code map[string]bool }

func readTruth(t *testing.T, path string) truth {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := truth{map[string]bool{}, map[string]bool{}}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if edge, isCode := strings.CutPrefix(line, "code: "); isCode {
			out.code[edge] = true
		} else if line != "" && line[0] != '#' {
			out.told[line] = true
		}
	}
	return out
}

// found returns the edges that the manifests of a folder give evidence of, with whether they are sure.
func found(t *testing.T, dir string) map[string]bool {
	inv, _, err := inventory.Read(dir, []string{"."}, nil, budget.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s := newStarter(inv)
	out := map[string]bool{}
	add := func(edge string, sure bool) { out[edge] = out[edge] || sure }
	for _, c := range s.Calls() {
		from := map[evidence.Caller]string{evidence.Anyone: "any", evidence.Controller: "controller", evidence.APIServer: "apiserver"}[c.Caller]
		to := s.unitOf[c.To]
		if c.Caller == evidence.Pods {
			if u := s.unitOf[c.From]; u == nil || u.hostNetwork() || u == to && !c.OwnPod {
				continue
			} else {
				from = s.peer(u)
			}
		}
		if c.Everyone || from == "" || to == nil || to.hostNetwork() {
			continue
		}
		for _, p := range c.Ports {
			add(fmt.Sprintf("%s -> %s:%s", from, s.peer(to), p), c.Sure)
		}
	}
	for _, n := range s.Needs() {
		if u := s.unitOf[n.From]; u != nil && !u.hostNetwork() {
			add(s.peer(u)+" -> apiserver", n.Sure)
		}
	}
	return out
}

// score is how many edges are right, wrong and missed.
type score struct{ right, wrong, missed int }

func (s *score) add(t score) {
	s.right, s.wrong, s.missed = s.right+t.right, s.wrong+t.wrong, s.missed+t.missed
}

func (s score) String() string {
	share := func(n, of int) string {
		if of == 0 {
			return "   -"
		}
		return fmt.Sprintf("%.2f", float64(n)/float64(of))
	}
	return fmt.Sprintf("%s (%d of %d) %s (%d of %d)", share(s.right, s.right+s.wrong), s.right, s.right+s.wrong, share(s.right, s.right+s.missed), s.right, s.right+s.missed)
}

// TestTable prints precision and recall of the evidence, edge by edge and port by port, and holds which edges are wrong.
func TestTable(t *testing.T) {
	corpus := os.Getenv("NPGEN_CORPUS")
	if corpus == "" {
		t.Fatal("NPGEN_CORPUS names no folder of applications")
	}
	names, err := filepath.Glob("testdata/truth/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	var total [2]score
	code := 0
	var surelyWrong []string
	t.Logf("%-22s %-8s precision, recall of sure edges / of all edges", "application", "in code")
	for _, name := range names {
		app := strings.TrimSuffix(filepath.Base(name), ".txt")
		dir := filepath.Join(corpus, "apps", app, "manifests")
		if _, err := os.Stat(dir); err != nil {
			t.Logf("%-22s not there: %s", app, dir)
			continue
		}
		real, guessed := readTruth(t, name), found(t, dir)
		var of [2]score
		var wrong, missed []string
		for edge, sure := range guessed {
			isRight := real.told[edge] || real.code[edge]
			count(&of[1], isRight)
			if sure {
				count(&of[0], isRight)
			}
			if !isRight {
				wrong = append(wrong, map[bool]string{true: "sure: ", false: "unsure: "}[sure]+edge)
			}
		}
		for edge := range real.told {
			if !guessed[edge] {
				of[0].missed++
			}
			if _, known := guessed[edge]; !known {
				of[1].missed++
				missed = append(missed, edge)
			}
		}
		code += len(real.code)
		for i := range total {
			total[i].add(of[i])
		}
		t.Logf("%-22s %-8d %v / %v", app, len(real.code), of[0], of[1])
		slices.Sort(wrong)
		slices.Sort(missed)
		for _, w := range wrong {
			t.Log("    wrong, " + w)
		}
		for _, m := range missed {
			t.Log("    missed: " + m)
		}
		surelyWrong = append(surelyWrong, slices.DeleteFunc(wrong, func(w string) bool { return strings.HasPrefix(w, "unsure") })...)
	}
	t.Logf("%-22s %-8d %v / %v", "all", code, total[0], total[1])
	for _, edge := range surelyWrong {
		if !slices.Contains(knownWrong(), edge) {
			t.Errorf("wrong, and not known to be: %s", edge)
		}
	}
	if total[1].missed > 9 || total[1].wrong > 8 {
		t.Errorf("of all edges %d are missed and %d wrong, more than there were", total[1].missed, total[1].wrong)
	}
}

func count(s *score, isRight bool) {
	if isRight {
		s.right++
	} else {
		s.wrong++
	}
}

// knownWrong is the edges that manifests surely tell a program of, which the program does not use.
func knownWrong() []string {
	return []string{"sure: frontend -> flagd:8013"}
}
