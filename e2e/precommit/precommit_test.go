// Package precommit runs the hooks that npgen ships by the real pre-commit.
//
// In: .pre-commit-hooks.yaml, in a repository made of the work tree, and repositories of users that name it. Out: what
// pre-commit and git say of commits. It refuses a hook that lets drift or an error pass, or that changes what it
// should only look at.
package precommit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

const version = "v0.1.0"

const policy = `package policy

namespace: "shop"
workloads: {
	web: {}
	api: ports: http: 8080
}
allow: ["web -> api"]
`

// setup returns the repository with the hooks. npgen itself is not in PATH: hooks of language golang build it.
func setup(t *testing.T) string {
	t.Helper()
	tool.KeepGo(t)
	dirs := tool.System(t, "pre-commit", "git", "go", "sh")
	npgen := tool.Npgen(t) // fills the module cache
	tool.Setup(t)
	t.Setenv("PATH", strings.Join(dirs, string(filepath.ListSeparator)))
	t.Setenv("NPGEN_DIR", npgen)
	t.Setenv("PRE_COMMIT_HOME", t.TempDir())
	t.Setenv("PRE_COMMIT_COLOR", "never")
	tool.Git(t)
	return tool.Release(t, version)
}

// repository makes a user's repository with files, the first of which are not yet committed, and hooks.
func repository(t *testing.T, hooks, config string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	tool.Write(t, dir, files)
	tool.Write(t, dir, map[string]string{
		".pre-commit-config.yaml": "repos:\n- repo: " + hooks + "\n  rev: " + version + "\n  hooks:\n" + config,
	})
	tool.Run(t, dir, "git", "init", "-q")
	tool.Run(t, dir, "git", "add", "--all")
	return dir
}

// run runs the hooks on what is staged, as git commit does, and returns what pre-commit says.
func run(t *testing.T, dir string, wantStatus int, args ...string) string {
	t.Helper()
	stdout, stderr, status := tool.Try(t, dir, "pre-commit", append([]string{"run"}, args...)...)
	if status != wantStatus {
		t.Fatalf("pre-commit run: exit status %d, want %d\n%s%s", status, wantStatus, stdout, stderr)
	}
	return stdout + stderr
}

func contains(t *testing.T, out string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(out, want) {
			t.Errorf("pre-commit does not say %q:\n%s", want, out)
		}
	}
}

// npgen builds policies as a user does by hand.
func npgen(t *testing.T, dir string, args ...string) {
	t.Helper()
	tool.Run(t, dir, filepath.Join(os.Getenv("NPGEN_DIR"), "npgen"), args...)
}

