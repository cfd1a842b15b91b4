package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// statements measures what is said of every pod that can exist: beside the base commit, beside the reading of the same
// streams, and beside the same packages without guardrails.
func statements(h *harness, r *report) error {
	if err := h.besideBase(r); err != nil {
		return err
	}
	t := newTable("Workloads / edges", "Statement", "CPU", "Beside", "CPU", "to it", "Most memory held")
	var grown []growing
	for _, s := range h.sizes() {
		g, err := h.statementsAt(s, t, r)
		if err != nil {
			return err
		}
		grown = append(grown, g)
	}
	if err := h.allDiffer(t, r); err != nil {
		return err
	}
	r.add("statements", t.String())
	r.add("statements-growth", h.statementsGrowth(grown, r))
	return nil
}

// growing is the CPU time of statements at one size, by the names of growingNames.
type growing struct {
	size size
	cpu  [3]float64
}

func growingNames() [3]string {
	return [3]string{"`npgen list`", "`npgen diff` of one edge", "`npgen vet`, 40 guardrails"}
}

// statementsAt measures the statements about one fleet.
func (h *harness) statementsAt(s size, t *table, r *report) (growing, error) {
	g := growing{size: s}
	dirs := map[string]string{}
	for _, forbid := range []string{"none", "kept", "broken"} {
		dir, err := h.forbidding(s, forbid)
		if err != nil {
			return g, err
		}
		dirs[forbid] = dir
	}
	broken := h.program("npgen", dirs["broken"], "vet", ".")
	broken.status = 1
	h.talk("%s, guardrails", s)
	vet, err := h.interleave(10, h.program("npgen", dirs["none"], "vet", "."), h.program("npgen", dirs["kept"], "vet", "."), broken, h.program("npgen", dirs["none"], "list", "."))
	if err != nil {
		return g, err
	}
	if err := h.oneEdgeLess(dirs["none"]); err != nil {
		return g, err
	}
	diff := h.program("npgen", dirs["none"], "diff", "stream.yaml", "less.yaml")
	diff.status = 1
	h.talk("%s, one edge less", s)
	differ, err := h.interleave(3, h.program("sides", dirs["none"], "-difference=false", "stream.yaml", "less.yaml"), diff)
	if err != nil {
		return g, err
	}
	row := func(what string, f figures, beside string, of figures) {
		t.row(s.String(), what, ms(f.cpu), beside, ms(of.cpu), ratio(f.cpu, of.cpu), mb(f.rss))
	}
	row("`npgen vet`, 40 guardrails that hold", vet[1], "`npgen vet` without", vet[0])
	row("`npgen vet`, 40 that are broken", vet[2], "`npgen vet` without", vet[0])
	row("`npgen diff`, one edge less", differ[1], "reading both", differ[0])
	if s.workloads == 10000 {
		h.statementTarget(r, s.String()+": `npgen vet` with 40 guardrails that hold to that without", 1.2, vet[1].cpu/vet[0].cpu)
		h.statementTarget(r, s.String()+": `npgen vet` with 40 guardrails that are broken to that without", 1.2, vet[2].cpu/vet[0].cpu)
	}
	h.statementTarget(r, s.String()+": `npgen diff` of one edge to reading both sides", 1.3, differ[1].cpu/differ[0].cpu)
	g.cpu = [3]float64{vet[3].cpu, differ[1].cpu, vet[1].cpu}
	return g, nil
}

// forbidding writes a fleet with other guardrails and returns its folder.
func (h *harness) forbidding(s size, forbid string) (string, error) {
	dir := filepath.Join(h.dir, fmt.Sprintf("%d-%d-forbid-%s", s.workloads, s.edges, forbid))
	_, err := h.program("fleet", h.dir, "-workloads", fmt.Sprint(s.workloads), "-edges", fmt.Sprint(s.edges), "-forbid", forbid, "-o", dir).output()
	return dir, err
}

