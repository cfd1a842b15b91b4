package ci

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

const policy = `package policy

namespace: "shop"
workloads: {
	web: ports: http: 8080
	api: ports: http: 8080
	db: ports: sql:   5432
}
allow: ["web -> api", "api -> db"]
`

// change is what a pull request does to the package.
func change(old, with string) func(string) string {
	return func(text string) string { return strings.ReplaceAll(text, old, with) }
}

// request is a pull request: an origin with a branch main and a branch that changes the package.
type request struct {
	origin string
	// folder and output are where the package and its policies are.
	folder, output string
}

// newRequest makes a pull request that changes the package, with the policies built on both sides. Since the branch was
// made, main has gone on.
func newRequest(t *testing.T, folder, output string, edit func(string) string) request {
	t.Helper()
	r := request{origin: t.TempDir(), folder: folder, output: output}
	tool.Run(t, r.origin, "git", "init", "-q", "-b", "main")
	r.commit(t, policy, "base")
	tool.Run(t, r.origin, "git", "checkout", "-q", "-b", "feature")
	r.commit(t, edit(policy), "change")
	tool.Run(t, r.origin, "git", "checkout", "-q", "main")
	tool.Write(t, r.origin, map[string]string{"other/policy.cue": "package policy\n\nnamespace: \"other\"\n"})
	tool.Run(t, r.origin, "git", "add", "--all")
	tool.Run(t, r.origin, "git", "commit", "-q", "-m", "main goes on")
	tool.Run(t, r.origin, "git", "checkout", "-q", "--detach")
	tool.Run(t, r.origin, "git", "merge", "-q", "-m", "merge", "feature")
	tool.Run(t, r.origin, "git", "update-ref", "refs/pull/1/merge", "HEAD")
	return r
}

func (r request) commit(t *testing.T, text, message string) {
	t.Helper()
	tool.Write(t, r.origin, map[string]string{r.folder + "/policy.cue": text})
	if _, stderr, status := tool.Try(t, r.origin, "npgen", "build", "-q", "-o", r.output, "--", r.folder); status > 1 {
		t.Fatal(stderr)
	}
	tool.Run(t, r.origin, "git", "add", "--all")
	tool.Run(t, r.origin, "git", "commit", "-q", "--allow-empty", "-m", message)
}

// checkout clones the merge of the request as actions/checkout does without further settings: that commit alone.
func (r request) checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	tool.Run(t, dir, "git", "init", "-q")
	tool.Run(t, dir, "git", "remote", "add", "origin", "file://"+r.origin)
	tool.Run(t, dir, "git", "fetch", "-q", "--no-tags", "--depth=1", "origin", "+refs/pull/1/merge:refs/remotes/pull/1/merge")
	tool.Run(t, dir, "git", "checkout", "-q", "--force", "refs/remotes/pull/1/merge")
	return dir
}

// clone clones the branch of the request with all history, as with `fetch-depth: 0` and the head as `ref`.
func (r request) clone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	tool.Run(t, dir, "git", "clone", "-q", "file://"+r.origin, ".")
	tool.Run(t, dir, "git", "checkout", "-q", "feature")
	return dir
}

// job is a run of the action for the request.
func (r request) job(t *testing.T, dir string, inputs map[string]string) *job {
	t.Helper()
	all := map[string]string{"packages": "./" + r.folder, "output": r.output}
	for name, v := range inputs {
		all[name] = v
	}
	j := newJob(t, dir, all)
	j.env["GITHUB_BASE_REF"], j.env["GITHUB_EVENT_NAME"] = "main", "pull_request"
	j.pull = "1"
	return j
}

// untouched reports files that a hostile input made.
func untouched(t *testing.T, dir string) {
	t.Helper()
	if found, _ := filepath.Glob(filepath.Join(dir, "pwned*")); len(found) > 0 {
		t.Errorf("an input was run: %v", found)
	}
	if _, err := os.Stat(filepath.Join(os.TempDir(), "pwned-by-npgen-test")); err == nil {
		t.Error("an input was run")
	}
}
