package ci

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/e2e/tool"
)

const marker = "<!-- npgen:diff:npgen -->"

// TestPullRequest runs the action as it is for a pull request that opens a flow, from the clone that actions/checkout
// makes without further settings.
func TestPullRequest(t *testing.T) {
	setup(t)
	api := newServer(t)
	r := newRequest(t, "policy", "deploy/policies", change(`"api -> db"`, `"api -> db", "web -> db"`))
	j := r.job(t, r.checkout(t), nil)
	j.env["GITHUB_API_URL"] = api.URL
	if j.run(); len(j.failed) > 0 {
		t.Fatalf("failed: %v\n%v", j.failed, j.log)
	}
	wants(t, "the summary of the diff", j.summary["Compare the flows"], "shop/web", "shop/db", "5432")
	wants(t, "the summary of the check", j.summary["Check the policies"], "The policies are those of the packages")
	wants(t, "the summary of vet", j.summary["Vet"], "No findings")
	if len(api.comments) != 1 {
		t.Fatalf("%d comments:\n%v", len(api.comments), api.comments)
	}
	wants(t, "the comment", api.comments[0].Body, marker+"\n", "1 flow opened", "| `shop/web` | `shop/db` | `5432` |")
	lacks(t, "the comment", api.comments[0].Body, "other/")
	if diff := cmp.Diff([]string{"actions/upload-artifact"}, actions(j.used)); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	// The picture stands below the lines, in the comment and the summary; the page is kept.
	for what, text := range map[string]string{"the comment": api.comments[0].Body, "the summary": j.summary["Compare the flows"]} {
		lines, picture, found := strings.Cut(text, "\n```mermaid\nflowchart LR\n")
		if !found || !strings.Contains(lines, "| `shop/web` | `shop/db` | `5432` |") || !strings.Contains(picture, `n_shop_web -->|"opened, 5432"| n_shop_db`) {
			t.Errorf("%s has no picture below the lines:\n%s", what, text)
		}
		if n := strings.Count(text, "```"); n != 2 {
			t.Errorf("%s has %d fences", what, n)
		}
	}
	wants(t, "the page", tool.Read(t, filepath.Join(j.outputs["diff.page"], "flows-1.html")), "<title>npgen: what changes</title>", `"shop"`, `"opened"`)
}

// TestSticky sees one comment through the life of a pull request: made, kept up to date, and put right in the end.
// Comments of others stay as they are, and there is none where nothing changes.
func TestSticky(t *testing.T) {
	setup(t)
	api := newServer(t)
	api.add("mallory", marker+"\n0 flows opened")
	for range 150 {
		api.add("alice", "looks good")
	}
	run := func(edit func(string) string) []string {
		t.Helper()
		r := newRequest(t, "policy", "deploy/policies", edit)
		j := r.job(t, r.checkout(t), nil)
		j.env["GITHUB_API_URL"] = api.URL
		if j.run(); len(j.failed) > 0 {
			t.Fatalf("failed: %v\n%v", j.failed, j.log)
		}
		return api.of(bot)
	}
	same := func(text string) string { return "// a comment\n" + text }
	if got := run(same); len(got) != 0 {
		t.Fatalf("a comment where nothing changes: %q", got)
	}
	got := run(change(`, "api -> db"`, ``))
	if len(got) != 1 {
		t.Fatalf("%d comments: %q", len(got), got)
	}
	wants(t, "the first comment", got[0], "flows closed", "shop/api")
	got = run(change(`"api -> db"`, `"api -> db", "web -> db"`))
	if len(got) != 1 {
		t.Fatalf("%d comments: %q", len(got), got)
	}
	wants(t, "the second comment", got[0], "1 flow opened")
	lacks(t, "the second comment", got[0], "2 flows closed")
	got = run(same)
	if len(got) != 1 {
		t.Fatalf("%d comments: %q", len(got), got)
	}
	wants(t, "the last comment", got[0], marker, "No flow opens, closes or changes any more")
	if got := api.of("mallory"); len(got) != 1 || got[0] != marker+"\n0 flows opened" {
		t.Errorf("the comment of somebody else was changed: %q", got)
	}
}

