package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/npgen/npgen/e2e/tool"
)

// baseCommit is the last commit before statements were made for every pod that can exist.
const baseCommit = "e330f8b"

// buildBase builds the programs of the base commit, and returns their folder; "" where the history does not reach so
// far, as in a shallow clone. It leaves the repository as it is.
func (h *harness) buildBase() (string, error) {
	dir, bin := filepath.Join(h.dir, "base"), filepath.Join(h.dir, "base-bin")
	if _, err := h.git("cat-file", "-e", baseCommit+"^{commit}"); err != nil {
		h.talk("%s is not in the history: nothing is compared with it", baseCommit)
		return "", nil
	}
	for _, args := range [][]string{{"read-tree", baseCommit}, {"checkout-index", "--all", "--prefix=" + dir + "/"}} {
		if out, err := h.git(args...); err != nil {
			return "", fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	for _, build := range [][]string{
		{dir, "build", "-trimpath", "-buildvcs=false", "-o", bin + "/", "./cmd/npgen"},
		{filepath.Join(dir, "e2e", "bench", "programs"), "build", "-trimpath", "-buildvcs=false", "-o", bin + "/", "./stages"},
	} {
		h.talk("go %s, of %s", strings.Join(build[1:], " "), baseCommit)
		if _, err := tool.Go(build[0], build[1:]...); err != nil {
			return "", err
		}
	}
	return bin, nil
}

// git runs git on the repository of the work tree, with an index of its own.
func (h *harness) git(args ...string) ([]byte, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = h.root
	cmd.Env = append(os.Environ(), "GIT_INDEX_FILE="+filepath.Join(h.dir, "index"))
	return cmd.CombinedOutput()
}

// beside is what was measured of this build and of the base.
type beside struct {
	what      string
	base, now figures
	// stages is which of their stages are meant; none is the whole process.
	stages []string
}

func (b beside) cpu() (base, now float64) {
	if len(b.stages) == 0 {
		return b.base.cpu, b.now.cpu
	}
	for _, name := range b.stages {
		base, now = base+b.base.stages[name].CPU, now+b.now.stages[name].CPU
	}
	return base, now
}

// besideBase measures builds, proofs and listings beside the base.
func (h *harness) besideBase(r *report) error {
	bin, err := h.buildBase()
	if err != nil {
		return err
	}
	if bin == "" {
		r.add("base", "Not measured: the history of this clone does not reach back to "+baseCommit+".\n")
		return nil
	}
	t := newTable("Workloads / edges", "What", "base", "now", "to base", "Most memory held, base", "now")
	for _, s := range h.sizes() {
		dir, err := h.fleet(s, "one", "workload")
		if err != nil {
			return err
		}
		var commands []command
		for _, c := range []command{
			h.program("npgen", dir, "build", "-q", "."), h.program("stages", dir, "-proof=false", "."),
			h.program("stages", dir, "."), h.program("npgen", dir, "list", "."),
		} {
			old := c
			old.name, old.path = "base: "+c.name, filepath.Join(bin, filepath.Base(c.path))
			commands = append(commands, old, c)
		}
		h.talk("%s, beside %s", s, baseCommit)
		f, err := h.interleave(10, commands...)
		if err != nil {
			return err
		}
		for _, b := range []beside{
			{"`npgen build`", f[0], f[1], nil},
			{"build without proof", f[2], f[3], nil},
			{"proof", f[4], f[5], []string{"read back", "proof"}},
			{"`npgen list`", f[6], f[7], nil},
		} {
			base, now := b.cpu()
			t.row(s.String(), b.what, ms(base), ms(now), ratio(now, base), mb(b.base.rss), mb(b.now.rss))
			h.statementTarget(r, s.String()+": "+b.what+" to that of "+baseCommit, 1.1, now/base)
		}
	}
	r.add("base", t.String())
	return nil
}
