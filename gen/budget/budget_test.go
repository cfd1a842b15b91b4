package budget

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFromEnvironment(t *testing.T) {
	set := map[string]string{
		InputVariable: "512MiB", ObjectsVariable: "12", EdgesVariable: "7", FindingsVariable: "3", CPUVariable: "90s", TimeVariable: "1h", MemoryVariable: "4 GiB",
	}
	got, err := FromEnvironment(func(name string) string { return set[name] })
	want := Limits{Input: 512 << 20, Objects: 12, Edges: 7, Findings: 3, CPU: 90 * time.Second, Time: time.Hour, Memory: 4 << 30}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	none, err := FromEnvironment(func(string) string { return "" })
	if diff := cmp.Diff(Defaults(), none.Or(Defaults())); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for variable := range set {
		for _, text := range []string{"0", "-1", "much", "1MB", "99999999999GiB", "GiB", " "} {
			_, err := FromEnvironment(func(name string) string {
				if name == variable {
					return text
				}
				return ""
			})
			if err == nil || !strings.Contains(err.Error(), variable) || !strings.Contains(err.Error(), text) {
				t.Errorf("%s=%q: got error %v", variable, text, err)
			}
		}
	}
}

// TestDefaults holds what is promised to who reads no documentation.
func TestDefaults(t *testing.T) {
	d := Defaults()
	if d.Input != 256<<20 || d.Edges != 1_000_000 || d.Memory != 3<<30 || d.CPU != 45*time.Second || d.Time != 10*time.Minute || FunctionMemory != 8<<30 {
		t.Errorf("%+v", d)
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{8: "8 bytes", 2048: "2 KiB", 256 << 20: "256 MiB", 3<<30 + 5: "3 GiB"} {
		if got := Size(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

// unread is a file of which nothing may be read.
type unread struct {
	*os.File
	t *testing.T
}

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the file was read before it was judged")
	return 0, errors.New("read")
}

type failing struct{}

func (failing) Read(p []byte) (int, error) { return copy(p, "half"), errors.New("the cable is out") }

// endless is an input without an end, of which little may be read.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

func TestReadAll(t *testing.T) {
	file := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(file, make([]byte, 101), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = Limits{Input: 100}.ReadAll("a/large", unread{f, t})
	exceeded, ok := errors.AsType[*ExceededError](err)
	if !ok || err.Error() != "a/large: more than 100 bytes of one input" || !strings.Contains(exceeded.Help(), InputVariable) {
		t.Errorf("got error %v", err)
	}
	if data, err := (Limits{Input: 101}).ReadAll("a/large", f); err != nil || len(data) != 101 {
		t.Errorf("%d bytes, error %v", len(data), err)
	}
	if data, err := (Limits{}).ReadAll("standard input", failing{}); err == nil || data != nil || err.Error() != "standard input: the cable is out" {
		t.Errorf("data %q, error %v", data, err)
	}
	pipe := &endless{}
	if _, err := (Limits{Input: 100}).ReadAll("standard input", pipe); err == nil || pipe.read > 1000 {
		t.Errorf("%d bytes of an endless input were read, error %v", pipe.read, err)
	}
}

// What is to be taken back is, once, and nothing is begun in a run that ends.
func TestRunEnds(t *testing.T) {
	r := NewRun()
	count := map[string]int{}
	done, err := r.OnEnd(func() { count["done"]++ })
	if err != nil {
		t.Fatal(err)
	}
	done()
	if _, err := r.OnEnd(func() { count["open"]++ }); err != nil {
		t.Fatal(err)
	}
	if r.Err() != nil {
		t.Error("the run ended by itself")
	}
	r.End()
	if count["done"] != 0 || count["open"] != 1 || r.Err() == nil || r.Context().Err() == nil {
		t.Errorf("taken back: %v, %v", count, r.Err())
	}
	if _, err := r.OnEnd(func() {}); !errors.Is(err, ErrEnded) {
		t.Errorf("begun in a run that ends: %v", err)
	}
	var nobody *Run
	if done, err := nobody.OnEnd(nil); err != nil || nobody.Err() != nil || nobody.Context().Err() != nil {
		t.Error("a run that nobody watches ends")
	} else {
		done()
	}
}

func spend(d time.Duration) {
	for start := processTime(); processTime()-start < d; {
	}
}

// The watch counts the time of evaluations, all together, the time of the run, and memory at all times.
func TestOverrun(t *testing.T) {
	r := NewRun()
	l := Limits{CPU: 40 * time.Millisecond}.Or(Defaults())
	spend(50 * time.Millisecond)
	if over, is := r.overrun(l); is {
		t.Errorf("nothing is evaluated: %+v", over)
	}
	r.Stage("reading")
	over, is := r.overrun(Limits{Time: 40 * time.Millisecond}.Or(Defaults()))
	if want := (Overrun{Stage: "reading", What: "40ms of processor time", Variable: TimeVariable}); !is || over != want {
		t.Errorf("got %+v, %v", over, is)
	}
	if over, is := NewRun().overrun(Limits{Time: 40 * time.Millisecond}.Or(Defaults())); is {
		t.Errorf("a run that has just begun: %+v", over)
	}
	r.Stage("")
	done := r.Evaluate("a")
	spend(30 * time.Millisecond)
	done()
	defer r.Evaluate("b")()
	spend(15 * time.Millisecond)
	over, is = r.overrun(l)
	if want := (Overrun{Package: "b", What: "40ms of processor time", Variable: CPUVariable}); !is || over != want {
		t.Errorf("got %+v, %v", over, is)
	}
	over, is = r.overrun(Limits{Memory: 1 << 10}.Or(Defaults()))
	if want := (Overrun{Package: "b", What: "1 KiB of memory", Variable: MemoryVariable}); !is || over != want {
		t.Errorf("got %+v, %v", over, is)
	}
}
