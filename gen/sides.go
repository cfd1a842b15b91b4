package gen

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/revision"
	"github.com/npgen/npgen/gen/world"
)

// SideOptions is what both sides of a comparison have.
type SideOptions struct {
	// With are manifests that are added to both sides, which keep what they have already.
	With []string
	// Namespace is as in Input.
	Namespace string
	// Rename gives namespaces of the old side other names, before it is compared.
	Rename world.Renaming
}

// Side is one side of a comparison: what was read there.
type Side struct {
	// Name is the side as the user wrote it.
	Name string
	// Clusters is one, but for packages of several.
	Clusters []Named
	Findings diag.List
	Source   func(string) ([]byte, error)
	// Comments is those by which the user takes findings out of reports, of the side alone.
	Comments []ignore.Comment
	// unknownTags is the tags that no package of the side has, all where there are no packages.
	unknownTags []string
	// Absent says that the revision has nothing at the path: no policies at all.
	Absent bool
	// nothing is a cluster that the side does not have.
	nothing world.Cluster
	// path is where the side lies.
	path string
}

// ReadSides reads what two arguments name: a package, a file or folder of YAML, `-`, or `git:REV` and `git:REV:PATH`,
// with a path as the user would write it in the working folder. `git:REV` alone is the path of the other side. A path
// that a revision does not have, but the other side has, means that there were no policies.
func ReadSides(env load.Env, before, after string, options SideOptions) (Side, Side, error) {
	isStdin := func(path string) bool { return path == "-" }
	switch {
	case isStdin(before) && isStdin(after):
		return Side{}, Side{}, errors.New("standard input can be one side only")
	case slices.ContainsFunc(options.With, isStdin) && (isStdin(before) || isStdin(after)):
		return Side{}, Side{}, errors.New("standard input can be a side or the manifests of both, not both")
	}
	from, to, err := sourcesOf(before, after)
	if err != nil {
		return Side{}, Side{}, err
	}
	env.AnyTags, env.OrUnnamed = true, true
	with := &reading{}
	if len(options.With) > 0 {
		if with, err = readManifests(env, options.With); err != nil {
			return Side{}, Side{}, err
		}
	}
	a, err := from.read(env, options, with.layers)
	if err != nil {
		return Side{}, Side{}, err
	}
	a.Findings = append(with.findings, a.Findings...)
	if a.Findings.Count(diag.Error) == 0 {
		if err := a.rename(options.Rename); err != nil {
			return Side{}, Side{}, fmt.Errorf("%s: %w", a.Name, err)
		}
	}
	b, err := to.read(env, options, with.layers)
	if err != nil {
		return Side{}, Side{}, err
	}
	if b.Findings.Count(diag.Error) == 0 {
		unknown := slices.DeleteFunc(slices.Clone(a.unknownTags), func(tag string) bool { return !slices.Contains(b.unknownTags, tag) })
		b.Findings = append(b.Findings, load.NoSuchTags(unknown)...)
		if err := named(env.Cluster, a, b); a.Findings.Count(diag.Error) == 0 && err != nil {
			return Side{}, Side{}, err
		}
	}
	if a.Absent && b.Absent {
		return Side{}, Side{}, fmt.Errorf("%s: neither revision has it", from.path)
	}
	return a, b, nil
}

// sideSource says where one side is read from.
type sideSource struct {
	name, rev, path string
	// mayLack says that the path exists on the other side, so that a revision without it is no mistake.
	mayLack bool
}

func sourcesOf(before, after string) (sideSource, sideSource, error) {
	a, err := sourceOf(before)
	if err != nil {
		return a, a, err
	}
	b, err := sourceOf(after)
	switch {
	case err != nil:
		return a, b, err
	case a.path == "" && b.path == "":
		a.path, b.path = ".", "."
	case a.path == "":
		a.path = b.path
	case b.path == "":
		b.path = a.path
	}
	if a.path == "-" && a.rev != "" || b.path == "-" && b.rev != "" {
		return a, b, errors.New("standard input has no revisions; write `git:REV:PATH`")
	}
	a.mayLack, b.mayLack = a.path == b.path, a.path == b.path
	return a, b, nil
}

