package load_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/npgen/npgen/gen/load"
)

// What tells a package from others is the same on every machine, wherever its repository lies.
func TestPlace(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"repo/module/cue.mod", "repo/module/teams/shop", "repo/policy", "repo/deploy"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(folder)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	root := filepath.VolumeName(dir) + string(filepath.Separator)
	repo := load.Env{Dir: filepath.Join(dir, "repo")}
	for _, tt := range []struct{ path, from, want string }{
		{"policy", ".", "policy"},
		{"./policy/", "deploy", "../policy"},
		{"policy/a.cue", ".", "policy/a.cue"},
		{".", "..", "repo"},
		{filepath.Join(dir, "repo", "policy"), dir, "repo/policy"},
		{"policy", filepath.Join(root, "elsewhere"), "policy"},
		{"policy", root, "policy"},
		{"module", ".", "."},
		{"module/teams/shop", root, "teams/shop"},
		{"-", ".", "-"},
	} {
		if got := repo.Place(tt.path, tt.from); got != tt.want {
			t.Errorf("Place(%q, %q) = %q, want %q", tt.path, tt.from, got, tt.want)
		}
	}
}
