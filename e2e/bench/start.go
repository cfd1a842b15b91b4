package main

import (
	"math"
	"path/filepath"
)

// start measures the build of the smallest package that makes sense beside a program that does nothing.
func start(h *harness, r *report) error {
	chapter := filepath.Join(h.root, "examples", "np-demo")
	f, err := h.interleave(40,
		h.program("empty", chapter), h.program("npgen", chapter, "build", "-q", "."), h.program("npgen", chapter, "version"))
	if err != nil {
		return err
	}
	t := newTable("Program", "CPU", "to the empty program", "Most memory held")
	for i, name := range []string{"empty, with the same libraries", "`npgen build` of [np-demo](../examples/np-demo)", "`npgen version`"} {
		t.row(name, ms(f[i].cpu), ratio(f[i].cpu, f[0].cpu), mb(f[i].rss))
	}
	r.add("start", t.String())
	if !h.quick {
		r.targets = append(r.targets, target{
			text: "the chapter: `npgen build` to an empty program with the same libraries", limit: 1.5, only: "start",
			workload: math.NaN(), edge: f[1].cpu / f[0].cpu,
		})
	}
	return nil
}
