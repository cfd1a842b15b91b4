package manifest

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/gen/prove"
)

func TestRefusals(t *testing.T) {
	otherRoot := Mark + "\n" + packagesPrefix + "x, y\n"
	for name, tt := range map[string]struct {
		prepare func(t *testing.T, dir string)
		want    []string // in the message, after DIR/ is put in
		help    string
		adopt   bool // whether --adopt is the answer
	}{
		"file without the mark": {
			func(t *testing.T, dir string) { put(t, dir, "shop/allow.yaml", "kind: X\n") },
			[]string{"`DIR/shop/allow.yaml` was not written by npgen"},
			"move the rest away", false,
		},
		"empty file": {
			func(t *testing.T, dir string) { put(t, dir, "shop/allow.yaml", "") },
			[]string{"`DIR/shop/allow.yaml` was not written by npgen"},
			"move the rest away", false,
		},
		"root kustomization without the mark": {
			func(t *testing.T, dir string) { put(t, dir, kustomization, "kind: Kustomization\n"+otherRoot) },
			[]string{"`DIR/kustomization.yaml` was not written by npgen"},
			"move the rest away", false,
		},
		"folder": {
			func(t *testing.T, dir string) { put(t, dir, "shop/allow.yaml/x", "") },
			[]string{"`DIR/shop/allow.yaml` is a folder"},
			"move the rest away", false,
		},
		"link to a file of npgen's": {
			func(t *testing.T, dir string) {
				put(t, dir, "real.yaml", Mark+"\n")
				put(t, dir, "shop/x", "")
				link(t, "../real.yaml", filepath.Join(dir, "shop/allow.yaml"))
			},
			[]string{"`DIR/shop/allow.yaml` is a symbolic link"},
			"move the rest away", false,
		},
		"link that leads nowhere": {
			func(t *testing.T, dir string) { link(t, "nowhere", filepath.Join(dir, kustomization)) },
			[]string{"`DIR/kustomization.yaml` is a symbolic link"},
			"move the rest away", false,
		},
		"namespace folder is a link": {
			func(t *testing.T, dir string) {
				put(t, dir, "real/x", "")
				link(t, "real", filepath.Join(dir, "shop"))
			},
			[]string{"`DIR/shop` is a symbolic link where a folder is wanted"},
			"move the rest away", false,
		},
		"namespace folder is a file": {
			func(t *testing.T, dir string) { put(t, dir, "shop", Mark+"\n") },
			[]string{"`DIR/shop` is a file where a folder is wanted"},
			"move the rest away", false,
		},
		"namespace folder is another output": {
			func(t *testing.T, dir string) { put(t, dir, "shop/"+kustomization, otherRoot) },
			[]string{"`DIR/shop` is an output folder of its own, built from `x`, `y`"},
			"move the rest away", false,
		},
		"each one is named": {
			func(t *testing.T, dir string) {
				put(t, dir, "shop/allow.yaml", "kind: X\n")
				put(t, dir, "123/default-deny.yaml", "kind: X\n")
				put(t, dir, kustomization, otherRoot)
			},
			[]string{"`DIR/shop/allow.yaml` was", "`DIR/123/default-deny.yaml` was", "`DIR` was built from `x`, `y`, not from `pay`, `shop`"},
			"--adopt", false,
		},
		"other packages": {
			func(t *testing.T, dir string) { put(t, dir, kustomization, otherRoot) },
			[]string{"`DIR` was built from `x`, `y`, not from `pay`, `shop`"},
			"--adopt", true,
		},
		"fewer packages": {
			func(t *testing.T, dir string) { put(t, dir, kustomization, Mark+"\r\n"+packagesPrefix+"pay\r\n") },
			[]string{"`DIR` was built from `pay`, not from `pay`, `shop`"},
			"--adopt", true,
		},
		"unknown packages": {
			func(t *testing.T, dir string) { put(t, dir, kustomization, Mark+"\nkind: Kustomization\n") },
			[]string{"`DIR/kustomization.yaml` does not say which packages"},
			"--adopt", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, files := t.TempDir(), shop(t)
			put(t, dir, "stale/allow.yaml", Mark+"\n")
			tt.prepare(t, dir)
			before := tree(t, dir)
			changes, writeErr := writeFiles(dir, files, WriteOptions{})
			diff, driftErr := driftOf(dir, files, WriteOptions{})
			for _, err := range []error{writeErr, driftErr} {
				refused, ok := errors.AsType[*RefusedError](err)
				if !ok {
					t.Fatalf("got error %v, want a RefusedError", err)
				}
				for _, want := range tt.want {
					want = strings.ReplaceAll(want, "DIR", filepath.ToSlash(dir))
					if strings.Count(refused.Message, want) != 1 || strings.Contains(refused.Message, "\n") {
						t.Errorf("message %q, want %q in it once", refused.Message, want)
					}
				}
				if !strings.Contains(refused.Help, tt.help) {
					t.Errorf("help %q, want %q in it", refused.Help, tt.help)
				}
			}
			if len(diff) > 0 || len(changes.Written)+len(changes.Removed) > 0 {
				t.Errorf("drift %s, changes %v", diff, changes)
			}
			if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
				t.Errorf("refused, yet changed: %s", diff)
			}

			adopt := WriteOptions{Adopt: true}
			_, err := writeFiles(dir, files, adopt)
			if !tt.adopt {
				if _, ok := errors.AsType[*RefusedError](err); !ok {
					t.Errorf("--adopt took the folder over: %v", err)
				}
				if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
					t.Errorf("refused, yet changed: %s", diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			holds(t, dir, files)
			if _, err := writeFiles(dir, files, WriteOptions{}); err != nil {
				t.Errorf("adopted, yet refused: %v", err)
			}
		})
	}
}

