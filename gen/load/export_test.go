package load

import (
	"slices"
	"strconv"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// Reading is a package as it was read in one of two ways.
type Reading struct {
	Package  *graph.Package
	Empty    bool
	Findings diag.List
	Err      error
	// Lifted are the paths of the literals that were lifted, sorted; Doubtful says that what was read is thrown away.
	Lifted   []string
	Doubtful bool
}

// Read reads a package without the literals that can be lifted, or whole.
func Read(env Env, s Source, lifting bool) Reading {
	root, err := env.root(s)
	if err != nil {
		return Reading{Err: err}
	}
	a := attempt{env: env, source: s, reader: newReader(env, s, readSchema(), root, &Result{sources: map[string][]byte{}, tags: map[string]bool{}})}
	p, findings, err := a.read(lifting)
	out := Reading{Findings: findings, Err: err, Doubtful: a.doubtful}
	if a.lifted != nil {
		out.Lifted = paths(a.lifted, "")
		slices.Sort(out.Lifted)
	}
	if p != nil {
		out.Package, out.Empty = p.Package, p.empty
	}
	return out
}

// paths returns the paths of what was lifted out of a value.
func paths(l *lifted, prefix string) []string {
	var out []string
	for name, under := range l.under {
		out = append(out, paths(under, prefix+name+".")...)
	}
	for _, e := range l.entries {
		switch {
		case e.value != nil:
			out = append(out, prefix+e.name)
		case e.list != nil:
			out = append(out, paths(e.list, prefix+e.name+".")...)
		}
	}
	for i, e := range l.elements {
		if e != nil {
			out = append(out, prefix+strconv.Itoa(i))
		}
	}
	return out
}
