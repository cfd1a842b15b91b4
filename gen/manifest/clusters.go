package manifest

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/npgen/npgen/gen/prove"
)

// RootFile is the name of the file that says what a folder was built from.
const RootFile = kustomization

// ClusterOf returns the cluster of which such a file says that it is, "" where it says none.
func ClusterOf(content []byte) string {
	if !marked(content) {
		return ""
	}
	from, _ := originOf(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")))
	return from.cluster
}

// Clusters looks at a folder that holds one output folder for each cluster. It returns a sentence for
// each of those that are not to be written. It returns a RefusedError where the folder is an output
// folder itself: above those of clusters there is none.
func Clusters(dir string, clusters []string, opts WriteOptions) (others []string, err error) {
	p := &plan{dir: dir, limits: opts.Limits, disk: map[string]*entry{}}
	if err := p.survey(); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(p.disk)) {
		if path.Base(name) != kustomization || !p.disk[name].own {
			continue
		}
		from, ok := originOf(p.disk[name].content)
		switch {
		case name == kustomization && ok:
			return nil, &RefusedError{
				Message: fmt.Sprintf("`%s` is an output folder by itself, built from %s without a cluster", p.show("."), quoted(from.names)),
				Help:    "each cluster has a folder of its own in there, and nothing is above them: remove what npgen wrote there, or give another folder",
			}
		case from.cluster != "" && !slices.Contains(clusters, from.cluster):
			others = append(others, fmt.Sprintf("%s: left alone: cluster `%s` is not part of this build", p.show(path.Dir(name)), from.cluster))
		}
	}
	return others, nil
}

// Check makes the checks of Write, and changes nothing. It returns a RefusedError where Write would.
func Check(dir string, proven prove.Proven, opts WriteOptions) error {
	if !proven.Holds() {
		return prove.ErrNotProven
	}
	_, err := newPlan(dir, proven.Files(), opts)
	return err
}
