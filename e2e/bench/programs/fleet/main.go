// Command fleet writes a generated fleet to a folder: as policy packages, as data.json for other generators, or as the
// manifests of what runs and an edge to ask about.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/npgen/npgen/internal/fleet"
)

func main() {
	workloads := flag.Int("workloads", 100, "workloads")
	edges := flag.Int("edges", 500, "edges")
	shape := flag.String("shape", string(fleet.OnePackage), "one, lists, packages, data or manifests")
	grouping := flag.String("grouping", "workload", "grouping of the output")
	forbid := flag.String("forbid", string(fleet.SSH), "guardrails: ssh, none, kept or broken")
	dir := flag.String("o", "", "folder to write to")
	flag.Parse()
	if err := run(*workloads, *edges, *shape, *grouping, *forbid, *dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(workloads, edges int, shape, grouping, forbid, dir string) error {
	f, err := fleet.New(workloads, edges)
	if err != nil {
		return err
	}
	if err := f.Forbid(fleet.Guardrails(forbid)); err != nil {
		return err
	}
	files := f.CUE(fleet.Shape(shape), grouping)
	if shape == "data" {
		data, err := json.Marshal(struct {
			Grouping string `json:"grouping"`
			fleet.Data
		}{grouping, f.Data()})
		if err != nil {
			return err
		}
		files["data.json"] = string(data)
	}
	if shape == "manifests" {
		files = map[string]string{"manifests.yaml": f.Manifests(), "question": f.Question()}
	}
	if len(files) == 0 {
		return fmt.Errorf("unknown shape `%s`", shape)
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
