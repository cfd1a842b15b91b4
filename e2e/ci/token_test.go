package ci

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

// TestTokens holds that npgen, which reads what strangers wrote, has no token of the job in its environment.
func TestTokens(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "bin", "npgen")
	if err := os.MkdirAll(filepath.Dir(program), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\nenv >>"+dir+"/seen\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"PATH": filepath.Dir(program) + ":" + os.Getenv("PATH"), "NPGEN_OUTPUT": "policies", "NPGEN_BASE": "HEAD", "NPGEN_DIFF": dir + "/diff"}
	for _, name := range []string{"NPGEN_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "CI_JOB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "DEPLOY_KEY"} {
		env[name] = "secret-" + name
	}
	tool.Run(t, dir, "git", "init", "-q", "work")
	tool.Run(t, filepath.Join(dir, "work"), "git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "--allow-empty", "-m", "test")
	for _, script := range []string{"vet.sh", "check.sh", "diff.sh"} {
		if out, status := shell(t, filepath.Join(dir, "work"), filepath.Join(tool.Root(t), "ci", script), env); status != 0 {
			t.Errorf("%s: exit status %d\n%s", script, status, out)
		}
	}
	seen := tool.Read(t, filepath.Join(dir, "seen"))
	if strings.Count(seen, "PATH=") < 3 || strings.Contains(seen, "secret-") {
		t.Errorf("npgen ran with\n%s", seen)
	}
}