const gitPrefix = "git:"

func sourceOf(arg string) (sideSource, error) {
	rest, isGit := strings.CutPrefix(arg, gitPrefix)
	if !isGit {
		return sideSource{name: arg, path: arg}, nil
	}
	rev, path, _ := strings.Cut(rest, ":")
	if rev == "" {
		return sideSource{}, fmt.Errorf("`%s` names no revision; write `git:REV` or `git:REV:PATH`", arg)
	}
	if filepath.IsAbs(path) {
		return sideSource{}, fmt.Errorf("`%s`: the path in a revision is relative to the working folder", arg)
	}
	return sideSource{name: arg, rev: rev, path: path}, nil
}

func (p sideSource) read(env load.Env, options SideOptions, with []*inventory.Inventory) (Side, error) {
	out := Side{Name: p.name, path: p.path, unknownTags: env.Tags}
	nothing := &reading{namespace: options.Namespace, layers: with}
	var err error
	if out.nothing, err = nothing.cluster(); err != nil {
		return out, err
	}
	if p.rev == "" {
		return out, out.read(env, p.path, options, with)
	}
	folder := strings.TrimSuffix(filepath.ToSlash(p.path), "...")
	tree, err := revision.Checkout(env.Run, env.Dir, p.rev, folder)
	if err != nil {
		return out, err
	}
	defer tree.Close()
	if _, err := os.Stat(filepath.Join(tree.Dir, filepath.FromSlash(folder))); errors.Is(err, fs.ErrNotExist) {
		if !p.mayLack {
			return out, fmt.Errorf("%s: revision %s does not have it", p.path, p.rev)
		}
		out.Absent = true
		return out, nil
	}
	env.Dir, env.Root = tree.Dir, &tree.Root
	if err := out.read(env, p.path, options, with); err != nil {
		return out, fmt.Errorf("git:%s: %w", p.rev, err)
	}
	out.inRevision(p.rev)
	return out, nil
}

// read reads a side. What is found in the manifests of both sides is not among its findings.
func (s *Side) read(env load.Env, path string, options SideOptions, with []*inventory.Inventory) error {
	r, err := Input{Paths: []string{path}, Namespace: options.Namespace}.readClusters(env)
	if err != nil {
		return err
	}
	if s.Source = r.source; !r.failed() {
		r.layers = append(r.layers, with...)
		s.Clusters, err = r.named()
	}
	s.Findings, s.Comments = r.findings, r.comments
	if r.builds != nil {
		s.unknownTags = r.builds.UnknownTags
	}
	return err
}

// FolderCluster reads the policies of an output folder of the packages, and what else of a cluster lies there.
func (r *Result) FolderCluster(env load.Env, dir string) (world.Cluster, diag.List, error) {
	read, err := readManifests(env, []string{dir})
	if err != nil {
		return world.Cluster{}, nil, err
	}
	if r.Graph.OmitsNamespace() != nil && len(r.Policies) > 0 {
		read.namespace = r.Policies[0].Namespace
	}
	c, err := read.cluster()
	return c, read.findings, err
}

// inRevision puts the revision before the files that findings name.
func (s *Side) inRevision(rev string) {
	prefix := gitPrefix + rev + ":"
	for i := range s.Clusters {
		s.Clusters[i].Revision = prefix
	}
	for i := range s.Findings {
		f := &s.Findings[i]
		if f.Pos.IsValid() {
			f.Pos.File = prefix + f.Pos.File
		}
		for j := range f.Related {
			if f.Related[j].Pos.IsValid() {
				f.Related[j].Pos.File = prefix + f.Related[j].Pos.File
			}
		}
	}
	for i := range s.Comments {
		s.Comments[i].Pos.File = prefix + s.Comments[i].Pos.File
	}
	if source := s.Source; source != nil {
		s.Source = func(file string) ([]byte, error) { return source(strings.TrimPrefix(file, prefix)) }
	}
}
