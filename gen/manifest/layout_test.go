package manifest

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen/dialect/kubernetes/write"

	"github.com/npgen/npgen/gen/internal/policytest"
)

var update = flag.Bool("update", false, "write the golden files")

func layout(t testing.TB, packages string, names ...string) Files {
	t.Helper()
	files, err := NetworkPolicies(Named(strings.Fields(packages)), policytest.Policies(names...))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// shop has every file in one namespace and only a default deny in the other; 123 is a namespace, not a number.
func shop(t testing.TB) Files {
	return layout(t, "shop pay shop", "shop/api", "shop/web", "123/deny", "shop/deny")
}

func TestLayoutGolden(t *testing.T) {
	files := shop(t)
	var got txtar.Archive
	for _, name := range slices.Sorted(maps.Keys(files)) {
		got.Files = append(got.Files, txtar.File{Name: name, Data: files[name]})
	}
	golden(t, "testdata/layout.txtar", txtar.Format(&got))
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

// resources reads what a kustomization lists.
func resources(t testing.TB, content []byte) []string {
	t.Helper()
	var k struct {
		APIVersion, Kind string
		SortOptions      struct{ Order string }
		Resources        []string
	}
	if err := yaml.UnmarshalStrict(content, &k); err != nil {
		t.Fatal(err)
	}
	if k.APIVersion != "kustomize.config.k8s.io/v1beta1" || k.Kind != "Kustomization" || k.SortOptions.Order != "fifo" {
		t.Errorf("not a kustomization in given order:\n%s", content)
	}
	return k.Resources
}

// streamOf puts the stream together from the files that a kustomization lists, as kustomize does.
func streamOf(t testing.TB, files Files, folder string) string {
	t.Helper()
	var docs []string
	for _, name := range resources(t, files[path.Join(folder, kustomization)]) {
		content, ok := files[path.Join(folder, name)]
		if !ok {
			t.Errorf("%s/%s lists %s, which is not there", folder, kustomization, name)
		}
		docs = append(docs, strings.TrimPrefix(string(content), Mark+"\n"))
	}
	return strings.Join(docs, "---\n")
}

func TestLayoutGivesTheStream(t *testing.T) {
	for name, in := range map[string][]string{
		"several namespaces": {"a/b", "a/c", "b/a", "a/deny", "b/a-deny", "b/deny"},
		"allow only":         {"a/b", "b/b"},
		"deny only":          {"a/deny", "c/deny"},
		"not the same ones":  {"b/a", "a/deny"},
		"none":               {},
	} {
		t.Run(name, func(t *testing.T) {
			files := layout(t, "p", in...)
			want, err := write.Stream(policytest.Policies(in...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), streamOf(t, files, ".")); diff != "" {
				t.Error(diff)
			}
			for file, content := range files {
				if !bytes.HasPrefix(content, []byte(Mark+"\n")) {
					t.Errorf("%s does not start with the mark", file)
				}
				if folder := path.Dir(file); folder != "." {
					of := func(p networkingv1.NetworkPolicy) bool { return p.Namespace != folder }
					want, _ := write.Stream(slices.DeleteFunc(policytest.Policies(in...), of))
					if diff := cmp.Diff(string(want), streamOf(t, files, folder)); diff != "" {
						t.Error(diff)
					}
				}
			}
		})
	}
}

func TestLayoutWithoutPolicies(t *testing.T) {
	files := layout(t, "p")
	if len(files) != 1 || !bytes.Contains(files[kustomization], []byte("\nresources: []\n")) {
		t.Errorf("got %q, want a root kustomization of nothing", files)
	}
}

func TestLayoutErrors(t *testing.T) {
	untyped := policytest.Policies("a/b")
	untyped[0].Kind = ""
	twice := policytest.Policies("a/b", "a/x-deny")
	twice[1].Name = "b"
	for name, tt := range map[string]struct {
		packages []string
		in       []networkingv1.NetworkPolicy
		want     string
	}{
		"no packages":             {nil, nil, "no package to name"},
		"empty package name":      {[]string{""}, nil, `name ""`},
		"comma in a package name": {[]string{"a,b"}, nil, `name "a,b"`},
		"line in a package name":  {[]string{"a\nkind: X"}, nil, `name "a\nkind: X"`},
		"blank in a package name": {[]string{"a b"}, nil, `name "a b"`},
		"deny before allow":       {[]string{"p"}, policytest.Policies("a/deny", "a/b"), "`a/b` comes after `a/deny`"},
		"namespaces out of order": {[]string{"p"}, policytest.Policies("b/b", "a/b"), "`a/b` comes after `b/b`"},
		"names out of order":      {[]string{"p"}, policytest.Policies("a/c", "a/b"), "`a/b` comes after `a/c`"},
		"twice":                   {[]string{"p"}, twice, "two policies are named `a/b`"},
		"no namespace":            {[]string{"p"}, policytest.Policies("/b"), "namespace ``"},
		"namespace is a path":     {[]string{"p"}, policytest.Policies("../b"), "namespace `..`"},
		"no type":                 {[]string{"p"}, untyped, "`a/b` says apiVersion"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NetworkPolicies(Named(tt.packages), tt.in); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestMarked(t *testing.T) {
	for content, want := range map[string]bool{
		Mark:                         true,
		Mark + "\n":                  true,
		Mark + "\r\nkind: X\r\n":     true,
		"":                           false,
		Mark[:10]:                    false,
		Mark + " Or do.\n":           false,
		Mark + ".":                   false,
		" " + Mark + "\n":            false,
		"kind: X\n" + Mark + "\n":    false,
		strings.ToUpper(Mark) + "\n": false,
	} {
		if got := marked([]byte(content)); got != want {
			t.Errorf("marked(%q) = %v, want %v", content, got, want)
		}
	}
}

func TestFilesCheck(t *testing.T) {
	good := shop(t)
	if from, err := good.check(); err != nil || !slices.Equal(from.names, []string{"pay", "shop"}) {
		t.Errorf("got packages %q and error %v", from.names, err)
	}
	for _, name := range []string{
		"../a.yaml", "..", "a/../../b.yaml", "/etc/a.yaml", "a/b/c.yaml", `..\a.yaml`, `a\b.yaml`, "c:a.yaml", ".git/config",
		"a/.hidden", ".hidden", "a//b.yaml", "a/", "", ".", "shop", "kustomization.yaml/a.yaml",
	} {
		files := maps.Clone(good)
		files[name] = good[kustomization]
		if _, err := files.check(); err == nil {
			t.Errorf("path %q passes", name)
		}
		dir := t.TempDir()
		if _, err := writeFiles(dir, files, WriteOptions{}); err == nil || len(tree(t, dir)) != 0 {
			t.Errorf("path %q: Write gave error %v and made %v", name, err, tree(t, dir))
		}
	}
	for name, content := range map[string]string{"shop/allow.yaml": "kind: X\n", kustomization: Mark + "\nkind: X\n"} {
		files := maps.Clone(good)
		files[name] = []byte(content)
		if _, err := files.check(); err == nil {
			t.Errorf("content %q of %s passes", content, name)
		}
	}
}
