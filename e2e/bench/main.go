// Command bench measures npgen beside other programs that do the same or a part of it, in one run on one machine.
//
// In: the work tree. Out: tables of Markdown on standard output, or with -write in docs/performance.md. Each program
// runs as a process of its own, in turns with those that it is compared with, several times; the least CPU time (user
// and system, as the kernel counts it for the process) is taken, since what else the machine does can only add to it.
// It refuses to compare with a program that does not do the same: TestSame holds their output against npgen's. It
// judges no time: a target that is missed is shown as missed.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	h := &harness{talk: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }}
	only := flag.String("only", "", "one comparison: "+strings.Join(names(), ", "))
	flag.BoolVar(&h.quick, "quick", false, "only the smallest size, once: shows that everything runs")
	flag.IntVar(&h.rounds, "rounds", 0, "how often each program runs, instead of what suits the size")
	write := flag.Bool("write", false, "write the tables into docs/performance.md; of one comparison only where the machine is that of the page")
	flag.Parse()
	if err := run(h, *only, *write); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// comparison is what runs side by side; its name is what ONLY takes.
type comparison struct {
	name string
	run  func(*harness, *report) error
}

func comparisons() []comparison {
	return []comparison{{"whole", whole}, {"generators", generators}, {"start", start}, {"list", list}, {"statements", statements}, {"reading", reading}, {"fleets", fleets}}
}

func names() []string {
	var out []string
	for _, c := range comparisons() {
		out = append(out, c.name)
	}
	return out
}

func run(h *harness, only string, write bool) error {
	if only != "" && !slices.Contains(names(), only) {
		return fmt.Errorf("no comparison `%s`; there are %s", only, strings.Join(names(), ", "))
	}
	if write && h.quick {
		return fmt.Errorf("the page takes comparisons in full")
	}
	root, err := workTree()
	if err != nil {
		return err
	}
	if h.dir, err = os.MkdirTemp("", "npgen-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(h.dir)
	if err := h.setUp(root); err != nil {
		return err
	}
	r := &report{}
	for _, c := range comparisons() {
		if only == "" || c.name == only {
			if err := c.run(h, r); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	if err := h.describe(r); err != nil {
		return err
	}
	page := filepath.Join(root, "docs", "performance.md")
	if write && only != "" {
		return r.writePart(page, only)
	}
	if len(r.targets) > 0 {
		r.add("targets", r.targetTable())
	}
	if write {
		return r.writeTo(page)
	}
	fmt.Print(r)
	return nil
}

// workTree returns the folder above the module e2e.
func workTree() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for filepath.Base(dir) != "e2e" {
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("run this in the folder e2e, or with `make bench`")
		}
		dir = filepath.Dir(dir)
	}
	return filepath.Dir(dir), nil
}
