package revision

import (
	"cmp"
	"fmt"
	"path"
	"strings"
)

// mostLinks is how many links one path may go through, as in Linux.
const mostLinks = 40

// entry is what a tree has at a path.
type entry struct {
	name, mode, hash string
	// target is where a link leads, as git stores it.
	target string
}

// The modes of git's trees that are no files.
const (
	modeLink      = "120000"
	modeSubmodule = "160000"
)

// snapshot is all that a commit has, by path.
type snapshot struct {
	// sorted is as git has it, by name.
	sorted  []*entry
	entries map[string]*entry
	// folders are the paths that others lie below.
	folders map[string]bool
}

func newSnapshot(all []*entry) snapshot {
	s := snapshot{sorted: all, entries: map[string]*entry{}, folders: map[string]bool{".": true}}
	for _, e := range all {
		s.entries[e.name] = e
		for dir := path.Dir(e.name); !s.folders[dir]; dir = path.Dir(dir) {
			s.folders[dir] = true
		}
	}
	return s
}

// has reports whether a path without links is there.
func (s snapshot) has(name string) bool { return s.entries[name] != nil || s.folders[name] }

// resolve returns a path with the links in it resolved, inside of the commit alone. Nothing may be there. A link that
// leads out of it, or in circles, and a path that goes through a submodule, are errors that name it.
func (s snapshot) resolve(name string) (string, error) {
	done, left := ".", strings.Split(path.Clean(name), "/")
	var last *entry // the link that was followed last
	for links := 0; len(left) > 0; {
		part := left[0]
		left = left[1:]
		switch {
		case part == "." || part == "":
			continue
		case part == "..":
			if done == "." {
				return "", leadsOut(cmp.Or(last, &entry{name: name, target: name}))
			}
			done = path.Dir(done)
			continue
		}
		done = path.Join(done, part)
		e := s.entries[done]
		switch {
		case e == nil:
		case e.mode == modeSubmodule:
			return "", isSubmodule(done)
		case e.mode == modeLink:
			if links++; links > mostLinks {
				return "", fmt.Errorf("`%s` is a link that leads in circles", name)
			}
			if path.IsAbs(e.target) || strings.ContainsAny(e.target, "\\:\x00") || e.target == "" {
				return "", leadsOut(e)
			}
			done, left = path.Dir(done), append(strings.Split(e.target, "/"), left...)
			last = e
		}
	}
	return done, nil
}

func leadsOut(e *entry) error {
	return fmt.Errorf("`%s` is a link that leads out of the revision, to `%s`", e.name, e.target)
}

func isSubmodule(name string) error {
	return fmt.Errorf("`%s` is a submodule, whose files the revision does not have", name)
}
