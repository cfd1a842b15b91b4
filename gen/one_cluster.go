package gen

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/confine"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
)

// oneCluster refuses manifests that are what builds wrote for several clusters: read as one they would answer for none.
// It looks into folders and those in them, to where such a build may have written.
func oneCluster(env load.Env, paths []string) error {
	found := map[string]bool{}
	for _, p := range paths {
		if p == "-" {
			continue
		}
		abs := p
		if !filepath.IsAbs(abs) {
			abs = filepath.Join(env.Dir, abs)
		}
		root, err := confine.Around(abs)
		if env.Root != nil {
			root, err = *env.Root, nil
		}
		if err != nil {
			continue // what cannot be read is reported where it is read
		}
		clustersBelow(root, filepath.Clean(abs), 3, found)
	}
	if len(found) < 2 {
		return nil
	}
	return fmt.Errorf("`%s` holds policies of several clusters, %s: name the folder of one", strings.Join(paths, "`, `"), strings.Join(slices.Sorted(maps.Keys(found)), ", "))
}

func clustersBelow(root confine.Root, dir string, depth int, found map[string]bool) {
	entries, err := root.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir() && depth > 1 && !strings.HasPrefix(e.Name(), "."):
			clustersBelow(root, name, depth-1, found)
		case e.Name() == manifest.RootFile && e.Type().IsRegular():
			const enough = 4 << 10 // the lines are the first
			if data, err := root.ReadFile(name, enough); err == nil {
				if cluster := manifest.ClusterOf(data); cluster != "" {
					found[cluster] = true
				}
			}
		}
	}
}
