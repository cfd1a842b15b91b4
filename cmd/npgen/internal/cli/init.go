package cli

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/confine"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/draft"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/load"
)

//go:embed starter.cue
var starter []byte

func initCommand(s *streams) *cobra.Command {
	f := initFlags{streams: s}
	cmd := &cobra.Command{
		Use:   "init [DIR] [--from MANIFESTS]",
		Short: "Write a commented starter package",
		Long: `Init writes policy.cue into DIR, or the working folder: a small package that
builds at once, with a comment for each thing that you may want to change.

With --from the package is made from manifests: their workloads, labels, ports
and Services, and a first graph of who seems to talk to whom, each guess with a
comment that says what it rests on. MANIFESTS is a file or folder of YAML or
JSON, or - for standard input.

With --editor it also writes what an editor and plain "cue vet" need to know
the language: the schema under cue.mod/pkg, and a file that refers to it.

A file that exists is never overwritten, but for the schema's own.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return errors.New("`npgen init` takes one folder")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return f.run(dir)
		},
	}
	cmd.Flags().BoolVar(&f.editor, "editor", false, "also set up the schema for editors and plain cue vet")
	cmd.Flags().StringArrayVar(&f.from, "from", nil, "make the package from the manifests at this `path`; may be repeated")
	_ = cmd.MarkFlagFilename("from", "yaml", "yml", "json")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return cmd
}

type initFlags struct {
	*streams
	editor bool
	from   []string
}

func (f *initFlags) run(dir string) error {
	env, err := f.env()
	if err != nil {
		return err
	}
	abs := absolute(env, dir)
	files, err := f.starterFile(env, abs)
	switch {
	case err != nil:
		return err
	case len(files) == 0 && (!f.editor || len(f.from) > 0):
		return fmt.Errorf("%s holds CUE files already, which npgen leaves as they are", env.Display(abs))
	}
	next := fmt.Sprintf("edit policy.cue, then run `npgen build %s`", shellPath(dir))
	if len(files) == 0 {
		next = fmt.Sprintf("run `npgen vet %s`", shellPath(dir))
	}
	if f.editor {
		more, err := load.EditorFiles(abs)
		if err != nil {
			return err
		}
		files = append(files, more...)
	}
	for _, file := range files {
		if err := f.writeNew(env, file); err != nil {
			return err
		}
	}
	f.say("next: %s", next)
	return nil
}

// shellPath returns a folder as CUE and Go users write it in a shell.
func shellPath(dir string) string {
	if !filepath.IsAbs(dir) && !strings.HasPrefix(dir, ".") {
		dir = "./" + filepath.ToSlash(dir)
	}
	return shellWord(dir)
}

// shellWord returns a text as one word of a shell.
func shellWord(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\n'\"\\$&;()<>|*?[]{}~#!`") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// starterFile returns the starter for a folder, its namespace named after the folder where that is a name; none where
// the folder holds CUE files other than those for editors.
func (f *initFlags) starterFile(env load.Env, dir string) ([]load.EditorFile, error) {
	there, err := load.CUEFiles(dir)
	if err != nil || slices.ContainsFunc(there, func(name string) bool { return name != load.EditorFileName }) {
		return nil, err
	}
	name, err := load.StarterName(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "policy.cue")
	if len(f.from) > 0 {
		data, err := f.fromManifests(env, name)
		return []load.EditorFile{{Path: path, Data: data}}, err
	}
	data := bytes.Replace(starter, []byte("package policy\n"), []byte("package "+name+"\n"), 1)
	if base := filepath.Base(dir); len(validation.IsDNS1123Label(base)) == 0 {
		data = bytes.Replace(data, []byte(`"my-app"`), []byte(`"`+base+`"`), 1)
	}
	return []load.EditorFile{{Path: path, Data: data}}, nil
}

// fromManifests makes a package of manifests, and says what could not be read.
func (f *initFlags) fromManifests(env load.Env, name string) ([]byte, error) {
	f.stage("reading manifests")
	inv, findings, err := inventory.Read(env.Dir, f.from, env.Stdin, env.Limits)
	if err != nil {
		return nil, err
	}
	report := reportFlags{format: string(diag.Text)}
	if err := report.report(f.streams, ignore.Apply(findings, inv.Comments, diag.OfManifests), nil); err != nil {
		return nil, err
	}
	if len(inv.Workloads) == 0 {
		return nil, fmt.Errorf("%s: no workloads found, so there is nothing to start from", strings.Join(f.from, ", "))
	}
	f.stage("making a package of " + count(len(inv.Workloads), "workload", "workloads"))
	return draft.Starter(inv, name), nil
}

// absolute returns the path of a folder that the user named.
func absolute(env load.Env, dir string) string {
	if filepath.IsAbs(dir) {
		return filepath.Clean(dir)
	}
	return filepath.Join(env.Dir, dir)
}

// writeNew writes a file whole or not at all, with the folders it needs, and says so. One behind a link that leads out of
// the repository is refused.
func (s *streams) writeNew(env load.Env, f load.EditorFile) error {
	if err := confine.Leaves(filepath.Dir(f.Path)); err != nil {
		if inner, ok := errors.AsType[*fs.PathError](err); ok {
			err = inner.Err
		}
		return fmt.Errorf("cannot write `%s`: %w", env.Display(f.Path), err)
	}
	if err := s.run.Whole(func() error { return writeWhole(f) }); err != nil {
		return err
	}
	s.say("wrote %s", env.Display(f.Path))
	return nil
}

func writeWhole(f load.EditorFile) error {
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(f.Path), ".npgen-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err = tmp.Write(f.Data); err == nil {
		err = tmp.Chmod(0o644)
	}
	if err := errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if f.Overwrite {
		return os.Rename(tmp.Name(), f.Path)
	}
	return os.Link(tmp.Name(), f.Path)
}