func replace(t *testing.T, path, old, with string) {
	t.Helper()
	text := tool.Read(t, path)
	if !strings.Contains(text, old) {
		t.Fatalf("%s has no %q", path, old)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, old, with)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestManifest(t *testing.T) {
	hooks := setup(t)
	tool.Run(t, hooks, "pre-commit", "validate-manifest", ".pre-commit-hooks.yaml")
}

// TestHooks runs every hook in both languages. The subtests of one language share what pre-commit has installed.
func TestHooks(t *testing.T) {
	hooks := setup(t)
	for name, suffix := range map[string]string{"golang": "", "system": "-system"} {
		t.Run(name, func(t *testing.T) {
			if suffix != "" {
				t.Setenv("PATH", os.Getenv("NPGEN_DIR")+string(filepath.ListSeparator)+os.Getenv("PATH"))
			}
			t.Run("check", func(t *testing.T) { check(t, hooks, suffix) })
			t.Run("build", func(t *testing.T) { build(t, hooks, suffix) })
			t.Run("vet", func(t *testing.T) { vet(t, hooks, suffix) })
			t.Run("subfolder", func(t *testing.T) { subfolder(t, hooks, suffix) })
		})
	}
}

// check is npgen-check with its own arguments: every package below, in deploy/policies.
func check(t *testing.T, hooks, suffix string) {
	dir := repository(t, hooks, "  - id: npgen-check"+suffix+"\n", map[string]string{"policy/policy.cue": policy})
	contains(t, run(t, dir, 1), "npgen check", "Failed", "deploy/policies/shop/allow.yaml")
	if _, err := os.Stat(filepath.Join(dir, "deploy")); err == nil {
		t.Error("the check has written")
	}

	npgen(t, dir, "build", "-q", "policy", "-o", "deploy/policies")
	tool.Run(t, dir, "git", "add", "--all")
	contains(t, run(t, dir, 0), "Passed")
	tool.Run(t, dir, "git", "commit", "-q", "-m", "policies")

	// An edge changed and nobody built.
	replace(t, filepath.Join(dir, "policy/policy.cue"), "8080", "9090")
	tool.Run(t, dir, "git", "add", "--all")
	contains(t, run(t, dir, 1), "Failed", "-    - port: 8080", "+    - port: 9090")
	if out := tool.Run(t, dir, "git", "diff"); out != "" {
		t.Errorf("the check has changed files:\n%s", out)
	}

	// Built, but what was built is not staged: the commit would lack it.
	npgen(t, dir, "build", "-q", "policy", "-o", "deploy/policies")
	contains(t, run(t, dir, 1), "Failed", "+    - port: 9090")
	tool.Run(t, dir, "git", "add", "--all")
	contains(t, run(t, dir, 0), "Passed")
	tool.Run(t, dir, "git", "commit", "-q", "-m", "another port")

	// The YAML edited by hand, to the same length.
	replace(t, filepath.Join(dir, "deploy/policies/shop/allow.yaml"), "port: 9090", "port: 9091")
	tool.Run(t, dir, "git", "add", "--all")
	contains(t, run(t, dir, 1), "Failed", "-    - port: 9091")
	tool.Run(t, dir, "git", "reset", "-q", "--hard")

	// A commit that only deletes stages no file that a hook could be given.
	tool.Run(t, dir, "git", "rm", "-q", "deploy/policies/shop/default-deny.yaml")
	contains(t, run(t, dir, 1), "Failed", "default-deny-ingress")
	tool.Run(t, dir, "git", "reset", "-q", "--hard")
	contains(t, run(t, dir, 0, "--all-files"), "Passed")

	// git itself refuses the commit once the hook is installed.
	tool.Run(t, dir, "pre-commit", "install")
	replace(t, filepath.Join(dir, "policy/policy.cue"), "9090", "7070")
	_, stderr, status := tool.Try(t, dir, "git", "commit", "-a", "-m", "drift")
	if status == 0 {
		t.Errorf("git commits drift:\n%s", stderr)
	}
}

// build is npgen-build: it repairs, and fails for as long as it has something to repair.
func build(t *testing.T, hooks, suffix string) {
	dir := repository(t, hooks, "  - id: npgen-build"+suffix+"\n", map[string]string{"policy/policy.cue": policy})
	// Files that git does not know yet are no change to pre-commit: only the exit status of npgen tells.
	contains(t, run(t, dir, 1), "npgen build", "Failed", "deploy/policies: 4 written")
	tool.Run(t, dir, "git", "add", "--all")
	contains(t, run(t, dir, 0), "Passed")
	tool.Run(t, dir, "git", "commit", "-q", "-m", "policies")

	replace(t, filepath.Join(dir, "policy/policy.cue"), "8080", "9090")
	tool.Run(t, dir, "git", "add", "--all")
	contains(t, run(t, dir, 1), "Failed", "files were modified by this hook", "deploy/policies: 1 written")
	if text := tool.Read(t, filepath.Join(dir, "deploy/policies/shop/allow.yaml")); !strings.Contains(text, "port: 9090") {
		t.Errorf("the hook has not built:\n%s", text)
	}
	tool.Run(t, dir, "git", "add", "--all")
	contains(t, run(t, dir, 0), "Passed")
}

// vet is npgen-vet, which needs no output folder.
func vet(t *testing.T, hooks, suffix string) {
	dir := repository(t, hooks, "  - id: npgen-vet"+suffix+"\n", map[string]string{"policy/policy.cue": policy})
	contains(t, run(t, dir, 0), "npgen vet", "Passed")
	replace(t, filepath.Join(dir, "policy/policy.cue"), "web -> api", "web -> apl")
	tool.Run(t, dir, "git", "add", "--all")
	contains(t, run(t, dir, 1), "Failed", "policy/policy.cue:8:17: error: `apl` is not declared [unknown-name]", "did you mean `api`?")
}

// subfolder is a repository of two packages, whose hooks say where they are and where their policies belong.
func subfolder(t *testing.T, hooks, suffix string) {
	config := "  - id: npgen-check" + suffix + "\n" +
		"    args: [services/shop/policy, -o, services/shop/deploy]\n" +
		"  - id: npgen-check" + suffix + "\n" +
		"    name: npgen check of pay\n" +
		"    args: [\"services/pay team/policy\", -o, \"services/pay team/deploy\"]\n"
	dir := repository(t, hooks, config, map[string]string{
		"services/shop/policy/policy.cue":     policy,
		"services/pay team/policy/policy.cue": strings.ReplaceAll(policy, "shop", "pay"),
	})
	npgen(t, dir, "build", "-q", "services/shop/policy", "-o", "services/shop/deploy")
	npgen(t, dir, "build", "-q", "services/pay team/policy", "-o", "services/pay team/deploy")
	tool.Run(t, dir, "git", "add", "--all")
	if out := run(t, dir, 0); strings.Count(out, "Passed") != 2 {
		t.Errorf("not both passed:\n%s", out)
	}
	replace(t, filepath.Join(dir, "services/pay team/policy/policy.cue"), "8080", "9090")
	tool.Run(t, dir, "git", "add", "--all")
	out := run(t, dir, 1)
	contains(t, out, "npgen check of pay", "services/pay team/deploy/pay/allow.yaml")
	if strings.Count(out, "Passed") != 1 || strings.Count(out, "Failed") != 1 {
		t.Errorf("not one passed and one failed:\n%s", out)
	}
}
