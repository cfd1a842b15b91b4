package main

import (
	"fmt"
	"path/filepath"
)

// shape is a way in which a fleet is written, as the program fleet names it.
type shape struct{ name, title string }

func shapes() []shape {
	return []shape{{"one", "one package, one list"}, {"lists", "one package, named lists"}, {"packages", "50 packages"}}
}

// built is what was measured of one fleet in one shape. The arrays are by grouping: workload, edge.
type built struct {
	size          size
	shape         shape
	parse, floor  figures
	stages        [2]figures
	bare, npgen   [2]figures
	loadOverParse float64
}

var groupings = [2]string{"workload", "edge"}

// whole measures builds beside the parser and the evaluator that they rest on.
func whole(h *harness, r *report) error {
	var all []built
	for _, s := range h.sizes() {
		for _, sh := range shapes() {
			b, err := h.build(s, sh)
			if err != nil {
				return err
			}
			all = append(all, b)
		}
	}
	ratios := newTable("Workloads / edges", "Written as", "Grouping", "Parser", "Evaluation", "Build without proof", "to evaluation", "`npgen build`", "to evaluation")
	stages := newTable("Workloads / edges", "Written as", "Grouping", "load", "to the parser", "check", "policies", "YAML", "read back", "proof")
	memory := newTable("Workloads / edges", "Written as", "Grouping", "load", "check", "policies", "YAML", "read back", "proof", "most held", "by evaluation")
	for _, b := range all {
		for g, grouping := range groupings {
			head := []string{b.size.String(), b.shape.title, "`" + grouping + "`"}
			ratios.row(append(head, ms(b.parse.cpu), ms(b.floor.cpu), ms(b.bare[g].cpu), ratio(b.bare[g].cpu, b.floor.cpu), ms(b.npgen[g].cpu), ratio(b.npgen[g].cpu, b.floor.cpu))...)
			cpu, alloc := head, head[:3:3]
			for _, name := range b.stages[g].order {
				x := b.stages[g].stages[name]
				cpu, alloc = append(cpu, ms(x.CPU)), append(alloc, mb(x.Alloc))
				if name == "load" {
					cpu = append(cpu, ratio(x.CPU, b.parse.stages["parse"].CPU))
				}
			}
			stages.row(cpu...)
			memory.row(append(alloc, mb(b.npgen[g].rss), mb(b.floor.rss))...)
		}
	}
	r.add("whole", ratios.String())
	r.add("stages", stages.String())
	r.add("memory", memory.String())
	r.add("growth", growth(all))
	if !h.quick {
		wholeTargets(r, all)
	}
	return nil
}

// build measures one fleet in one shape.
func (h *harness) build(s size, sh shape) (built, error) {
	b := built{size: s, shape: sh}
	var dirs [2]string
	for g, grouping := range groupings {
		var err error
		if dirs[g], err = h.fleet(s, sh.name, grouping); err != nil {
			return b, err
		}
	}
	files, err := filepath.Glob(filepath.Join(dirs[0], "*.cue"))
	packages := []string{"."}
	if sh.name == "packages" {
		files, err = filepath.Glob(filepath.Join(dirs[0], "*", "*.cue"))
		packages = nil
		for _, f := range files {
			packages = append(packages, filepath.Dir(f))
		}
	}
	if err != nil || len(files) == 0 {
		return b, fmt.Errorf("the fleet has no files: %v", err)
	}
	h.talk("%s, %s", s, sh.title)
	commands := []command{h.program("parse", dirs[0], files...), h.program("floor", dirs[0], packages...)}
	for g := range groupings {
		commands = append(commands,
			h.program("stages", dirs[g], "-proof=false", "./..."), h.program("npgen", dirs[g], "build", "-q", "./..."), h.program("stages", dirs[g], "./..."))
	}
	f, err := h.interleave(s.rounds, commands...)
	if err != nil {
		return b, err
	}
	b.parse, b.floor = f[0], f[1]
	b.bare, b.npgen, b.stages = [2]figures{f[2], f[5]}, [2]figures{f[3], f[6]}, [2]figures{f[4], f[7]}
	return b, nil
}

// growth shows the cost of an edge at each size; it stays the same where the work grows with the graph alone.
func growth(all []built) string {
	head := []string{"Written as", "Grouping"}
	perShape := len(shapes())
	for i := 0; i < len(all); i += perShape {
		head = append(head, all[i].size.String())
	}
	t := newTable(append(head, "last to the one before")...)
	for i := range perShape {
		for g, grouping := range groupings {
			cells := []string{all[i].shape.title, "`" + grouping + "`"}
			for j := i; j < len(all); j += perShape {
				cells = append(cells, us(all[j].perEdge(g)))
			}
			last := ""
			if len(all) > perShape {
				last = ratio(all[len(all)-perShape+i].perEdge(g), all[len(all)-2*perShape+i].perEdge(g))
			}
			t.row(append(cells, last)...)
		}
	}
	return t.String()
}

// perEdge returns the CPU time of a build for each edge, in microseconds.
func (b built) perEdge(grouping int) float64 {
	return b.npgen[grouping].cpu * 1000 / float64(b.size.edges)
}

func wholeTargets(r *report, all []built) {
	n := len(shapes())
	middle, large := all[n:2*n], all[2*n:]
	both := func(text string, limit float64, figure func(g int) float64) {
		r.targets = append(r.targets, target{text: text, limit: limit, workload: figure(0), edge: figure(1), only: "whole"})
	}
	for _, b := range middle {
		at := fmt.Sprintf("%s, %s: ", b.size, b.shape.title)
		both(at+"build without proof to evaluation", 1.5, func(g int) float64 { return b.bare[g].cpu / b.floor.cpu })
		both(at+"`npgen build` to evaluation", 2.5, func(g int) float64 { return b.npgen[g].cpu / b.floor.cpu })
	}
	at := fmt.Sprintf("%s, %s: ", large[0].size, large[0].shape.title)
	both(at+"`npgen build` to evaluation", 1, func(g int) float64 { return large[0].npgen[g].cpu / large[0].floor.cpu })
	both(at+"load to the parser", 3, func(g int) float64 {
		return large[0].stages[g].stages["load"].CPU / large[0].parse.stages["parse"].CPU
	})
	for i := range n {
		both(fmt.Sprintf("%s: CPU for an edge of %s to that of %s", large[i].shape.title, large[i].size, middle[i].size), 1.3,
			func(g int) float64 { return large[i].perEdge(g) / middle[i].perEdge(g) })
	}
}

func ms(v float64) string       { return number(v) + " ms" }
func us(v float64) string       { return number(v) + " µs" }
func mb(v float64) string       { return number(v/1e6) + " MB" }
func ratio(a, b float64) string { return "**" + number(a/b) + "**" }
