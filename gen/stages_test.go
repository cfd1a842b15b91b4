package gen

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen/load"
)

// TestStages sees that what takes long says what it is busy with, in its order.
func TestStages(t *testing.T) {
	dir := t.TempDir()
	policy := "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: shop}\nspec: {podSelector: {}}\n"
	if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(policy), 0o644); err != nil {
		t.Fatal(err)
	}
	function := "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig:\n  apiVersion: npgen.dev/v1alpha1\n  kind: PolicyPackage\n  metadata: {name: x}\n" +
		"  spec:\n    package: |\n      package p\n      namespace: \"shop\"\n      workloads: {web: {}, db: ports: sql: 5432}\n      allow: [\"web -> db\"]\nitems: []\n"
	for name, tt := range map[string]struct {
		run  func(load.Env) error
		want []string
	}{
		"review": {
			func(env load.Env) error { _, err := Review(env, Input{Paths: []string{"a.yaml"}}); return err },
			[]string{"reading manifests", "reviewing 1 policies"},
		},
		"explain": {
			func(env load.Env) error { _, err := Inquire(env, Input{Paths: []string{"a.yaml"}}); return err },
			[]string{"reading manifests"},
		},
		"krm": {
			func(env load.Env) error { _, err := RunFunction(env, []byte(function)); return err },
			[]string{"reading the ResourceList", "reading 1 package", "checking 1 edges", "comparing with the resources", "proving", "writing the ResourceList"},
		},
	} {
		var got []string
		if err := tt.run(load.Env{Dir: dir, Progress: func(s string) { got = append(got, s) }}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %s, to be %s", name, strings.Join(got, "; "), strings.Join(tt.want, "; "))
		}
	}
}
