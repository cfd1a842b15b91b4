package ci

import (
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

// fleet is packages of clusters with one base: two clusters on the main branch, of which the request changes the base,
// takes one away and adds another.
func fleet(t *testing.T) request {
	t.Helper()
	r := request{origin: t.TempDir(), output: "deploy/policies"}
	base := "package policy\n\nnamespace: \"shop\"\nworkloads: {web: {}, db: ports: sql: 5432}\nallow: [\"web -> db\"]\n"
	commit := func(text, message string, clusters ...string) {
		t.Helper()
		tool.Run(t, r.origin, "rm", "-rf", "clusters", "deploy")
		files := map[string]string{
			"cue.mod/module.cue":  "module: \"example.com/fleet\"\nlanguage: version: \"v0.9.0\"\n",
			"clusters/policy.cue": text,
		}
		for _, c := range clusters {
			files["clusters/"+c+"/policy.cue"] = "package policy\n\ncluster: name: \"" + c + "\"\n"
		}
		tool.Write(t, r.origin, files)
		tool.Run(t, r.origin, "npgen", "build", "-q", "-o", r.output, "./...")
		tool.Run(t, r.origin, "git", "add", "--all")
		tool.Run(t, r.origin, "git", "commit", "-q", "-m", message)
	}
	tool.Run(t, r.origin, "git", "init", "-q", "-b", "main")
	commit(base, "base", "east", "gone", "west")
	tool.Run(t, r.origin, "git", "checkout", "-q", "-b", "feature")
	commit(strings.ReplaceAll(base, "5432", "5433"), "change", "east", "new", "west")
	tool.Run(t, r.origin, "git", "update-ref", "refs/pull/1/merge", "HEAD")
	return r
}

// TestClusters sees one comment for a change of what all clusters share: by cluster, and equal changes once.
func TestClusters(t *testing.T) {
	setup(t)
	r := fleet(t)
	comment := func(inputs map[string]string) string {
		t.Helper()
		api := newServer(t)
		j := r.job(t, r.checkout(t), inputs)
		j.env["GITHUB_API_URL"] = api.URL
		if j.run(); len(j.failed) > 0 {
			t.Fatalf("failed: %v\n%v", j.failed, j.log)
		}
		if len(api.comments) != 1 {
			t.Fatalf("%d comments:\n%v", len(api.comments), api.comments)
		}
		return api.comments[0].Body
	}
	const changed = "`5432 becomes 5433`"
	got := comment(map[string]string{"packages": "./..."})
	wants(t, "the comment", got, "### `east`, `west`\n", "### `new`\n", "### `gone`\n", "⚠️ `./...` has no policies there", changed)
	if n := strings.Count(got, changed); n != 1 {
		t.Errorf("the change is told %d times:\n%s", n, got)
	}

	got = comment(map[string]string{"packages": "./...", "cluster": "west"})
	wants(t, "the comment about one", got, changed)
	lacks(t, "the comment about one", got, "east", "new", "gone")

	// With several packages the folders are compared, each cluster with itself.
	several := "./clusters/east\n./clusters/new\n./clusters/west"
	got = comment(map[string]string{"packages": several})
	wants(t, "the comment about folders", got, "deploy/policies/east", "deploy/policies/west", "deploy/policies/new", "deploy/policies/gone", "has no policies there", changed)
	got = comment(map[string]string{"packages": several, "cluster": "west"})
	wants(t, "the comment about one folder", got, changed)
	lacks(t, "the comment about one folder", got, "east", "new", "gone")
}

// TestGitLabCluster sees that the variable picks a cluster.
func TestGitLabCluster(t *testing.T) {
	setup(t)
	release := tool.Release(t, "v0.1.0")
	tool.Run(t, t.TempDir(), "git", "config", "--global", "url.file://"+release+".insteadOf", "https://github.com/npgen/npgen")
	r := fleet(t)
	base := strings.TrimSpace(tool.Run(t, r.origin, "git", "rev-parse", "main"))
	tool.Run(t, r.origin, "git", "config", "uploadpack.allowAnySHA1InWant", "true")
	out, status, _ := runGitLab(t, r.checkout(t), map[string]string{"NPGEN_CLUSTER": "west", "CI_MERGE_REQUEST_DIFF_BASE_SHA": base})
	if status != 0 {
		t.Fatalf("exit status %d\n%s", status, out)
	}
	wants(t, "the log", out, "5432 becomes 5433")
	lacks(t, "the log", out, "`east`", "`new`", "`gone`")
	if out, status, _ = runGitLab(t, r.checkout(t), map[string]string{"NPGEN_CLUSTER": "wets"}); status == 0 {
		t.Errorf("a cluster that is not there passes:\n%s", out)
	}
}
