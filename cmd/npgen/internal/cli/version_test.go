package cli

import (
	"runtime/debug"
	"testing"
)

// The line for what Go writes into programs, by how they are built; e2e/release builds them.
func TestDescribe(t *testing.T) {
	const revision = "0123456789abcdef0123456789abcdef01234567"
	git := []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: revision}}
	for _, c := range []struct {
		built, version string
		settings       []debug.BuildSetting
		want           string
	}{
		{"from the module proxy", "v0.1.0", nil, "npgen v0.1.0 cue v0.17.1 go1.26.8"},
		{"at a tag", "v0.1.0", git, "npgen v0.1.0 (0123456789ab) cue v0.17.1 go1.26.8"},
		{"after a tag", "v0.1.1-0.20260102030405-0123456789ab", git, "npgen v0.1.1-0.20260102030405-0123456789ab cue v0.17.1 go1.26.8"},
		{"with changes", "v0.1.0+dirty", git, "npgen v0.1.0+dirty (0123456789ab) cue v0.17.1 go1.26.8"},
		{"without git", "(devel)", nil, "npgen devel cue v0.17.1 go1.26.8"},
		{"in a test", "", nil, "npgen devel cue v0.17.1 go1.26.8"},
		{"with a short revision", "(devel)", []debug.BuildSetting{{Key: "vcs.revision", Value: "1"}}, "npgen devel cue v0.17.1 go1.26.8"},
	} {
		info := &debug.BuildInfo{
			GoVersion: "go1.26.8", Settings: c.settings,
			Main: debug.Module{Path: "github.com/npgen/npgen", Version: c.version},
			Deps: []*debug.Module{{Path: "cuelang.org/go", Version: "v0.17.1"}, {Path: "example.com/other", Version: "v1.0.0"}},
		}
		if got := describe(info); got != c.want {
			t.Errorf("built %s: %s, want %s", c.built, got, c.want)
		}
	}
}
