package cli

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/load"
)

//go:embed starter.cue
var starter []byte

func initCommand(s *streams) *cobra.Command {
	var editor bool
	cmd := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a commented starter package",
		Long: `Init writes policy.cue into DIR, or the working folder: a small package that
builds at once, with a comment for each thing that you may want to change.

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
			return initPackage(s, dir, editor)
		},
	}
	cmd.Flags().BoolVar(&editor, "editor", false, "also set up the schema for editors and plain cue vet")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return cmd
}

func initPackage(s *streams, dir string, editor bool) error {
	env, err := s.env()
	if err != nil {
		return err
	}
	abs := dir
	if !filepath.IsAbs(abs) {
		abs = filepath.Join(env.Dir, dir)
	}
	var files []load.EditorFile
	path := filepath.Join(abs, "policy.cue")
	_, err = os.Lstat(path)
	switch {
	case err == nil && !editor:
		return fmt.Errorf("%s exists already; npgen does not overwrite it", filepath.Join(dir, "policy.cue"))
	case errors.Is(err, fs.ErrNotExist):
		files = append(files, load.EditorFile{Path: path, Data: starterPackage(filepath.Base(abs))})
	case err != nil:
		return err
	}
	if editor {
		more, err := load.EditorFiles(abs)
		if err != nil {
			return err
		}
		files = append(files, more...)
	}
	for _, f := range files {
		if err := writeNew(f); err != nil {
			return err
		}
		fmt.Fprintf(s.err, "wrote %s\n", env.Display(f.Path))
	}
	fmt.Fprintf(s.err, "next: edit policy.cue, then run `npgen build %s`\n", shellPath(dir))
	return nil
}

// shellPath returns a folder as CUE and Go users write it.
func shellPath(dir string) string {
	if filepath.IsAbs(dir) || strings.HasPrefix(dir, ".") {
		return dir
	}
	return "./" + filepath.ToSlash(dir)
}

// starterPackage returns the starter with its namespace named after the folder, where that is a name.
func starterPackage(base string) []byte {
	if len(validation.IsDNS1123Label(base)) > 0 {
		return starter
	}
	return bytes.Replace(starter, []byte(`"my-app"`), []byte(`"`+base+`"`), 1)
}

// writeNew writes a file whole or not at all, with the folders it needs.
func writeNew(f load.EditorFile) error {
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
