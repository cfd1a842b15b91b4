//go:build unix

package load_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	cueload "cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/internal/fleet"
)

// written writes a fleet in a shape to a folder, and returns its packages and the texts of its files.
func written(b *testing.B, workloads, edges int, shape fleet.Shape) (sources []load.Source, texts [][]byte) {
	b.Helper()
	f, err := fleet.New(workloads, edges)
	if err != nil {
		b.Fatal(err)
	}
	archive := &txtar.Archive{}
	for name, text := range f.CUE(shape, "workload") {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(text)})
		texts = append(texts, []byte(text))
	}
	dir := unpack(b, archive)
	for _, folder := range foldersWithCUE(b, dir) {
		sources = append(sources, load.Source{Path: filepath.Join(dir, folder)})
	}
	return sources, texts
}

// BenchmarkLoad reports the processor time of a load, and as multiples of that of two other programs over the same
// files in the same run: CUE's parser alone, and cue/load with the evaluation of what it loads.
func BenchmarkLoad(b *testing.B) {
	for _, size := range []struct{ workloads, edges int }{{100, 500}, {1500, 9300}, {10000, 50000}} {
		for _, shape := range fleet.Shapes() {
			b.Run(fmt.Sprintf("%d-%d/%s", size.workloads, size.edges, shape), func(b *testing.B) {
				sources, texts := written(b, size.workloads, size.edges, shape)
				compare(b, sources, texts, size.edges)
			})
		}
	}
}

func compare(b *testing.B, sources []load.Source, texts [][]byte, edges int) {
	b.Helper()
	var parsed, evaluated, loaded time.Duration
	for b.Loop() {
		parsed += processorTime(b, func() error { return parse(texts) })
		evaluated += processorTime(b, func() error { return evaluate(sources) })
		loaded += processorTime(b, func() error {
			out, err := load.Packages(load.Env{Dir: "/"}, sources)
			if err == nil && len(out.Findings) > 0 {
				err = fmt.Errorf("%v", out.Findings)
			}
			return err
		})
	}
	b.ReportMetric(float64(loaded.Microseconds())/float64(b.N)/1e3, "cpu-ms")
	b.ReportMetric(float64(loaded.Nanoseconds())/float64(b.N)/float64(edges), "cpu-ns/edge")
	b.ReportMetric(float64(loaded)/float64(parsed), "x-parser")
	b.ReportMetric(float64(loaded)/float64(evaluated), "x-cue")
	b.ReportMetric(0, "ns/op")
}

func parse(texts [][]byte) error {
	for _, text := range texts {
		if _, err := parser.ParseFile("p.cue", text, parser.ParseComments); err != nil {
			return err
		}
	}
	return nil
}

func evaluate(sources []load.Source) error {
	for _, s := range sources {
		inst := cueload.Instances([]string{"."}, &cueload.Config{Dir: s.Path})[0]
		if err := cuecontext.New().BuildInstance(inst).Validate(cue.Concrete(true)); err != nil {
			return err
		}
	}
	return nil
}

// processorTime returns what a function takes of all processors, the collection of its garbage included.
func processorTime(b *testing.B, f func() error) time.Duration {
	b.Helper()
	runtime.GC()
	before := used(b)
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return used(b) - before
}

func used(b *testing.B) time.Duration {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
