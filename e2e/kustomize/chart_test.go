package kustomize

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

// TestChart renders the example whose objects name no namespace: by helm, as a chart, and by kustomize, which sets it.
// Both give the objects of npgen, and in a namespace of another name they mean what the package says.
func TestChart(t *testing.T) {
	tool.Setup(t, tool.Kustomize, tool.Kubectl, tool.Helm)
	root := tool.Root(t)
	const example, namespace = "examples/chart", "shop-production"
	written := objects(t, tool.Run(t, root, "npgen", "build", "-q", "./"+example))
	if len(written) == 0 {
		t.Fatal("npgen wrote nothing")
	}
	braces := false
	for _, o := range written {
		meta := o["metadata"].(map[string]any)
		if meta["namespace"] != nil {
			t.Errorf("%s names its namespace", id(o))
		}
		annotations, _ := meta["annotations"].(map[string]any)
		why, _ := annotations["npgen.dev/why"].(string)
		braces = braces || strings.Contains(why, "{{ nothing }}")
	}
	if !braces {
		t.Error("no object has what helm would take for a template")
	}

	// Helm sorts objects by kind and name, and leaves the namespace to the command that installs.
	chart := tool.Run(t, root, "helm", "template", "shop", "./"+example, "--namespace", namespace)
	compare(t, "helm", sorted(written), sorted(objects(t, chart)))
	means(t, root, "helm", chart, "-n", namespace)

	// The overlay puts each object into its namespace, and changes nothing else.
	for name, command := range renderers() {
		out := tool.Run(t, root, command[0], append(command[1:], example+"/production")...)
		got := objects(t, out)
		for _, o := range got {
			meta := o["metadata"].(map[string]any)
			if meta["namespace"] != namespace {
				t.Errorf("%s: %s is not in %s", name, id(o), namespace)
			}
			delete(meta, "namespace")
		}
		compare(t, name, written, got)
		means(t, root, name, out)
	}
}

// means asks npgen whether what a tool rendered allows just what the package says, and sees that it would notice.
func means(t *testing.T, root, what, rendered string, flags ...string) {
	t.Helper()
	for text, want := range map[string]int{rendered: 0, strings.Replace(rendered, "port: 5432", "port: 5433", 1): 1} {
		dir := t.TempDir()
		tool.Write(t, dir, map[string]string{"rendered.yaml": text})
		args := append([]string{"diff", "--rename-namespace", "shop=shop-production", "./examples/chart", filepath.Join(dir, "rendered.yaml")}, flags...)
		stdout, stderr, status := tool.Try(t, root, "npgen", args...)
		if status != want {
			t.Errorf("%s: exit status %d, want %d\n%s%s", what, status, want, stdout, stderr)
		}
	}
}
