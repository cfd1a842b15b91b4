// Package kustomize holds the folders that npgen writes against kustomize, and those without a namespace against helm, too.
//
// In: packages, and every folder of output that npgen ships. Out: `kustomize build` and `kubectl kustomize` give the
// objects of `npgen build`'s one stream, in its order. It refuses an object that is added, lost, moved or changed.
package kustomize

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/e2e/tool"
)

// renderers are the commands that build a folder with a kustomization. kubectl's is of another release.
func renderers() map[string][]string {
	return map[string][]string{
		"kustomize": {"kustomize", "build"},
		"kubectl":   {"kubectl", "kustomize"},
	}
}

func TestFolder(t *testing.T) {
	tool.Setup(t, tool.Kustomize, tool.Kubectl)
	for _, p := range packages() {
		for _, grouping := range []string{"workload", "edge"} {
			for _, deny := range []string{"namespace", "workload"} {
				t.Run(p.name+" "+grouping+" "+deny, func(t *testing.T) {
					dir := t.TempDir()
					tool.Write(t, dir, map[string]string{
						"policy/policy.cue": p.cue,
						"policy/more.cue":   "package policy\n\ndeny: \"" + deny + "\"\noutput: grouping: \"" + grouping + "\"\n",
					})
					want := objects(t, tool.Run(t, dir, "npgen", "build", "-q", "policy"))
					if len(want) == 0 {
						t.Fatal("npgen wrote nothing")
					}
					tool.Run(t, dir, "npgen", "build", "-q", "policy", "-o", "out")
					for name, command := range renderers() {
						compare(t, name, want, render(t, dir, command, "out"))
						for _, namespace := range p.namespaces {
							compare(t, name+" of "+namespace, of(namespace, want), render(t, dir, command, filepath.Join("out", namespace)))
						}
					}
				})
			}
		}
	}
}

// TestOverlay builds npgen's folder below a kustomization of the user's.
func TestOverlay(t *testing.T) {
	tool.Setup(t, tool.Kustomize, tool.Kubectl)
	for _, p := range packages() {
		t.Run(p.name, func(t *testing.T) {
			dir := t.TempDir()
			tool.Write(t, dir, map[string]string{
				"policy/policy.cue": p.cue,
				"namespace.yaml":    "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n",
				"plain/kustomization.yaml": `resources:
- ../out
`,
				"fifo/kustomization.yaml": `resources:
- ../out
sortOptions:
  order: fifo
`,
				"kustomization.yaml": `resources:
- namespace.yaml
- out
sortOptions:
  order: fifo
labels:
- pairs:
    team: shop
`,
			})
			tool.Run(t, dir, "npgen", "build", "-q", "policy", "-o", "out")
			want := objects(t, tool.Run(t, dir, "npgen", "build", "-q", "policy"))
			for name, command := range renderers() {
				compare(t, name+" fifo", want, render(t, dir, command, "fifo"))
				// Without sortOptions of its own an overlay has kustomize's order; the objects are the same.
				compare(t, name+" plain", sorted(want), sorted(render(t, dir, command, "plain")))

				got := render(t, dir, command, ".")
				if len(got) == 0 || got[0]["kind"] != "Namespace" {
					t.Fatalf("%s: the overlay does not start with its own namespace", name)
				}
				got = got[1:]
				for _, o := range got {
					labels := o["metadata"].(map[string]any)["labels"].(map[string]any)
					if labels["team"] != "shop" {
						t.Errorf("%s: %s has no label of the overlay", name, id(o))
					}
					delete(labels, "team")
				}
				compare(t, name+" labelled", want, got)
			}
		})
	}
}

// TestShipped renders every committed folder of output, and compares it with the files in it.
func TestShipped(t *testing.T) {
	tool.Setup(t, tool.Kustomize, tool.Kubectl)
	root := tool.Root(t)
	for _, pattern := range []string{"examples/*/policies/kustomization.yaml", "examples/clusters/policies/*/kustomization.yaml", "testdata/golden/*/want/kustomization.yaml"} {
		for _, found := range tool.Glob(t, pattern) {
			dir := filepath.Dir(found)
			name, err := filepath.Rel(root, dir)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(filepath.ToSlash(name), func(t *testing.T) {
				var want []map[string]any
				for _, file := range []string{"allow.yaml", "default-deny.yaml"} {
					files, err := filepath.Glob(filepath.Join(dir, "*", file))
					if err != nil {
						t.Fatal(err)
					}
					if _, err := os.Stat(filepath.Join(dir, file)); err == nil { // of objects that name no namespace
						files = append(files, filepath.Join(dir, file))
					}
					for _, f := range files {
						want = append(want, objects(t, tool.Read(t, f))...)
					}
				}
				for name, command := range renderers() {
					compare(t, name, want, render(t, dir, command, "."))
				}
			})
		}
	}
}

// render runs a renderer on a folder and returns its objects in order.
func render(t *testing.T, dir string, command []string, folder string) []map[string]any {
	t.Helper()
	return objects(t, tool.Run(t, dir, command[0], append(slices.Clone(command[1:]), folder)...))
}

// objects parses a YAML stream.
func objects(t *testing.T, stream string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for doc := range strings.SplitSeq("\n"+stream, "\n---\n") {
		var o map[string]any
		if err := yaml.UnmarshalStrict([]byte(doc), &o); err != nil {
			t.Fatal(err)
		}
		if o != nil {
			out = append(out, o)
		}
	}
	return out
}

// compare compares the order of the objects, which it says in names, and then what they hold.
func compare(t *testing.T, what string, want, got []map[string]any) {
	t.Helper()
	if diff := cmp.Diff(ids(want), ids(got)); diff != "" {
		t.Errorf("%s: order of objects (-npgen +%s):\n%s", what, what, diff)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: objects (-npgen +%s):\n%s", what, what, diff)
	}
}

func ids(objects []map[string]any) []string {
	var out []string
	for _, o := range objects {
		out = append(out, id(o))
	}
	return out
}

func id(o map[string]any) string {
	meta := o["metadata"].(map[string]any)
	namespace, _ := meta["namespace"].(string)
	return o["kind"].(string) + " " + namespace + "/" + meta["name"].(string)
}

func of(namespace string, objects []map[string]any) []map[string]any {
	return slices.DeleteFunc(slices.Clone(objects), func(o map[string]any) bool {
		return o["metadata"].(map[string]any)["namespace"] != namespace
	})
}

func sorted(objects []map[string]any) []map[string]any {
	return slices.SortedFunc(slices.Values(objects), func(a, b map[string]any) int { return strings.Compare(id(a), id(b)) })
}

func compareValue(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-npgen +%s):\n%s", what, what, diff)
	}
}
