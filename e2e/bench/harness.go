package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/npgen/npgen/e2e/tool"
)

// harness is the programs, built, and a folder for what they read.
type harness struct {
	quick  bool
	rounds int
	talk   func(format string, args ...any)

	root, dir string
	// bin is the folder of the programs that are built from the work tree, helm and cue are tools.
	bin, helm, cue string
}

// size is a fleet, and how often the programs run on it.
type size struct{ workloads, edges, rounds int }

func (s size) String() string { return thousands(s.workloads) + " / " + thousands(s.edges) }

func (h *harness) sizes() []size {
	all := []size{{100, 500, 7}, {1500, 9300, 7}, {10000, 50000, 7}}
	if h.quick {
		return all[:1]
	}
	return all
}

// setUp builds all programs.
func (h *harness) setUp(root string) error {
	var err error
	h.root = root
	h.bin = filepath.Join(h.dir, "bin")
	if h.helm, err = h.tool(tool.Helm); err != nil {
		return err
	}
	if h.cue, err = h.tool(tool.Cue); err != nil {
		return err
	}
	e2e := filepath.Join(root, "e2e")
	for _, build := range [][]string{
		{root, "build", "-trimpath", "-o", h.bin + "/", "./cmd/npgen"},
		{filepath.Join(e2e, "bench", "programs"), "build", "-trimpath", "-o", h.bin + "/", "./fleet", "./floor", "./parse", "./sides", "./stages"},
		{filepath.Join(e2e, "judges"), "build", "-trimpath", "-o", h.bin + "/", "./pairs"},
	} {
		h.talk("go %s", strings.Join(build[1:], " "))
		if _, err := tool.Go(build[0], build[1:]...); err != nil {
			return err
		}
	}
	return h.buildEmpty()
}

func (h *harness) tool(name string) (string, error) {
	h.talk("building %s, unless it is there", name)
	dir, err := tool.Build(h.root, name)
	return filepath.Join(dir, name), err
}

// buildEmpty builds a program that links every package that npgen links, but for npgen's own, and does nothing. It is
// laid over the work tree, so that it gets the same versions.
func (h *harness) buildEmpty() error {
	deps, err := tool.Go(h.root, "list", "-deps", "-f", "{{.ImportPath}}", "./cmd/npgen")
	if err != nil {
		return err
	}
	var imports strings.Builder
	for path := range strings.FieldsSeq(deps) {
		parts := strings.Split(path, "/")
		if !slices.Contains(parts, "internal") && parts[0] != "vendor" && !strings.HasPrefix(path, "github.com/npgen/npgen") {
			fmt.Fprintf(&imports, "\t_ %q\n", path)
		}
	}
	source := filepath.Join(h.dir, "empty.go")
	if err := os.WriteFile(source, []byte("package main\n\nimport (\n"+imports.String()+")\n\nfunc main() {}\n"), 0o644); err != nil {
		return err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(h.root, "cmd", "empty", "main.go"): source}})
	if err != nil {
		return err
	}
	file := filepath.Join(h.dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o644); err != nil {
		return err
	}
	_, err = tool.Go(h.root, "build", "-trimpath", "-overlay", file, "-o", filepath.Join(h.bin, "empty"), "./cmd/empty")
	return err
}

// program returns a command of the programs built from the work tree.
func (h *harness) program(name, dir string, args ...string) command {
	short := strings.Join(append([]string{name}, args...), " ")
	if len(short) > 40 {
		short = name
	}
	return command{name: short, dir: dir, path: filepath.Join(h.bin, name), args: args}
}

// fleet writes a generated fleet and returns its folder.
func (h *harness) fleet(s size, shape, grouping string) (string, error) {
	dir := filepath.Join(h.dir, fmt.Sprintf("%d-%d-%s-%s", s.workloads, s.edges, shape, grouping))
	_, err := h.program("fleet", h.dir, "-workloads", fmt.Sprint(s.workloads), "-edges", fmt.Sprint(s.edges), "-shape", shape, "-grouping", grouping, "-o", dir).output()
	return dir, err
}

// describe adds what the figures depend on.
func (h *harness) describe(r *report) error {
	version, err := tool.Go(h.root, "env", "GOVERSION")
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, strings.Replace(version, "go", "Go ", 1))
	for _, x := range []struct{ title, module, path string }{
		{"CUE in npgen", ".", "cuelang.org/go"},
		{"`cue`", "e2e/tool/cue", "cuelang.org/go"},
		{"`helm`", "e2e/tool/helm", "helm.sh/helm/v4"},
		{"cyclonus", "e2e/judges", "github.com/mattfenwick/cyclonus"},
		{"kube-network-policies", "e2e/judges", "sigs.k8s.io/kube-network-policies"},
	} {
		v, err := tool.Go(filepath.Join(h.root, filepath.FromSlash(x.module)), "list", "-m", "-f", "{{.Version}}", x.path)
		if err != nil {
			return err
		}
		text += fmt.Sprintf("; %s %s", x.title, v)
	}
	r.add("machine", text+".\n")
	return nil
}