// oneEdgeLess writes two streams into the folder of a fleet: stream.yaml, and less.yaml, which lacks the last edge.
func (h *harness) oneEdgeLess(dir string) error {
	stream, err := h.program("npgen", dir, "build", "-q", ".").output()
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "policy.cue")
	source, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	edges, rest, found := bytes.Cut(source, []byte("\n]\n"))
	at := bytes.LastIndexByte(edges, '\n')
	if !found || at < 0 {
		return fmt.Errorf("%s has no list of edges", file)
	}
	less := filepath.Join(dir, "less")
	if err := os.MkdirAll(less, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(less, "policy.cue"), []byte(string(edges[:at])+"\n]\n"+string(rest)), 0o644); err != nil {
		return err
	}
	without, err := h.program("npgen", less, "build", "-q", ".").output()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "less.yaml"), without, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "stream.yaml"), stream, 0o644)
}

// allDiffer measures the difference of two sets of some 10,000 policies in which every rule has another port.
func (h *harness) allDiffer(t *table, r *report) error {
	s := size{5000, 25000, 3}
	if h.quick {
		s = h.sizes()[0]
	}
	dir, err := h.forbidding(s, "none")
	if err != nil {
		return err
	}
	if err := h.oneEdgeLess(dir); err != nil {
		return err
	}
	stream, err := os.ReadFile(filepath.Join(dir, "stream.yaml"))
	if err != nil {
		return err
	}
	port := regexp.MustCompile(`(?m)^(\s+(?:- )?port: )(\d+)$`)
	other := port.ReplaceAllFunc(stream, func(line []byte) []byte {
		parts := port.FindSubmatch(line)
		n, err := strconv.Atoi(string(parts[2]))
		if err != nil {
			return line // no number of a port is that long
		}
		return fmt.Appendf(nil, "%s%d", parts[1], n+1)
	})
	if err := os.WriteFile(filepath.Join(dir, "other.yaml"), other, 0o644); err != nil {
		return err
	}
	policies := thousands(strings.Count(string(stream), "kind: NetworkPolicy\n"))
	h.talk("%s, all of %s policies", s, policies)
	f, err := h.interleave(s.rounds, h.program("sides", dir, "stream.yaml", "less.yaml"), h.program("sides", dir, "stream.yaml", "other.yaml"))
	if err != nil {
		return err
	}
	for i, what := range []string{"one edge less", "every port another"} {
		name := fmt.Sprintf("the difference alone of %s policies, %s", policies, what)
		difference, reading := f[i].stages["difference"].CPU, f[i].stages["read"].CPU
		t.row(s.String(), name, number(difference/1000)+" s", "reading both", ms(reading), ratio(difference, reading), mb(f[i].rss))
		h.statementTarget(r, name+", in seconds", 1, difference/1000)
	}
	return nil
}

// statementsGrowth shows the cost of an edge at each size.
func (h *harness) statementsGrowth(all []growing, r *report) string {
	head := []string{"Statement"}
	for _, g := range all {
		head = append(head, g.size.String())
	}
	t := newTable(append(head, "last to the one before")...)
	for i, name := range growingNames() {
		cells, last, before := []string{name}, math.NaN(), math.NaN()
		for _, g := range all {
			before, last = last, g.cpu[i]*1000/float64(g.size.edges)
			cells = append(cells, us(last))
		}
		if len(all) < 2 {
			t.row(append(cells, "")...)
			continue
		}
		t.row(append(cells, ratio(last, before))...)
		n := len(all)
		h.statementTarget(r, fmt.Sprintf("%s: CPU for an edge of %s to that of %s", name, all[n-1].size, all[n-2].size), 1.3, last/before)
	}
	return t.String()
}

// statementTarget adds a target that a statement is to stay below, unless nothing is measured in full.
func (h *harness) statementTarget(r *report, text string, limit, figure float64) {
	if !h.quick {
		r.targets = append(r.targets, target{text: text, limit: limit, workload: figure, edge: math.NaN(), only: "statements"})
	}
}
