package ci

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/e2e/tool"
)

// gitLabJob is the job of ci/gitlab.yml as far as a runner reads it.
type gitLabJob struct {
	Image        string            `json:"image"`
	Variables    map[string]string `json:"variables"`
	BeforeScript []string          `json:"before_script"`
	Script       []string          `json:"script"`
	Artifacts    struct {
		When    string
		Paths   []string
		Reports map[string]string
	} `json:"artifacts"`
	Rules []map[string]string `json:"rules"`
	Stage string              `json:"stage"`
}

// runGitLab runs the job in a work tree with the release that it clones made of this one.
func runGitLab(t *testing.T, dir string, env map[string]string) (string, int, string) {
	t.Helper()
	var jobs map[string]gitLabJob
	if err := yaml.UnmarshalStrict([]byte(tool.Read(t, filepath.Join(tool.Root(t), "ci", "gitlab.yml"))), &jobs); err != nil {
		t.Fatal(err)
	}
	j, ok := jobs["npgen"]
	if !ok || len(jobs) != 1 || j.Artifacts.When != "always" || !slices.Equal(j.Artifacts.Paths, []string{j.Variables["NPGEN_PAGE"] + "/"}) {
		t.Fatalf("ci/gitlab.yml is not one job that always keeps its report: %+v", jobs)
	}
	all := map[string]string{"CI": "true"}
	for name, v := range j.Variables {
		all[name] = v
	}
	temp := t.TempDir()
	all["NPGEN_HOME"], all["NPGEN_DIFF"] = filepath.Join(temp, "npgen"), filepath.Join(temp, "diff.md")
	for name, v := range env {
		all[name] = v
	}
	out, status := shell(t, dir, strings.Join(slices.Concat(j.BeforeScript, j.Script), "\n"), all)
	return out, status, filepath.Join(dir, j.Artifacts.Reports["codequality"])
}

func TestGitLab(t *testing.T) {
	setup(t)
	release := tool.Release(t, "v0.1.0")
	tool.Run(t, t.TempDir(), "git", "config", "--global", "url.file://"+release+".insteadOf", "https://github.com/npgen/npgen")
	r := newRequest(t, "policy", "deploy/policies", change(`"api -> db"`, `"api -> db", "web -> db"`))
	base := strings.TrimSpace(tool.Run(t, r.origin, "git", "merge-base", "main", "feature"))
	tool.Run(t, r.origin, "git", "config", "uploadpack.allowAnySHA1InWant", "true")
	api := newServer(t)
	env := map[string]string{
		"NPGEN_PACKAGES": "./policy", "CI_API_V4_URL": api.URL, "CI_PROJECT_ID": "7", "CI_MERGE_REQUEST_IID": "1",
		"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "NPGEN_TOKEN": "a-token",
	}
	// A shallow clone, as GitLab makes it, twice: the comment is one.
	for range 2 {
		out, status, report := runGitLab(t, r.checkout(t), env)
		if status != 0 {
			t.Fatalf("exit status %d\n%s", status, out)
		}
		wants(t, "the log", out, "1 flow opened", "commented")
		wants(t, "the page", tool.Read(t, filepath.Join(filepath.Dir(report), "npgen-flows", "flows-1.html")), "<title>npgen: what changes</title>")
		if got := strings.TrimSpace(tool.Read(t, report)); got != "[]" {
			t.Errorf("the report is %s", got)
		}
		lacks(t, "the log", out, "::", "a-token")
	}
	if len(api.comments) != 1 {
		t.Fatalf("%d comments: %v", len(api.comments), api.comments)
	}
	wants(t, "the comment", api.comments[0].Body, marker, "| `shop/web` | `shop/db` | `5432` |", "\n```mermaid\nflowchart LR\n", `n_shop_web -->|"opened, 5432"| n_shop_db`)
	if !slices.Contains(api.requests, "PUT /projects/7/merge_requests/1/notes/100") {
		t.Errorf("the second run did not update: %v", api.requests)
	}

	// Findings and drift fail the job, after everything has run; without a token there is no comment.
	dir := r.checkout(t)
	tool.Write(t, dir, map[string]string{"policy/policy.cue": strings.ReplaceAll(policy, "web -> api", "web -> apl")})
	delete(env, "NPGEN_TOKEN")
	out, status, report := runGitLab(t, dir, env)
	if status == 0 {
		t.Errorf("an error passes:\n%s", out)
	}
	wants(t, "the log", out, "policy/policy.cue:9:17: error: `apl` is not declared [unknown-name]", "npgen comment: warning: there is no token")
	var issues []struct {
		CheckName string `json:"check_name"`
	}
	if err := json.Unmarshal([]byte(tool.Read(t, report)), &issues); err != nil || len(issues) != 1 || issues[0].CheckName != "unknown-name" {
		t.Errorf("the report is %v (%v)", issues, err)
	}
	dir = r.checkout(t)
	tool.Write(t, dir, map[string]string{"policy/policy.cue": policy})
	if out, status, _ = runGitLab(t, dir, env); status == 0 {
		t.Errorf("drift passes:\n%s", out)
	}
	wants(t, "the log", out, "npgen drift: error: the policies in deploy/policies are not those of the packages")
}
