package main

import (
	"path/filepath"
)

// rivals returns the commands that write the same policies: npgen, helm and cue, in this order.
func (h *harness) rivals(s size, grouping string) ([]command, error) {
	pkg, err := h.fleet(s, "one", grouping)
	if err != nil {
		return nil, err
	}
	data, err := h.fleet(s, "data", grouping)
	if err != nil {
		return nil, err
	}
	from := filepath.Join(h.root, "e2e", "bench", "rivals")
	file := filepath.Join(data, "data.json")
	return []command{
		{name: "npgen build", dir: pkg, path: filepath.Join(h.bin, "npgen"), args: []string{"build", "-q", "."}},
		{name: "helm template", dir: h.dir, path: h.helm, args: []string{"template", "policies", filepath.Join(from, "chart"), "-f", file}},
		{name: "cue export", dir: h.dir, path: h.cue, args: []string{"export", filepath.Join(from, "cue", "policies.cue"), file, "-e", "stream", "--out", "text"}},
	}, nil
}

// generators measures npgen beside what else writes policies from a list of edges.
func generators(h *harness, r *report) error {
	s := size{1000, 5000, 5}
	if h.quick {
		s = h.sizes()[0]
	}
	t := newTable("Workloads / edges", "Grouping", "`npgen build`", "`helm template`", "to npgen", "`cue export`", "to npgen")
	var cpu [2][]figures
	for g, grouping := range groupings {
		commands, err := h.rivals(s, grouping)
		if err != nil {
			return err
		}
		h.talk("%s, grouping %s", s, grouping)
		f, err := h.interleave(s.rounds, commands...)
		if err != nil {
			return err
		}
		t.row(s.String(), "`"+grouping+"`", ms(f[0].cpu), ms(f[1].cpu), ratio(f[1].cpu, f[0].cpu), ms(f[2].cpu), ratio(f[2].cpu, f[0].cpu))
		cpu[g] = f
	}
	r.add("generators", t.String())
	if !h.quick {
		for i, x := range []struct {
			text  string
			limit float64
		}{{"`helm template` to `npgen build`, the same policies", 10}, {"`cue export` to `npgen build`, the same policies", 20}} {
			r.targets = append(r.targets, target{
				text: s.String() + ": " + x.text, limit: x.limit, atLeast: true, only: "generators",
				workload: cpu[0][i+1].cpu / cpu[0][0].cpu, edge: cpu[1][i+1].cpu / cpu[1][0].cpu,
			})
		}
	}
	return nil
}
