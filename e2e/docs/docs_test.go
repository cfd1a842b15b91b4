// Package docs runs the blocks of the project's pages that need more than a shell: pre-commit, kustomize, kubectl.
//
// In: docs/*.md. Out: the tests in docs, run with these programs in PATH and the flag that makes them run such blocks.
// A page that names npgen's repository gets a release made of the work tree instead. It refuses a block whose output
// is not what the page shows.
package docs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

// repository is where the pages say that npgen is, and version the release that they name.
const (
	repository = "https://github.com/npgen/npgen"
	version    = "v0.1.0"
)

func TestPages(t *testing.T) {
	tool.KeepGo(t)
	dirs := tool.System(t, "pre-commit", "git", "go", "sh", "sed", "grep")
	tool.Setup(t, tool.Kustomize, tool.Kubectl)
	tool.AddPath(t, dirs...)
	tool.Git(t)
	t.Setenv("PRE_COMMIT_HOME", t.TempDir())
	t.Setenv("PRE_COMMIT_COLOR", "never")
	release := tool.Release(t, version)
	config := filepath.Join(os.Getenv("HOME"), ".gitconfig")
	text := tool.Read(t, config) + "[url \"" + release + "\"]\n\tinsteadOf = " + repository + "\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := tool.Try(t, tool.Root(t), "go", "test", "./docs", "-count=1", "-run", "TestBlocks", "-v", "-tools")
	if status != 0 {
		t.Fatalf("exit status %d\n%s%s", status, stdout, stderr)
	}
	if !strings.Contains(stdout, "--- PASS: TestBlocks/integrations.md") {
		t.Errorf("docs/integrations.md did not run:\n%s", stdout)
	}
}
