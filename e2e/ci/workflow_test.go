package ci

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

// lint runs actionlint over workflows in a copy of the repository's frame, so that `uses: ./` finds the action.
func lint(t *testing.T, workflows map[string]string) (string, int) {
	t.Helper()
	dir := t.TempDir()
	tool.Write(t, dir, map[string]string{"action.yml": tool.Read(t, filepath.Join(tool.Root(t), "action.yml"))})
	for name, text := range workflows {
		tool.Write(t, dir, map[string]string{".github/workflows/" + name: text})
	}
	tool.Run(t, dir, "git", "init", "-q")
	stdout, stderr, status := tool.Try(t, dir, "actionlint", "-no-color", "-oneline")
	return stdout + stderr, status
}

func setupLint(t *testing.T) {
	t.Helper()
	dirs := tool.System(t, "git", "shellcheck")
	tool.Setup(t, tool.Actionlint)
	tool.AddPath(t, dirs...)
	tool.Git(t)
}

// TestActionlint holds the project's workflows, and those that the pages show, against actionlint; by `uses: ./` it
// reads action.yml as well.
func TestActionlint(t *testing.T) {
	setupLint(t)
	workflows := map[string]string{}
	for _, path := range tool.Glob(t, ".github/workflows/*.yml") {
		workflows[filepath.Base(path)] = tool.Read(t, path)
	}
	shown := regexp.MustCompile("(?ms)^```yaml \\.github/workflows/(\\S+)\n(.*?)^```").FindAllStringSubmatch(
		tool.Read(t, filepath.Join(tool.Root(t), "docs", "integrations.md")), -1)
	if len(shown) == 0 {
		t.Error("docs/integrations.md shows no workflow")
	}
	for _, m := range shown {
		workflows["page-"+m[1]] = m[2]
		// The inputs are only looked at where the action is this one.
		workflows["here-"+m[1]] = regexp.MustCompile(`uses: npgen/npgen@\S+`).ReplaceAllString(m[2], "uses: ./")
	}
	if out, status := lint(t, workflows); status != 0 {
		t.Errorf("actionlint:\n%s", out)
	}
	// It does look: an input that there is not, and one that a script would run.
	for _, wrong := range []string{
		"      - uses: ./\n        with: {pakages: x}\n",
		"      - run: echo ${{ github.event.pull_request.title }}\n",
	} {
		text := "on: pull_request\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n" + wrong
		if out, status := lint(t, map[string]string{"wrong.yml": text}); status == 0 {
			t.Errorf("actionlint takes\n%s%s", text, out)
		}
	}
}

// TestShellcheck holds the scripts against shellcheck, as POSIX shell.
func TestShellcheck(t *testing.T) {
	setupLint(t)
	for _, path := range tool.Glob(t, "ci/*.sh") {
		if out, _, status := tool.Try(t, filepath.Dir(path), "shellcheck", "--shell=sh", "--external-sources", filepath.Base(path)); status != 0 {
			t.Errorf("%s:\n%s", path, out)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if executable := info.Mode()&0o111 != 0; executable != strings.HasPrefix(tool.Read(t, path), "#!/bin/sh\n") {
			t.Errorf("%s: executable is %v, and its first line says otherwise", path, executable)
		}
	}
}

// TestInputs sees that what a step runs is fixed text, that each input is used, and that each variable which a script
// reads by its header is given to it.
func TestInputs(t *testing.T) {
	a := readAction(t)
	used := map[string]bool{}
	for _, s := range a.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("step %q runs an expression: %s", s.Name, s.Run)
		}
		if s.Run != "" && s.Shell != "bash" {
			t.Errorf("step %q names no shell", s.Name)
		}
		for _, text := range append([]string{s.If}, values(s)...) {
			for _, m := range regexp.MustCompile(`inputs\.([a-z-]+)`).FindAllStringSubmatch(text, -1) {
				used[m[1]] = true
			}
		}
		script := regexp.MustCompile(`ci/[a-z]+\.sh`).FindString(s.Run)
		if script == "" {
			continue
		}
		head, _, _ := strings.Cut(tool.Read(t, filepath.Join(tool.Root(t), script)), "\nset -eu\n")
		documented := map[string]bool{}
		for _, m := range regexp.MustCompile(`(?m)^#   (NPGEN_[A-Z_]+)`).FindAllStringSubmatch(head, -1) {
			documented[m[1]] = true
		}
		for name := range s.Env {
			if !documented[name] {
				t.Errorf("step %q sets %s, which %s does not know", s.Name, name, script)
			}
		}
		for name := range documented {
			// These two are for GitLab, and for those who run the script by themselves.
			if _, set := s.Env[name]; !set && name != "NPGEN_CODE_QUALITY" && name != "NPGEN_BASE" {
				t.Errorf("step %q does not set %s", s.Name, name)
			}
		}
	}
	for name, input := range a.Inputs {
		if !used[name] {
			t.Errorf("no step uses the input %q", name)
		}
		if input.Description == "" {
			t.Errorf("the input %q has no description", name)
		}
	}
}

func values(s step) []string {
	var out []string
	for _, v := range s.Env {
		out = append(out, v)
	}
	for _, v := range s.With {
		if text, ok := v.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// TestShellcheckRollout holds the script that `npgen rollout` writes against shellcheck, as POSIX shell.
func TestShellcheckRollout(t *testing.T) {
	setupLint(t)
	dir := t.TempDir()
	example := filepath.Join(tool.Root(t), "examples", "np-demo")
	tool.Write(t, dir, map[string]string{"nothing/README": "no policies\n"})
	for name, sides := range map[string][2]string{"in.sh": {"nothing", example}, "out.sh": {example, "nothing"}} {
		script := tool.Run(t, dir, "npgen", "rollout", sides[0], sides[1], "--format", "sh")
		if !strings.HasPrefix(script, "#!/bin/sh\n") || !strings.Contains(script, "\nenforced\n") {
			t.Errorf("%s is no script that waits:\n%s", name, script)
		}
		tool.Write(t, dir, map[string]string{name: script})
		if out, _, status := tool.Try(t, dir, "shellcheck", name); status != 0 {
			t.Errorf("%s:\n%s", name, out)
		}
	}
}
