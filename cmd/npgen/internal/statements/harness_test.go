package statements

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/npgen/npgen/cmd/npgen/internal/cli"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // as the program does
	os.Exit(m.Run())
}

// answer is what npgen said.
type answer struct {
	out, err string
	status   int
}

// npgen runs a command.
func npgen(args ...string) answer {
	var out, err bytes.Buffer
	status := cli.Main(args, strings.NewReader(""), &out, &err)
	return answer{out.String(), err.String(), status}
}

// write writes a file below a folder and returns its path.
func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// seeds returns where the seeds of a test begin, and how many there are; full is how many are usual.
func seeds(t testing.TB, full int) (first uint64, count int) {
	t.Helper()
	count = full
	if testing.Short() {
		count = full / 20
	}
	for name, set := range map[string]func(uint64){
		"NPGEN_STATEMENTS":      func(n uint64) { count = int(n) },
		"NPGEN_STATEMENTS_SEED": func(n uint64) { first = n },
	} {
		if text := os.Getenv(name); text != "" {
			n, err := strconv.ParseUint(text, 10, 32)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			set(n)
		}
	}
	return first, count
}

// wrong is a statement that is not true.
type wrong struct {
	// statement is which; says is what shows it.
	statement, says string
}

// tally counts statements and those that are wrong.
type tally struct {
	sync.Mutex
	made, wrong map[string]int
	// shown is wrong statements in full; seeds is where each first was.
	shown []string
	seeds map[string][]uint64
}

func newTally() *tally {
	return &tally{made: map[string]int{}, wrong: map[string]int{}, seeds: map[string][]uint64{}}
}

// made notes that a statement was made.
func (x *tally) makes(statements ...string) {
	x.Lock()
	defer x.Unlock()
	for _, s := range statements {
		x.made[s]++
	}
}

// shownOf is how many wrong ones of a kind are shown in full.
const shownOf = 2

// isWrong notes wrong statements of a seed. Of each kind the first are shown, with an input that reproduce makes
// smaller.
func (x *tally) isWrong(seed uint64, found []wrong, reproduce func(wrong) string) {
	x.Lock()
	defer x.Unlock()
	known := map[string]bool{}
	for _, w := range found {
		if known[w.statement] {
			continue
		}
		known[w.statement] = true
		x.wrong[w.statement]++
		x.seeds[w.statement] = append(x.seeds[w.statement], seed)
		if x.wrong[w.statement] <= shownOf {
			x.shown = append(x.shown, fmt.Sprintf("seed %d: %s: %s\n%s", seed, w.statement, w.says, reproduce(w)))
		}
	}
}

// report says what was counted, and fails the test where something was wrong.
func (x *tally) report(t *testing.T, least int) {
	t.Helper()
	for _, text := range x.shown {
		t.Error(text)
	}
	total := 0
	for _, s := range slices.Sorted(maps.Keys(x.made)) {
		total += x.made[s]
		t.Logf("%-60s %6d made %5d wrong  seeds %v", s, x.made[s], x.wrong[s], x.seeds[s][:min(6, len(x.seeds[s]))])
		if x.wrong[s] > 0 {
			t.Fail()
		}
	}
	for s, n := range x.wrong {
		if x.made[s] == 0 {
			t.Errorf("%-60s        made %5d wrong  seeds %v", s, n, x.seeds[s][:min(6, len(x.seeds[s]))])
		}
	}
	if total < least {
		t.Errorf("%d statements were made, and at least %d should be", total, least)
	}
}

// every calls do for each seed, on all cores.
func every(first uint64, count int, do func(seed uint64)) {
	var all sync.WaitGroup
	next := make(chan uint64)
	for range 2 {
		all.Go(func() {
			for seed := range next {
				do(seed)
			}
		})
	}
	for i := range count {
		next <- first + uint64(i)
	}
	close(next)
	all.Wait()
}

// packages is random packages of a kind, and how a statement about them is judged.
type packages[P any] struct {
	// count is how many are usual; of ten, at least legal ones must be such that npgen takes them.
	count, legal int
	random       func(seed uint64) P
	// held judges one; it is false where npgen refuses it.
	held func(p P, seed uint64, dir string) ([]string, []wrong, bool, error)
	// smaller returns the smallest part of one for which something still is.
	smaller func(p P, still func(P) bool) P
	source  func(P) string
	// more is what is shown besides the source of one in which a statement is wrong.
	more func(p P, seed uint64) string
}

// hold judges random packages, and shows of each kind of wrong statement the smallest packages that have it.
func (x packages[P]) hold(t *testing.T) {
	t.Helper()
	first, count := seeds(t, x.count)
	counted, legal := newTally(), newTally()
	every(first, count, func(seed uint64) {
		p, dir := x.random(seed), t.TempDir()
		made, found, isLegal, err := x.held(p, seed, dir)
		switch {
		case err != nil:
			t.Errorf("seed %d: %v\n%s", seed, err, x.source(p))
			return
		case !isLegal:
			return
		}
		legal.makes("legal")
		counted.makes(made...)
		counted.isWrong(seed, found, func(w wrong) string {
			last := w.says
			small := x.smaller(p, func(y P) bool {
				_, found, isLegal, err := x.held(y, seed, dir)
				at := slices.IndexFunc(found, func(o wrong) bool { return o.statement == w.statement })
				if err != nil || !isLegal || at < 0 {
					return false
				}
				last = found[at].says
				return true
			})
			text := x.source(small) + "of which: " + last
			if x.more != nil {
				text += x.more(small, seed)
			}
			return text
		})
	})
	t.Logf("%d of %d packages are legal", legal.made["legal"], count)
	if legal.made["legal"] < count*x.legal/10 {
		t.Error("too few packages are legal")
	}
	counted.report(t, count/2)
}