// TestCannotComment sees that a pull request is not failed by a comment that cannot be written: a fork's token, an API
// that fails or is not there, no token at all. The summary has what the comment would say.
func TestCannotComment(t *testing.T) {
	setup(t)
	r := newRequest(t, "policy", "deploy/policies", change(`"api -> db"`, `"api -> db", "web -> db"`))
	for name, prepare := range map[string]func(*server, *job){
		"read-only token": func(s *server, _ *job) { s.readOnly = true },
		"broken API":      func(s *server, _ *job) { s.broken = true },
		"no API":          func(s *server, j *job) { j.env["GITHUB_API_URL"] = "http://127.0.0.1:1" },
		"no token":        func(_ *server, j *job) { j.inputs["token"] = "" },
		"odd token":       func(s *server, j *job) { j.inputs["token"] = "a-token\"\nurl = \"" + s.URL + "/stolen" },
		"no number":       func(_ *server, j *job) { j.pull = "" },
		"odd number":      func(_ *server, j *job) { j.pull = "1/../2" },
	} {
		t.Run(name, func(t *testing.T) {
			api := newServer(t)
			j := r.job(t, r.checkout(t), nil)
			j.env["GITHUB_API_URL"] = api.URL
			prepare(api, j)
			if j.run(); len(j.failed) > 0 {
				t.Errorf("failed: %v\n%s", j.failed, j.log["Comment"])
			}
			wants(t, "the log", j.log["Comment"], "::warning title=npgen comment::")
			wants(t, "the summary", j.summary["Compare the flows"], "1 flow opened", "shop/db")
			lacks(t, "the log", j.log["Comment"], "a-token")
			if len(api.comments) > 0 {
				t.Errorf("commented: %v", api.comments)
			}
			if slices.Contains(api.requests, "GET /stolen") {
				t.Error("a token speaks to the program that sends it")
			}
		})
	}
}

