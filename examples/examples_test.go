package examples_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/prove"
)

var update = flag.Bool("update", false, "write the output of the examples")

// infos lists the infos that an example gives, by rule; no example gives more than infos.
var infos = map[string][]string{
	// `everywhere/*` includes the example's own pods, which are to have no way out by that edge.
	"acs-security-demos": {diag.HalfOpen},
	"environments":       {diag.BasePackage},
	"clusters":           {diag.BasePackage},
}

// TestExamples holds each example's committed output to what npgen writes for it. It builds from the repository's
// root, as the READMEs say.
func TestExamples(t *testing.T) {
	for _, name := range folders(t) {
		t.Run(name, func(t *testing.T) {
			built := buildAll(t, env(t), packages(t, name))
			if got := rules(built.Findings); !slices.Equal(got, infos[name]) {
				t.Errorf("infos %q, want %q", got, infos[name])
			}
			dir := filepath.Join(name, "policies")
			for _, result := range built.Clusters {
				committed(t, dir, result)
			}
			clusters, err := filepath.Glob(filepath.Join(dir, "*"))
			if built.Clusters[0].ClusterName != "" && (err != nil || len(clusters) != len(built.Clusters)) {
				t.Errorf("%q, and %d clusters: %v", clusters, len(built.Clusters), err)
			}
		})
	}
}

// committed holds the folder of one graph to what npgen writes for it. Where the packages name a cluster that is a folder
// in dir.
func committed(t *testing.T, dir string, result *gen.Result) {
	t.Helper()
	files, err := result.Files(result.Head(env(t), filepath.Join("examples", dir)))
	if err != nil {
		t.Fatal(err)
	}
	proof, err := result.ProveFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	proven, err := proof.Proven()
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, result.ClusterName)
	if *update {
		if _, err := manifest.Write(dir, proven, manifest.WriteOptions{Adopt: true}); err != nil {
			t.Fatal(err)
		}
	}
	compare(t, dir, proven)
}

// TestReadmes builds every package that an example's README shows, and finds the command that made its output.
func TestReadmes(t *testing.T) {
	block := regexp.MustCompile("(?ms)^```cue\n(.*?)^```$")
	for _, name := range folders(t) {
		readme, err := os.ReadFile(filepath.Join(name, "README.md"))
		if err != nil {
			t.Error(err)
			continue
		}
		command := "npgen build ./" + packages(t, name) + " -o examples/" + name + "/policies\n"
		if !strings.HasPrefix(string(readme), "# "+name) || !strings.Contains(string(readme), command) {
			t.Errorf("%s/README.md has another title than %q, or not the command\n%s", name, name, command)
		}
		for _, m := range block.FindAllSubmatch(readme, -1) {
			env := load.Env{Dir: t.TempDir(), Stdin: bytes.NewReader(m[1])}
			result, err := gen.Build(env, []string{"-"})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range result.Findings {
				t.Errorf("%s/README.md: %s\n%s", name, f, m[1])
			}
		}
	}
}

// packages returns what is built for an example: its folder, or all packages below it.
func packages(t *testing.T, name string) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(name, "policy.cue")); err == nil {
		return "examples/" + name
	}
	if found, err := filepath.Glob(filepath.Join(name, "*", "policy.cue")); err != nil || len(found) == 0 {
		t.Fatalf("%s has no policy.cue, nor a folder with one", name)
	}
	return "examples/" + name + "/..."
}

// folders returns the names of the examples.
func folders(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		t.Fatal("no examples")
	}
	return names
}

// env is the repository's root as the working folder.
func env(t *testing.T) load.Env {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return load.Env{Dir: root}
}

// build builds packages of the repository, of one cluster, and fails on anything worse than an info.
func build(t *testing.T, packages ...string) *gen.Result {
	t.Helper()
	result, err := buildAll(t, env(t), packages...).One()
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// buildAll does so for packages of any clusters.
func buildAll(t *testing.T, env load.Env, packages ...string) *gen.Builds {
	t.Helper()
	built, err := gen.BuildClusters(env, packages)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range built.Findings {
		if f.Severity != diag.Info {
			t.Error(f)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return built
}

func rules(findings diag.List) []string {
	var out []string
	for _, f := range findings {
		out = append(out, f.Rule)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// compare holds the files of a folder, all of them, to those wanted.
func compare(t *testing.T, dir string, proven prove.Proven) {
	t.Helper()
	files := proven.Files()
	if drift, err := manifest.Drift(dir, proven, manifest.WriteOptions{}); err != nil || len(drift) > 0 {
		t.Errorf("%v\n%s", err, drift)
	}
	seen := 0
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		seen++
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(path)
		if want, ok := files[filepath.ToSlash(rel)]; !ok || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what npgen writes; run `go test ./examples -update`", path)
		}
		return err
	})
	if err != nil || seen != len(files) {
		t.Errorf("%s holds %d files, want %d: %v", dir, seen, len(files), err)
	}
}
