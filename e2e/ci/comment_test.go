package ci

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/e2e/tool"
)

// opening returns a change that opens a flow to each of n targets within the namespace, and from outside to the database.
func opening(n int) func(string) string {
	return func(text string) string {
		var workloads, edges strings.Builder
		for i := range n {
			fmt.Fprintf(&workloads, "workloads: \"target-%04d\": ports: p: %d\n", i, 1000+i)
			fmt.Fprintf(&edges, ", \"web -> target-%04d\"", i)
		}
		return strings.Replace(text, `"api -> db"`, `"api -> db", "any -> db"`+edges.String(), 1) + workloads.String()
	}
}

// TestLongComment sees a change that opens flows to more targets than a comment shows as they are: each target has its
// line, the most dangerous first. Where a comment has no place for all, it says so, and the job fails.
func TestLongComment(t *testing.T) {
	setup(t)
	for _, c := range []struct {
		targets int
		failed  []string
	}{{900, nil}, {1600, []string{"Compare the flows"}}} {
		api := newServer(t)
		r := newRequest(t, "policy", "deploy/policies", opening(c.targets))
		j := r.job(t, r.checkout(t), nil)
		j.env["GITHUB_API_URL"] = api.URL
		j.run()
		if diff := cmp.Diff(c.failed, j.failed); diff != "" {
			t.Fatalf("%d targets: failed steps (-want +got):\n%s", c.targets, diff)
		}
		if len(api.comments) != 1 {
			t.Fatalf("%d targets: %d comments", c.targets, len(api.comments))
		}
		text := api.comments[0].Body
		if n := utf8.RuneCountInString(text); n > 65536 {
			t.Errorf("%d targets: %d characters", c.targets, n)
		}
		shown := 0
		for i := range c.targets {
			name := fmt.Sprintf("shop/target-%04d", i)
			wants(t, "the log", j.log["Compare the flows"], "`"+name+"`")
			wants(t, "the summary", j.summary["Compare the flows"], "`"+name+"`")
			shown += strings.Count(text, "| `"+name+"` |")
		}
		first, _, _ := strings.Cut(text[strings.Index(text, "➕"):], "\n")
		wants(t, "the first line", first, "`(outside)`", "`shop/db`", "`5432`")
		// A picture counts all that opens, and never takes the place of a line.
		wants(t, "the summary", j.summary["Compare the flows"], "```mermaid\n", fmt.Sprintf("%d opened", c.targets+2))
		if place := 60000 - len(text); place > 5000 {
			wants(t, "the comment", text, "```mermaid\n")
		} else if strings.Contains(text, "```mermaid") != strings.Contains(text, "opened\"|") {
			t.Errorf("%d targets: half a picture", c.targets)
		}
		said := strings.Contains(text[:min(len(text), 400)], "No place here for")
		if said != (shown < c.targets) || said != (c.failed != nil) {
			t.Errorf("%d targets: %d are shown, and that not all are is said: %v", c.targets, shown, said)
		}
		if c.failed != nil {
			wants(t, "the log", commands(j.log["Compare the flows"]), "::error title=npgen diff::")
		}
	}
}

// TestStranger sees that comments of others which start like npgen's are neither changed nor in the way, and that a new
// one is made where the own one cannot be changed, or where the API does not say which it is.
func TestStranger(t *testing.T) {
	setup(t)
	const forged = marker + "\n### npgen: what this change opens and closes\n\n0 flows opened"
	work := t.TempDir()
	diff := filepath.Join(work, "diff.md")
	github := map[string]string{"GITHUB_REPOSITORY": "shop/shop", "NPGEN_PULL": "1", "GITHUB_ACTIONS": "true"}
	gitlab := map[string]string{"CI_PROJECT_ID": "7", "CI_MERGE_REQUEST_IID": "1"}
	for name, c := range map[string]struct {
		prepare func(*server)
		env     map[string]string
		// comments are those of the author after two runs.
		comments int
	}{
		"GitHub":           {nil, github, 1},
		"GitHub, locked":   {func(s *server) { s.locked = true }, github, 2},
		"GitLab":           {nil, gitlab, 1},
		"GitLab, locked":   {func(s *server) { s.locked = true }, gitlab, 2},
		"GitLab, nameless": {func(s *server) { s.nameless = true }, gitlab, 2},
	} {
		t.Run(name, func(t *testing.T) {
			api := newServer(t)
			api.add("mallory", forged)
			if c.prepare != nil {
				c.prepare(api)
			}
			env := map[string]string{"NPGEN_TOKEN": "a-token", "NPGEN_DIFF": diff, "GITHUB_API_URL": api.URL, "CI_API_V4_URL": api.URL}
			for name, v := range c.env {
				env[name] = v
			}
			for _, flows := range []string{"1 flow opened", "2 flows opened"} {
				if err := os.WriteFile(diff, []byte("**"+flows+"**\n"), 0o644); err != nil {
					t.Fatal(err)
				}
				if out, status := shell(t, work, filepath.Join(tool.Root(t), "ci", "comment.sh"), env); status != 0 || !strings.Contains(out, "commented") {
					t.Fatalf("exit status %d: %s", status, out)
				}
			}
			got := api.of(bot)
			if len(got) != c.comments || !strings.Contains(got[len(got)-1], "2 flows opened") {
				t.Errorf("comments: %q", got)
			}
			if got := api.of("mallory"); len(got) != 1 || got[0] != forged {
				t.Errorf("the comment of a stranger was changed: %q", got)
			}
			if slices.ContainsFunc(api.requests, func(r string) bool { return strings.HasSuffix(r, "/100") }) {
				t.Errorf("the comment of a stranger was asked to change: %v", api.requests)
			}
		})
	}
}

// TestCutComment sees that what another program gave is not cut in silence.
func TestCutComment(t *testing.T) {
	setup(t)
	api := newServer(t)
	work := t.TempDir()
	tool.Write(t, work, map[string]string{"diff.md": strings.Repeat("| ➕ | `a` | `b` |\n", 5000)})
	out, status := shell(t, work, filepath.Join(tool.Root(t), "ci", "comment.sh"), map[string]string{
		"NPGEN_TOKEN": "a-token", "NPGEN_DIFF": filepath.Join(work, "diff.md"), "GITHUB_API_URL": api.URL, "GITHUB_REPOSITORY": "shop/shop", "NPGEN_PULL": "1",
	})
	if status != 0 || len(api.comments) != 1 {
		t.Fatalf("exit status %d: %s", status, out)
	}
	wants(t, "the comment", api.comments[0].Body[:300], marker+"\n**This is not all")
	if !strings.HasSuffix(api.comments[0].Body, "| `b` |\n") {
		t.Error("a line is cut")
	}
}
