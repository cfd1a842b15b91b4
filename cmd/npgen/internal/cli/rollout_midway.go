package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/rollout"
)

// midwayFlags say that a folder of policies on the way is to be written.
type midwayFlags struct {
	set, adopt bool
	dir        string
}

func (f *midwayFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.set, "midway", false, "write the policies to commit before those of NEW, into the folder of --output")
	cmd.Flags().StringVarP(&f.dir, "output", "o", "", "the `folder` that --midway writes: the one that NEW is built into")
	cmd.Flags().BoolVar(&f.adopt, "adopt", false, "take over a folder that was built from other packages")
	_ = cmd.MarkFlagDirname("output")
}

// check reports whether the folder is asked for.
func (f *midwayFlags) check(cmd *cobra.Command) (bool, error) {
	switch {
	case f.set && f.dir == "":
		return false, errors.New("`--midway` needs the folder to write: `-o DIR`")
	case !f.set && (f.dir != "" || f.adopt):
		return false, errors.New("`-o` and `--adopt` go with `--midway`")
	case f.set && cmd.Flags().Changed("format"):
		return false, errors.New("`--midway` writes a folder, and `--format` has no say in that")
	}
	return f.set, nil
}

func (f *midwayFlags) write(s *streams, before, after string, options gen.SideOptions) error {
	env, err := s.env()
	if err != nil {
		return err
	}
	a, b, pairs, err := rolloutPairs(s, before, after, options)
	if err != nil {
		return err
	}
	if len(pairs) != 1 {
		return errors.New("a folder is for one cluster: pick it with `--cluster`")
	}
	p := pairs[0]
	head, isPackage := p.NewSide.Head(env, f.dir)
	if !isPackage {
		head, isPackage = p.OldSide.Head(env, f.dir)
	}
	if !isPackage {
		return errors.New("`--midway` writes a folder of packages, and neither side is one")
	}
	s.stage("planning steps")
	midway, err := rollout.Halfway(rollout.Side{Cluster: p.Before, Objects: p.Old}, rollout.Side{Cluster: p.After, Objects: p.New})
	if errors.Is(err, rollout.ErrOneCommit) {
		s.say("%s to %s: %v", a.Name, b.Name, err)
		return nil
	}
	if err != nil {
		return err
	}
	files, err := midway.Files(head)
	if err != nil {
		return err
	}
	changes, err := manifest.Write(f.dir, files, manifest.WriteOptions{Adopt: f.adopt, Run: s.run, Limits: s.limits})
	if err != nil {
		return err
	}
	s.say("%s: %d written, %d removed, %d unchanged", f.dir, len(changes.Written), len(changes.Removed), len(changes.Unchanged))
	if midway.Last {
		s.say("commit this, wait until it is applied and enforced, then commit the policies of %s", b.Name)
	} else {
		s.say("commit this, wait until it is applied and enforced, then write the next one: `npgen rollout %s %s --midway -o DIR`", f.dir, after)
	}
	return nil
}