func TestWriteWhereNoFolderCanBe(t *testing.T) {
	base := t.TempDir()
	put(t, base, "file", Mark+"\n")
	for dir, want := range map[string]string{
		"":              "the output folder has no name",
		"file":          "is a file",
		"file/out":      "file/out",
		"file/out/deep": "file/out/deep",
	} {
		if dir != "" {
			dir = filepath.Join(base, dir)
		}
		before := tree(t, base)
		_, writeErr := writeFiles(dir, shop(t), WriteOptions{})
		_, driftErr := driftOf(dir, shop(t), WriteOptions{})
		for _, err := range []error{writeErr, driftErr} {
			if err == nil || !strings.Contains(filepath.ToSlash(err.Error()), want) {
				t.Errorf("%q: got error %v, want %q in it", dir, err, want)
			}
			if _, ok := errors.AsType[*RefusedError](err); ok {
				t.Errorf("%q: trouble is reported as a refusal", dir)
			}
		}
		if diff := cmp.Diff(before, tree(t, base)); diff != "" {
			t.Error(diff)
		}
	}
}

// applyAsIs carries out a plan without a second look at the folder.
func applyAsIs(p *plan) (Changes, error) {
	return p.applyTo(WriteOptions{}, func() (*plan, error) { return p, nil })
}

