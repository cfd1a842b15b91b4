package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// scaled is packages that are the same many times over.
type scaled struct {
	title string
	// counts is how many times, the largest last: of what the page speaks about, and twice that.
	counts []int
	// write writes them into a folder.
	write func(dir string, n int) error
	// commands is what is measured there.
	commands func(h *harness, dir string) []command
}

// fleets measures what one package makes for many tenants, and one base for many clusters.
func fleets(h *harness, r *report) error {
	t := newTable("Packages", "Policies", "Command", "CPU", "for each policy", "Most memory held", "for each policy")
	for _, s := range []scaled{
		{"%d tenants", []int{50, 100, 200, 400}, tenants, func(h *harness, dir string) []command {
			return []command{h.program("npgen", dir, "build", "-q", "."), h.program("npgen", dir, "list", ".")}
		}},
		{"%d clusters", []int{12, 25, 50, 100}, h.clusters, func(h *harness, dir string) []command {
			difference := h.program("npgen", dir, "diff", "./old/...", "./new/...")
			difference.status = 1
			return []command{h.program("npgen", dir, "build", "-q", "./old/...", "-o", "policies", "--check"), h.program("npgen", dir, "list", "./old/..."), difference}
		}},
	} {
		if err := h.scale(s, t, r); err != nil {
			return err
		}
	}
	r.add("fleets", t.String())
	return nil
}

// scale measures one kind of packages in all counts.
func (h *harness) scale(s scaled, t *table, r *report) error {
	counts, rounds := s.counts, 5
	if h.quick {
		counts = counts[:1]
	}
	type cost struct{ cpu, rss float64 }
	var before, last []cost
	for _, n := range counts {
		dir := filepath.Join(h.dir, fmt.Sprintf(strings.ReplaceAll(s.title, " ", "-"), n))
		if err := s.write(dir, n); err != nil {
			return err
		}
		policies, err := h.emitted(dir)
		if err != nil {
			return err
		}
		commands := s.commands(h, dir)
		title := fmt.Sprintf(s.title, n)
		h.talk("%s, %d policies", title, policies)
		f, err := h.interleave(rounds, commands...)
		if err != nil {
			return err
		}
		before, last = last, nil
		for i, c := range commands {
			each := cost{f[i].cpu * 1000 / float64(policies), f[i].rss / float64(policies)}
			last = append(last, each)
			t.row(title, thousands(policies), "`npgen "+c.args[0]+"`", ms(f[i].cpu), us(each.cpu), mb(f[i].rss), kb(each.rss))
		}
	}
	if h.quick {
		return nil
	}
	n := len(counts)
	for i, c := range s.commands(h, "") {
		of := fmt.Sprintf("for a policy of %s to that of %d", fmt.Sprintf(s.title, counts[n-1]), counts[n-2])
		for _, x := range []struct {
			what       string
			last, half float64
		}{{"CPU", last[i].cpu, before[i].cpu}, {"memory", last[i].rss, before[i].rss}} {
			r.targets = append(r.targets, target{text: fmt.Sprintf("`npgen %s`: %s %s", c.args[0], x.what, of), limit: 1.3, workload: x.last / x.half, edge: math.NaN(), only: "fleets"})
		}
	}
	return nil
}

// emitted builds the packages of a folder into one beside them, and counts the policies.
func (h *harness) emitted(dir string) (int, error) {
	packages := "./..."
	if _, err := os.Stat(filepath.Join(dir, "old")); err == nil {
		packages = "./old/..."
	}
	if _, err := h.program("npgen", dir, "build", "-q", packages, "-o", "policies").output(); err != nil {
		return 0, err
	}
	n := 0
	err := filepath.WalkDir(filepath.Join(dir, "policies"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		n += bytes.Count(data, []byte("kind: NetworkPolicy\n"))
		return err
	})
	return n, err
}

// tenants writes one package with a list of tenants, each of five workloads and six edges.
func tenants(dir string, n int) error {
	var names strings.Builder
	for i := range n {
		fmt.Fprintf(&names, "%q, ", fmt.Sprintf("t%03d", i))
	}
	return writeFile(filepath.Join(dir, "policy.cue"), strings.ReplaceAll(`package policy

namespaces: ingress: owned: false

for t in [TENANTS] {
	namespaces: "tenant-\(t)": {}
	workloads: {
		"tenant-\(t)/web": ports: http: 8080
		"tenant-\(t)/api": ports: http: 8080
		"tenant-\(t)/worker": {}
		"tenant-\(t)/cache": ports: redis: 6379
		"tenant-\(t)/db": ports: sql:      5432
	}
	allow: (t): [
		"ingress/* -> tenant-\(t)/web",
		"tenant-\(t)/web -> tenant-\(t)/api",
		"tenant-\(t)/api -> tenant-\(t)/db",
		"tenant-\(t)/api -> tenant-\(t)/cache",
		"tenant-\(t)/worker -> tenant-\(t)/db",
		"tenant-\(t)/worker -> internet:443",
	]
}
`, "TENANTS", names.String()))
}

// clusters writes a base of 200 workloads and 1,000 edges with a package for each cluster below it, twice: as old, and as
// new with one edge more.
func (h *harness) clusters(dir string, n int) error {
	base, err := h.fleet(size{workloads: 200, edges: 1000}, "lists", "workload")
	if err != nil {
		return err
	}
	for _, side := range []string{"old", "new"} {
		to := filepath.Join(dir, side)
		if err := os.CopyFS(to, os.DirFS(base)); err != nil {
			return err
		}
		files := map[string]string{"cue.mod/module.cue": "module: \"example.com/fleet\"\nlanguage: version: \"v0.9.0\"\n"}
		for i := range n {
			name := fmt.Sprintf("c%03d", i)
			files[name+"/policy.cue"] = "package policy\n\ncluster: name: \"" + name + "\"\n"
		}
		if side == "new" {
			files["more.cue"] = "package policy\n\nallow: more: [\"team-00/prometheus -> team-01/*:9999\"]\n"
		}
		for name, text := range files {
			if err := writeFile(filepath.Join(to, name), text); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeFile(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

func kb(v float64) string { return number(v/1e3) + " kB" }
