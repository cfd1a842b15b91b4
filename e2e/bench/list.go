package main

import (
	"os"
	"path/filepath"
)

// asked is the commands that say who reaches whom in one fleet: npgen, then each engine.
func (h *harness) asked(s size, engines ...string) ([]command, error) {
	pkg, err := h.fleet(s, "one", "workload")
	if err != nil {
		return nil, err
	}
	data, err := h.fleet(s, "data", "workload")
	if err != nil {
		return nil, err
	}
	policies, err := h.program("npgen", pkg, "build", "-q", ".").output()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(data, "policies.yaml")
	if err := os.WriteFile(file, policies, 0o644); err != nil {
		return nil, err
	}
	out := []command{h.program("npgen", pkg, "list", ".", "--format", "json")}
	for _, e := range engines {
		out = append(out, h.program("pairs", data, "-engine", e, "policies.yaml", "data.json"))
	}
	return out, nil
}

func engines() []string { return []string{"cyclonus", "kubenetpol"} }

// list measures listings by themselves, and beside engines that are asked about each pair of pods.
func list(h *harness, r *report) error {
	alone, target, err := h.listAlone()
	if err != nil {
		return err
	}
	r.add("list", alone)
	r.targets = append(r.targets, target...)
	sizes := []size{{100, 500, 5}, {200, 1000, 3}, {500, 2500, 1}}
	if h.quick {
		sizes = sizes[:1]
	}
	t := newTable("Workloads / edges", "`npgen list`", "cyclonus", "to npgen", "kube-network-policies", "to npgen")
	for _, s := range sizes {
		commands, err := h.asked(s, engines()...)
		if err != nil {
			return err
		}
		h.talk("%s, all pairs", s)
		f, err := h.interleave(s.rounds, commands...)
		if err != nil {
			return err
		}
		// The engines are libraries: only their answers count, not how this program reads its files.
		cyclonus, kubenetpol := f[1].stages["pairs"].CPU, f[2].stages["pairs"].CPU
		t.row(s.String(), ms(f[0].cpu), ms(cyclonus), ratio(cyclonus, f[0].cpu), ms(kubenetpol), ratio(kubenetpol, f[0].cpu))
	}
	r.add("pairs", t.String())
	return nil
}

// listAlone measures `npgen list` at all sizes and with both groupings.
func (h *harness) listAlone() (string, []target, error) {
	t := newTable("Workloads / edges", "Grouping", "`npgen list`", "for each edge", "Most memory held")
	perEdge, cpu := map[int][2]float64{}, map[int][2]float64{}
	for _, s := range h.sizes() {
		var commands []command
		for _, grouping := range groupings {
			dir, err := h.fleet(s, "one", grouping)
			if err != nil {
				return "", nil, err
			}
			commands = append(commands, h.program("npgen", dir, "list", "."))
		}
		f, err := h.interleave(s.rounds, commands...)
		if err != nil {
			return "", nil, err
		}
		var each [2]float64
		for g, grouping := range groupings {
			each[g] = f[g].cpu * 1000 / float64(s.edges)
			t.row(s.String(), "`"+grouping+"`", ms(f[g].cpu), us(each[g]), mb(f[g].rss))
		}
		perEdge[s.workloads], cpu[s.workloads] = each, [2]float64{f[0].cpu, f[1].cpu}
	}
	if h.quick {
		return t.String(), nil, nil
	}
	middle, large := h.sizes()[1], h.sizes()[2]
	return t.String(), []target{
		{
			text: middle.String() + ": `npgen list`", limit: 1000, unit: " ms", only: "list",
			workload: cpu[middle.workloads][0], edge: cpu[middle.workloads][1],
		},
		{
			text: "`npgen list`: CPU for an edge of " + large.String() + " to that of " + middle.String(), limit: 1.3, only: "list",
			workload: perEdge[large.workloads][0] / perEdge[middle.workloads][0],
			edge:     perEdge[large.workloads][1] / perEdge[middle.workloads][1],
		},
	}, nil
}
