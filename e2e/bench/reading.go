package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// question is a command that reads, beside `npgen build` of the same fleet.
type question struct {
	name string
	command
	// most is how many times the CPU time of the build it may take, and mostMB how much memory in MiB; 0 is no target.
	most, mostMB float64
}

// reading measures the commands that read, of YAML as people write it, of npgen's own, and of the package.
func reading(h *harness, r *report) error {
	t := newTable("Workloads / edges", "Command", "CPU", "to `npgen build`", "for each edge", "to the size before", "Most memory held")
	before := map[string]float64{}
	sizes := []size{{1500, 9300, 5}, {10000, 50000, 3}}
	if h.quick {
		sizes = h.sizes()
	}
	for i, s := range sizes {
		questions, err := h.questions(s)
		if err != nil {
			return err
		}
		h.talk("%s, reading", s)
		var commands []command
		for _, q := range questions {
			commands = append(commands, q.command)
		}
		f, err := h.interleave(s.rounds, commands...)
		if err != nil {
			return err
		}
		for j, q := range questions {
			each, grown := f[j].cpu*1000/float64(s.edges), ""
			if last, known := before[q.name]; known {
				grown = ratio(each, last)
			}
			before[q.name] = each
			t.row(s.String(), q.name, ms(f[j].cpu), ratio(f[j].cpu, f[0].cpu), us(each), grown, mb(f[j].rss))
			if i == len(sizes)-1 && !h.quick {
				r.readingTargets(s, q, f[j], f[0])
			}
		}
	}
	r.add("reading", t.String())
	return nil
}

// readingTargets adds what a question is to stay below.
func (r *report) readingTargets(s size, q question, f, build figures) {
	if q.most > 0 {
		r.targets = append(r.targets, target{text: fmt.Sprintf("%s: %s to `npgen build`", s, q.name), limit: q.most, workload: f.cpu / build.cpu, edge: math.NaN(), only: "reading"})
	}
	if q.mostMB > 0 {
		r.targets = append(r.targets, target{text: fmt.Sprintf("%s: %s, memory", s, q.name), limit: q.mostMB, unit: " MiB", workload: f.rss / (1 << 20), edge: math.NaN(), only: "reading"})
	}
}

// questions writes a fleet and returns what is asked of it, the build first.
func (h *harness) questions(s size) ([]question, error) {
	dir, err := h.forbidding(s, "none")
	if err != nil {
		return nil, err
	}
	if err := h.oneEdgeLess(dir); err != nil {
		return nil, err
	}
	edge, err := h.readable(s, dir)
	if err != nil {
		return nil, err
	}
	ask := func(name string, most float64, args ...string) question {
		return question{name: name, command: h.program("npgen", dir, args...), most: most}
	}
	differs := func(q question) question { q.status = 1; return q }
	krm := ask("`npgen krm`", 8, "krm")
	krm.stdin, krm.mostMB = filepath.Join(dir, "list.yaml"), 1024
	draft := ask("`npgen init --from`", 0, "init", "--from", "manifests.yaml", "draft")
	draft.path, draft.args = "/bin/sh", []string{"-c", `rm -rf draft && mkdir draft && exec "$0" init --from manifests.yaml draft`, h.program("npgen", dir).path}
	return []question{
		ask("`npgen build`", 0, "build", "-q", "."),
		ask("`list`, YAML", 4, "list", "hand.yaml"),
		differs(ask("`diff`, YAML", 8, "diff", "hand.yaml", "hand-less.yaml")),
		ask("`review`, YAML", 5, "review", "hand.yaml"),
		ask("`explain` of an edge, YAML", 4, "explain", "hand.yaml", edge),
		ask("`list`, npgen's YAML", 2, "list", "stream.yaml"),
		differs(ask("`diff`, npgen's YAML", 2, "diff", "stream.yaml", "less.yaml")),
		ask("`review`, npgen's YAML", 2, "review", "stream.yaml"),
		ask("`explain` of an edge, npgen's YAML", 2, "explain", "stream.yaml", edge),
		ask("`list`, package", 0, "list", "."),
		ask("`explain`, package", 6, "explain", "."),
		krm, draft,
	}, nil
}

var (
	ofNpgen = regexp.MustCompile(`(?m)^  (?:annotations|labels):\n(?:    .*\n| *\n)*`)
	ofApp   = regexp.MustCompile(`(?m)^(\s+app: )(\S+)$`)
)

// readable writes what is read beside the streams of npgen: the same policies as people write them, the list that kustomize
// gives to a function, and the manifests of the workloads. It returns an edge to ask of.
func (h *harness) readable(s size, dir string) (string, error) {
	files := map[string][]byte{}
	for from, to := range map[string]string{"stream.yaml": "hand.yaml", "less.yaml": "hand-less.yaml"} {
		stream, err := os.ReadFile(filepath.Join(dir, from))
		if err != nil {
			return "", err
		}
		files[to] = ofApp.ReplaceAll(ofNpgen.ReplaceAll(stream, nil), []byte(`$1"$2"`))
		if from == "stream.yaml" {
			files["list.yaml"] = stream
		}
	}
	source, err := os.ReadFile(filepath.Join(dir, "policy.cue"))
	if err != nil {
		return "", err
	}
	var list bytes.Buffer
	list.WriteString("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig:\n  apiVersion: npgen.dev/v1alpha1\n  kind: PolicyPackage\n  metadata:\n    name: fleet\n  spec:\n    package: |\n")
	for line := range bytes.Lines(source) {
		list.WriteString("      " + string(line))
	}
	list.WriteString("items:\n")
	for doc := range bytes.SplitSeq(files["list.yaml"], []byte("---\n")) {
		list.WriteString("- " + strings.TrimPrefix(strings.ReplaceAll("\n"+string(bytes.TrimSuffix(doc, []byte("\n"))), "\n", "\n  "), "\n  ") + "\n")
	}
	files["list.yaml"] = list.Bytes()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return "", err
		}
	}
	if _, err := h.program("fleet", h.dir, "-workloads", fmt.Sprint(s.workloads), "-edges", fmt.Sprint(s.edges), "-shape", "manifests", "-o", dir).output(); err != nil {
		return "", err
	}
	edge, err := os.ReadFile(filepath.Join(dir, "question"))
	return string(edge), err
}