// TestDrift sees that policies which are not those of the package fail the check, and only that.
func TestDrift(t *testing.T) {
	setup(t)
	r := newRequest(t, "policy", "deploy/policies", change("x", "x"))
	dir := r.checkout(t)
	path := filepath.Join(dir, "deploy/policies/shop/allow.yaml")
	text := strings.Replace(tool.Read(t, path), "port: 5432", "port: 5433", 1)
	if err := os.WriteFile(path, []byte(text+"# ::warning::from a file\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	j := r.job(t, dir, map[string]string{"comment": "false"}).run()
	if diff := cmp.Diff([]string{"Check the policies"}, j.failed); diff != "" {
		t.Fatalf("failed steps (-want +got):\n%s\n%v", diff, j.log)
	}
	log := j.log["Check the policies"]
	wants(t, "the log", log, "-    - port: 5433", "+    - port: 5432", "::error title=npgen drift::the policies in deploy/policies are not those")
	wants(t, "the summary", j.summary["Check the policies"], "**not** those of the packages", "port: 5433")
	shown := regexp.MustCompile(`(?s)::stop-commands::([0-9a-f]{32})\n(.*)\n::([0-9a-f]{32})::\n`).FindStringSubmatch(log)
	if shown == nil || shown[1] != shown[3] || !strings.Contains(shown[2], "::warning::from a file") {
		t.Errorf("what a file holds is not between marks that switch commands off:\n%s", log)
	}
	if _, ran := j.log["Comment"]; ran {
		t.Error("commented, and was told not to")
	}
}

// TestFindings sees findings as annotations, the worst first, in the summary, and as SARIF. GitHub shows ten
// annotations of a severity and step and drops the rest.
func TestFindings(t *testing.T) {
	setup(t)
	var edges []string
	for range 15 {
		edges = append(edges, `"web -> dbb"`, `"batch -> db"`)
	}
	text := "package policy\n\nnamespace: \"shop\"\nworkloads: {\n\tweb: {}\n\tapi: {}\n\tdb: ports: sql: 5432\n\tbatch: {isolate: \"egress\", dns: false}\n}\ndeny: \"workload\"\nallow: [\n\t" +
		strings.Join(edges, ",\n\t") + ",\n]\n"
	r := newRequest(t, "policy", "deploy/policies", func(string) string { return text })
	dir := r.checkout(t)
	tool.Write(t, dir, map[string]string{"odd.cue": ""})
	j := r.job(t, dir, map[string]string{"comment": "false", "sarif": "true"}).run()
	if !slices.Contains(j.failed, "Vet") {
		t.Fatalf("vet did not fail: %v\n%s", j.failed, j.log["Vet"])
	}
	var severities []string
	for line := range strings.Lines(j.log["Vet"]) {
		if m := regexp.MustCompile(`^::(error|warning|notice) file=policy/policy\.cue,line=[0-9]+,col=[0-9]+,title=npgen [a-z-]+::`).FindStringSubmatch(line); m != nil {
			severities = append(severities, m[1])
		} else {
			t.Errorf("no annotation: %q", line)
		}
	}
	if n := len(severities); n < 15 || severities[0] != "error" || !slices.IsSortedFunc(severities, func(a, b string) int {
		order := "error warning notice"
		return strings.Index(order, a) - strings.Index(order, b)
	}) {
		t.Errorf("the worst do not come first: %v", severities)
	}
	if got, want := strings.Count(j.summary["Vet"], " [unknown-name]"), 15; got != want {
		t.Errorf("the summary has %d of %d errors:\n%s", got, want, j.summary["Vet"])
	}
	var report struct {
		Runs []struct {
			Results []struct{ RuleID string }
		}
	}
	if err := json.Unmarshal([]byte(tool.Read(t, filepath.Join(j.temp, "npgen.sarif"))), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Runs) != 1 || len(report.Runs[0].Results) < 15 {
		t.Errorf("SARIF: %+v", report)
	}
	if diff := cmp.Diff([]string{"github/codeql-action/upload-sarif"}, actions(j.used)); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	wants(t, "the diff", j.summary["Compare the flows"], "npgen could not compare the flows")
}

// TestStrict sees that a warning fails the job only where that is asked for, and manifests are compared.
func TestStrict(t *testing.T) {
	setup(t)
	r := newRequest(t, "policy", "deploy/policies", change("x", "x"))
	dir := r.checkout(t)
	tool.Write(t, dir, map[string]string{"rendered files/web.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: webb, namespace: shop}
spec: {template: {metadata: {labels: {app: webb}}, spec: {containers: [{name: web}]}}}
`})
	for strict, failed := range map[string][]string{"false": nil, "true": {"Vet"}} {
		j := r.job(t, dir, map[string]string{"comment": "false", "strict": strict, "manifests": "rendered files\n"}).run()
		if diff := cmp.Diff(failed, j.failed); diff != "" {
			t.Errorf("strict: %s: failed steps (-want +got):\n%s\n%v", strict, diff, j.log)
		}
		wants(t, "the log", j.log["Vet"], "::warning file=policy/policy.cue,line=5,", "title=npgen selects-nothing::")
	}
}

// TestHostileInputs gives the action inputs that are shell, options and several lines. They name files, or nothing.
func TestHostileInputs(t *testing.T) {
	setup(t)
	const folder = `pol $(touch pwned) 'a' "b" ; touch pwned2 & c`
	const output = "out `touch pwned3` $HOME"
	api := newServer(t)
	r := newRequest(t, folder, output, change(`"api -> db"`, `"api -> db", "web -> db"`))
	dir := r.checkout(t)
	j := r.job(t, dir, map[string]string{"comment-name": "a b\n$(touch pwned4) --> <script>"})
	j.env["GITHUB_API_URL"] = api.URL
	if j.run(); len(j.failed) > 0 {
		t.Errorf("failed: %v\n%v", j.failed, j.log)
	}
	untouched(t, dir)
	if len(api.comments) != 1 {
		t.Fatalf("%d comments", len(api.comments))
	}
	wants(t, "the comment", api.comments[0].Body, "1 flow opened")
	first, _, _ := strings.Cut(api.comments[0].Body, "\n")
	if !regexp.MustCompile(`^<!-- npgen:diff:[A-Za-z0-9._-]+ -->$`).MatchString(first) {
		t.Errorf("the marker is %q", first)
	}

	for name, inputs := range map[string]map[string]string{
		"shell":      {"packages": "$(touch pwned)\n`touch pwned2`\n'; touch pwned3; '"},
		"options":    {"packages": "--strict\n-o", "output": "--help"},
		"help":       {"packages": "--help"},
		"commands":   {"packages": "::set-output name=a::b\n::add-mask::a", "output": "::error::x"},
		"delimiter":  {"packages": "EOF\ntouch pwned", "manifests": "EOF\ntouch pwned"},
		"stdin":      {"packages": "-"},
		"outside":    {"packages": "../../../../etc"},
		"percent":    {"packages": "%0A::error::x %s %n"},
		"no package": {"packages": "nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := r.checkout(t)
			j := r.job(t, dir, inputs)
			j.env["GITHUB_API_URL"] = newServer(t).URL
			j.run()
			untouched(t, dir)
			failed := []string{"Vet", "Check the policies", "Compare the flows"}
			if name == "shell" || name == "delimiter" { // the folder is compared, as there are several packages
				failed = failed[:2]
			}
			if diff := cmp.Diff(failed, j.failed); diff != "" {
				t.Errorf("failed steps (-want +got):\n%s\n%v", diff, j.log)
			}
			for step, log := range j.log {
				for line := range strings.Lines(commands(log)) {
					if strings.HasPrefix(strings.TrimSpace(line), "::") && !regexp.MustCompile(`^::(error|warning|notice) (file=[^:]*,)?title=npgen`).MatchString(line) {
						t.Errorf("%s: a command of the input reaches the runner: %q", step, line)
					}
				}
			}
		})
	}
}

// commands returns what of a log a runner looks at for commands.
func commands(log string) string {
	var out strings.Builder
	stop := ""
	for line := range strings.Lines(log) {
		token, starts := strings.CutPrefix(strings.TrimSpace(line), "::stop-commands::")
		switch {
		case stop != "" && strings.TrimSpace(line) == "::"+stop+"::":
			stop = ""
		case stop != "":
		case starts:
			stop = token
		default:
			out.WriteString(line)
		}
	}
	return out.String()
}

// TestBase sees which commit a request is compared with: what others did to main since is no part of it.
func TestBase(t *testing.T) {
	setup(t)
	r := newRequest(t, "policy", "deploy/policies", change(`"api -> db"`, `"api -> db", "web -> db"`))
	// On main the same package changes, after the branch was made.
	tool.Run(t, r.origin, "git", "checkout", "-q", "main")
	r.commit(t, strings.ReplaceAll(policy, `"web -> api", `, ``), "main closes a flow")
	for name, dir := range map[string]string{"whole history": r.clone(t), "merge alone": r.checkout(t)} {
		t.Run(name, func(t *testing.T) {
			shallow := tool.Run(t, dir, "git", "rev-parse", "--is-shallow-repository")
			j := r.job(t, dir, map[string]string{"comment": "false"}).run()
			summary := j.summary["Compare the flows"]
			wants(t, "the summary", summary, "shop/web", "shop/db")
			if after := tool.Run(t, dir, "git", "rev-parse", "--is-shallow-repository"); after != shallow {
				t.Errorf("the clone was shallow: %sand is now: %s", shallow, after)
			}
			if name == "whole history" {
				wants(t, "the summary", summary, "1 flow opened, 0 flows closed, 0 flows changed")
			}
		})
	}

	// Not a pull request, and one whose base is gone.
	j := r.job(t, r.checkout(t), nil)
	delete(j.env, "GITHUB_BASE_REF")
	if j.run(); len(j.failed) > 0 {
		t.Errorf("a push: failed: %v\n%v", j.failed, j.log)
	}
	wants(t, "the log", j.log["Comment"], "nothing was compared")
	api := newServer(t)
	api.add(bot, marker+"\n0 flows opened")
	j = r.job(t, r.checkout(t), nil)
	j.env["GITHUB_BASE_REF"], j.env["GITHUB_API_URL"] = "gone", api.URL
	j.run()
	if diff := cmp.Diff([]string{"Compare the flows"}, j.failed); diff != "" {
		t.Errorf("no base: failed steps (-want +got):\n%s\n%v", diff, j.log)
	}
	wants(t, "the log", j.log["Compare the flows"], "::error title=npgen diff::the base of the request cannot be fetched")
	if got := api.of(bot); len(got) != 1 || strings.Contains(got[0], "0 flows opened") || !strings.Contains(got[0], "npgen could not compare the flows") {
		t.Errorf("no base: the comment is %q", got)
	}
}

// TestSeveralPackages compares the output folder where there are several packages, and each by itself without one.
func TestSeveralPackages(t *testing.T) {
	setup(t)
	r := newRequest(t, "policy", "deploy/policies", change(`"api -> db"`, `"api -> db", "web -> db"`))
	dir := r.checkout(t)
	j := r.job(t, dir, map[string]string{"comment": "false", "packages": "./policy\n\n  ./other\n", "output": ""}).run()
	if len(j.failed) > 0 {
		t.Errorf("failed: %v\n%v", j.failed, j.log)
	}
	wants(t, "the summary", j.summary["Compare the flows"], "#### <code>./policy</code>", "1 flow opened")
	lacks(t, "the summary", j.summary["Compare the flows"], "<code>./other</code>")
	j = r.job(t, dir, map[string]string{"comment": "false", "packages": "./policy\n./other"}).run()
	wants(t, "the summary", j.summary["Compare the flows"], "1 flow opened")
	if diff := cmp.Diff([]string{"Check the policies"}, j.failed); diff != "" { // the folder is of one package only
		t.Errorf("failed steps (-want +got):\n%s\n%v", diff, j.log)
	}
}

// actions returns the names of actions without the commits that they are pinned to.
func actions(used []string) []string {
	var out []string
	for _, u := range used {
		name, _, _ := strings.Cut(u, "@")
		out = append(out, name)
	}
	return out
}

// TestInstall builds npgen as the action does for its users.
func TestInstall(t *testing.T) {
	setup(t)
	r := newRequest(t, "policy", "deploy/policies", change("x", "x"))
	j := r.job(t, r.checkout(t), map[string]string{"install": "true", "comment": "false"})
	t.Setenv("PATH", strings.Join(tool.System(t, "go", "git", "bash", "jq", "curl"), string(filepath.ListSeparator)))
	if j.run(); len(j.failed) > 0 {
		t.Errorf("failed: %v\n%v", j.failed, j.log)
	}
	if diff := cmp.Diff([]string{"actions/setup-go"}, actions(j.used)); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(j.temp, "npgen", "npgen")); err != nil {
		t.Error(err)
	}
}