// The folder changes between the checks and the writing, as when another process is at work there.
func TestWriteFailures(t *testing.T) {
	for name, tt := range map[string]struct {
		sabotage func(t *testing.T, dir string)
		files    func(t testing.TB) Files
		want     []string // in the error, after DIR is put in
		done     Changes
	}{
		"no temporary file can be made": {
			sabotage: func(t *testing.T, dir string) { put(t, dir, "shop", "") },
			files:    shop,
			want:     []string{"cannot write `DIR/shop/allow.yaml`: "},
		},
		"first rename fails": {
			sabotage: func(t *testing.T, dir string) { put(t, dir, "123/default-deny.yaml/x", "") },
			files:    shop,
			want:     []string{"cannot write `DIR/123/default-deny.yaml`: "},
		},
		"last rename fails": {
			sabotage: func(t *testing.T, dir string) { put(t, dir, kustomization+"/x", "") },
			files:    func(t testing.TB) Files { return layout(t, "p", "shop/a") },
			want: []string{
				"cannot write `DIR/kustomization.yaml`: ",
				"; before that npgen wrote `DIR/shop/allow.yaml`, `DIR/shop/kustomization.yaml`",
			},
			done: Changes{Written: []string{"shop/allow.yaml", "shop/kustomization.yaml"}},
		},
		"removal fails": {
			sabotage: func(t *testing.T, dir string) {
				if err := os.Remove(filepath.Join(dir, "stale/b.yaml")); err != nil {
					t.Fatal(err)
				}
				put(t, dir, "stale/b.yaml/x", "")
			},
			files: func(t testing.TB) Files { return layout(t, "p") },
			want: []string{
				"cannot remove `DIR/stale/b.yaml`: ",
				"; before that npgen wrote `DIR/kustomization.yaml` and removed `DIR/stale/a.yaml`",
			},
			done: Changes{Written: []string{kustomization}, Removed: []string{"stale/a.yaml"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, files := t.TempDir(), tt.files(t)
			put(t, dir, "stale/a.yaml", Mark+"\n")
			put(t, dir, "stale/b.yaml", Mark+"\n")
			p, err := newPlan(dir, files, WriteOptions{})
			if err != nil {
				t.Fatal(err)
			}
			tt.sabotage(t, dir)
			before := tree(t, dir)
			changes, err := applyAsIs(p)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if want = strings.ReplaceAll(want, "DIR", filepath.ToSlash(dir)); !strings.Contains(err.Error(), want) {
					t.Errorf("error %q, want %q in it", err, want)
				}
			}
			if len(tt.done.Written)+len(tt.done.Removed) == 0 && strings.Contains(err.Error(), "before that") {
				t.Errorf("error %q claims changes", err)
			}
			if diff := cmp.Diff(tt.done, changes); diff != "" {
				t.Error(diff)
			}
			after := tree(t, dir)
			for name, what := range after {
				switch {
				case isTemporary(name):
					t.Errorf("%s was left behind", name)
				case slices.Contains(tt.done.Written, name):
					if !strings.HasSuffix(what, string(files[name])) {
						t.Errorf("%s is reported written, but holds %q", name, what)
					}
				case before[name] == "" && (what[0] != 'd' || len(tt.done.Written) == 0):
					t.Errorf("%s was left behind", name)
				case before[name] != "" && before[name] != what:
					t.Errorf("%s was changed", name)
				}
			}
			for name := range before {
				if after[name] == "" && !slices.Contains(tt.done.Removed, name) {
					t.Errorf("%s was removed", name)
				}
			}
		})
	}
}

// New folders are taken back, down to those above the output folder.
func TestWriteTakesNewFoldersBack(t *testing.T) {
	base := t.TempDir()
	p, err := newPlan(filepath.Join(base, "a/b"), shop(t), WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.files = Files{"shop/" + strings.Repeat("x", 300): []byte(Mark)}
	p.write = sortedKeys(p.files)
	if _, err := applyAsIs(p); err == nil {
		t.Fatal("no error for a name that no file system takes")
	}
	if all := tree(t, base); len(all) > 0 {
		t.Errorf("left behind: %v", all)
	}
}

// TestWriteNothingProven holds that what no proof made is not written.
func TestWriteNothingProven(t *testing.T) {
	dir := t.TempDir()
	build(t, dir, shop(t))
	before := tree(t, dir)
	if changes, err := Write(dir, prove.Proven{}, WriteOptions{Adopt: true}); err == nil {
		t.Errorf("no error; changes %v", changes)
	}
	if drift, err := Drift(dir, prove.Proven{}, WriteOptions{Adopt: true}); err == nil {
		t.Errorf("no error; drift %s", drift)
	}
	if after := tree(t, dir); !maps.Equal(before, after) {
		t.Errorf("the folder changed: %v", after)
	}
}
