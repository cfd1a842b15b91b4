package evidence

import (
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/inventory"
)

// told is a value that a workload is given, whole or one of the values in a longer text.
type told struct {
	leaf
	inventory.Text
	givenTo givenTo
}

// givenTo is who is given a text.
type givenTo int

// The texts of one workload or a few; those of several which probably each use a part of it; those of nearly everyone.
const (
	alone givenTo = iota
	several
	everyone
)

// pos returns where the value stands.
func (t told) pos() diag.Pos {
	if t.line >= 0 {
		return t.Line(t.line)
	}
	return t.Text.Pos()
}

// told returns what a workload's containers are given, what they read of ConfigMaps and Secrets included.
func (f *Finder) told(w *inventory.Workload) []told {
	var out []told
	given := f.environments(w)
	for _, t := range w.Texts {
		t.Value = given.expand(t.Container, t.Value)
		for _, l := range leavesOf(t.Key, t.Value) {
			out = append(out, told{leaf: l, Text: t})
		}
	}
	arguments := argumentsOf(w)
	for _, use := range w.Uses {
		for _, c := range f.configsOf(w, use) {
			for _, t := range use.Of(c) {
				key := t.Entry()
				to := alone
				if !names(arguments, t.Key) {
					to = f.givenTo(w, c, key, len(use.Keys) == 0)
				}
				for _, l := range f.leavesOf(entry{c, key}, t) {
					out = append(out, told{leaf: l, Text: t, givenTo: to})
				}
			}
		}
	}
	return withSiblings(out)
}

func (f *Finder) configsOf(w *inventory.Workload, use inventory.ConfigUse) []*inventory.Config {
	var out []*inventory.Config
	for _, c := range f.configs[use.Name] {
		if c.Kind == use.Kind && c.Namespace == w.Namespace {
			out = append(out, c)
		}
	}
	return out
}

// leavesOf returns the values of an entry. A long one, which several workloads may load, is taken apart once.
func (f *Finder) leavesOf(e entry, t inventory.Text) []leaf {
	if !isLong(t.Value) {
		return leavesOf(t.Key, t.Value)
	}
	if _, done := f.leaves[e]; !done {
		f.leaves[e] = leavesOf(t.Key, t.Value)
	}
	return f.leaves[e]
}

// findLoads finds who loads what.
func (f *Finder) findLoads() {
	add := func(e entry, w *inventory.Workload) {
		if !slices.Contains(f.loads[e], w) {
			f.loads[e] = append(f.loads[e], w)
		}
	}
	for _, w := range f.Workloads {
		f.inNamespace[w.Namespace]++
		for _, use := range w.Uses {
			for _, c := range f.configsOf(w, use) {
				if len(use.Keys) == 0 {
					add(entry{c, ""}, w)
				}
				for _, key := range use.Keys {
					add(entry{c, key}, w)
				}
			}
		}
	}
}

// givenTo returns who is given an entry beside a workload, which may be given it with the whole of its config.
func (f *Finder) givenTo(w *inventory.Workload, c *inventory.Config, key string, whole bool) givenTo {
	all, byKey := f.loads[entry{c, ""}], f.loads[entry{c, key}]
	given := len(all) + len(byKey)
	const many, most = 4, 1 // so many have it, and at most so many have not
	switch {
	case given >= many && f.inNamespace[w.Namespace]-given <= most:
		return everyone
	case whole && len(all) > 1 && f.leadsToSeveral(c):
		return several
	}
	return alone
}

// leadsToSeveral reports whether the entries of a config lead to more than one Service.
func (f *Finder) leadsToSeveral(c *inventory.Config) bool {
	out, known := f.several[c]
	if known {
		return out
	}
	var first *inventory.Service
	for _, t := range (inventory.ConfigUse{}).Of(c) {
		for _, l := range f.leavesOf(entry{c, t.Entry()}, t) {
			for _, m := range l.mentions() {
				s := f.resolve(m, c.Namespace)
				out = out || s != nil && first != nil && s != first
				if first == nil {
					first = s
				}
			}
		}
	}
	f.several[c] = out
	return out
}

// argumentsOf returns the command lines of a workload.
func argumentsOf(w *inventory.Workload) string {
	var b strings.Builder
	for _, t := range w.Texts {
		if !t.Environment {
			b.WriteString(t.Value + "\n")
		}
	}
	return b.String()
}

// names reports whether a command line names a variable.
func names(arguments, variable string) bool {
	for _, form := range []string{"$(" + variable + ")", "${" + variable + "}"} {
		if strings.Contains(arguments, form) {
			return true
		}
	}
	_, after, found := strings.Cut(arguments, "$"+variable)
	return found && variable != "" && (after == "" || !isWordByte(after[0]))
}

func isWordByte(b byte) bool { return isHostByte(b) && b != '-' && b != '.' }
