package load_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen/load"
)

// sameEitherWay reads a package without its liftable literals and whole, and holds the one against the other: every
// element with its position and in its order, and every finding. It returns the paths of the literals that were lifted,
// and whether what was read without them is what npgen uses.
func sameEitherWay(t *testing.T, env load.Env, s load.Source) (paths []string, used bool) {
	t.Helper()
	stdin := []byte(nil)
	if env.Stdin != nil {
		stdin = readAll(t, env)
	}
	read := func(lifting bool) load.Reading {
		env.Stdin = bytes.NewReader(stdin)
		return load.Read(env, s, lifting)
	}
	lifted, whole := read(true), read(false)
	paths = lifted.Lifted
	if lifted.Doubtful {
		if len(whole.Findings) == 0 && whole.Err == nil {
			t.Errorf("reading %s without %q found fault with it, reading it whole does not: %v, %v", s.Path, paths, lifted.Findings, lifted.Err)
		}
		return paths, false // npgen reads it whole
	}
	lifted.Lifted = nil
	if !reflect.DeepEqual(lifted, whole) {
		t.Errorf("%s without %q (-whole +lifted):\n%s", s.Path, paths,
			cmp.Diff(whole, lifted, cmp.Exporter(func(reflect.Type) bool { return true })))
	}
	return paths, len(paths) > 0
}

func readAll(t *testing.T, env load.Env) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := b.ReadFrom(env.Stdin); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLiftedIsWhole reads every package of this repository both ways.
func TestLiftedIsWhole(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	env := load.Env{Dir: root}
	packages, lifted := 0, 0
	add := func(_ []string, used bool) {
		packages++
		if used {
			lifted++
		}
	}
	for _, dir := range foldersWithCUE(t, root) {
		add(sameEitherWay(t, env, load.Source{Path: dir}))
	}
	for _, file := range filesOf(t, root, ".txtar") {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dir := unpack(t, archive)
		for _, folder := range foldersWithCUE(t, dir) {
			add(sameEitherWay(t, load.Env{Dir: dir}, load.Source{Path: folder}))
		}
	}
	t.Logf("%d packages, %d of them read without their literals", packages, lifted)
	if lifted < packages/5 {
		t.Errorf("of %d packages, %d only were read without their literals", packages, lifted)
	}
}

// unpack writes the files of an archive to a folder.
func unpack(t testing.TB, archive *txtar.Archive) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range archive.Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// filesOf returns the files below a folder whose names end in a suffix.
func filesOf(t testing.TB, root, suffix string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, suffix) {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// foldersWithCUE returns the folders below another that have CUE files, but for modules' own.
func foldersWithCUE(t testing.TB, root string) []string {
	t.Helper()
	var out []string
	for _, file := range filesOf(t, root, ".cue") {
		dir, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(dir, "cue.mod") && !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	return out
}

// TestLifted holds what is lifted and what stays for each way in which something in a package may have to do with a
// literal. Each folder is a case: its package, in the first folder that has one of two, and the paths that are lifted.
func TestLifted(t *testing.T) {
	for _, file := range filesOf(t, "testdata/lift", ".txtar") {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dir, changed := unpack(t, archive), false
		for i, f := range archive.Files {
			name, ok := strings.CutSuffix(f.Name, "/lifted")
			if !ok {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
				env := load.Env{Dir: filepath.Join(dir, filepath.FromSlash(name))}
				paths, _ := sameEitherWay(t, env, load.Source{Path: packageFolder(env.Dir)})
				got := ""
				for _, p := range paths {
					got += p + "\n"
				}
				if *update {
					changed = changed || got != string(f.Data)
					archive.Files[i].Data = []byte(got)
				} else if diff := cmp.Diff(string(f.Data), got); diff != "" {
					t.Errorf("lifted (-want +got):\n%s", diff)
				}
			})
		}
		if changed {
			if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// packageFolder returns the folder of a case that holds its package: the last one below it, where there are several.
func packageFolder(dir string) string {
	for _, below := range []string{"pkg", "sub"} {
		if _, err := os.Stat(filepath.Join(dir, below)); err == nil {
			return below
		}
	}
	return "."
}
