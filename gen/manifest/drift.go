package manifest

import (
	"bytes"
	"slices"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/npgen/npgen/gen/prove"
)

// Drift returns what Write would change, as a unified diff over the files in sorted order, and writes nothing. The
// diff is empty when Write would change nothing. A file that is missing or to be removed is compared with /dev/null.
// Paths are below dir as given, so that `patch -p0` in the same working folder takes the diff. It returns a
// RefusedError where Write does.
func Drift(dir string, proven prove.Proven, opts WriteOptions) ([]byte, error) {
	if !proven.Holds() {
		return nil, prove.ErrNotProven
	}
	return driftOf(dir, proven.Files(), opts)
}

func driftOf(dir string, files Files, opts WriteOptions) ([]byte, error) {
	p, err := newPlan(dir, files, opts)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, name := range slices.Sorted(slices.Values(slices.Concat(p.write, p.remove))) {
		oldName, newName := "/dev/null", "/dev/null"
		var old []byte
		if e := p.disk[name]; e != nil {
			oldName, old = p.show(name), e.content
		}
		if files[name] != nil {
			// A tab ends a file name in a diff.
			newName = p.show(name) + "\t(npgen build)"
		}
		text := diff.Diff(oldName, old, newName, files[name])
		_, text, _ = bytes.Cut(text, []byte("\n")) // the line `diff OLD NEW`, which no format asks for
		out.Write(text)
	}
	return out.Bytes(), nil
}
