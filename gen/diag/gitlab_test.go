package diag

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGitLab(t *testing.T) {
	const want = `[
  {
    "description": "the package is empty",
    "check_name": "empty-package",
    "fingerprint": "FINGERPRINT",
    "severity": "major",
    "location": {
      "path": ".",
      "lines": {
        "begin": 1
      }
    }
  },
  {
    "description": "100% of ` + "`web`" + `",
    "check_name": "no-effect",
    "fingerprint": "FINGERPRINT",
    "severity": "info",
    "location": {
      "path": "a, b.cue",
      "lines": {
        "begin": 1
      }
    }
  },
  {
    "description": "unknown workload ` + "`databse`; help: did you mean `database`?" + `",
    "check_name": "unknown-name",
    "fingerprint": "FINGERPRINT",
    "severity": "major",
    "location": {
      "path": "shop.cue",
      "lines": {
        "begin": 4
      }
    }
  },
  {
    "description": "edge ` + "`web -> db:5432`" + ` emits nothing",
    "check_name": "no-effect",
    "fingerprint": "FINGERPRINT",
    "severity": "minor",
    "location": {
      "path": "shop.cue",
      "lines": {
        "begin": 9
      }
    }
  }
]
`
	got := write(t, sample(), GitLab, Options{})
	for _, issue := range gitLabIssues(t, sample()) {
		got = unescape(got, issue.Fingerprint, "FINGERPRINT")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := write(t, nil, GitLab, Options{}); got != "[]\n" {
		t.Errorf("no findings: %q", got)
	}
}

func gitLabIssues(t *testing.T, l List) []gitLabIssue {
	t.Helper()
	var out []gitLabIssue
	if err := json.Unmarshal([]byte(write(t, l, GitLab, Options{})), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGitLabFingerprint(t *testing.T) {
	at := func(file string, line int, message string) Diagnostic {
		return Diagnostic{Rule: "r", Pos: Pos{File: file, Line: line, Col: 1}, Message: message}
	}
	prints := func(l ...Diagnostic) []string {
		var out []string
		for _, i := range gitLabIssues(t, l) {
			out = append(out, i.Fingerprint)
		}
		return out
	}
	base := prints(at("a.cue", 3, "m"))[0]
	// Fixed, so that a new npgen does not make every finding of every user a new one.
	if want := "d7fb605936272f9740eaa24705614f260e4f425d420bd04cc2d3c31db4c24388"; base != want {
		t.Errorf("fingerprint %s, want %s", base, want)
	}
	if moved := prints(at("./a.cue", 90, "m"))[0]; moved != base {
		t.Errorf("moved from %s to %s", base, moved)
	}
	seen := map[string]bool{base: true}
	others := prints(at("b.cue", 3, "m"), at("a.cue", 3, "other"), Diagnostic{Rule: "s", Pos: Pos{File: "a.cue", Line: 3, Col: 1}, Message: "m"})
	doubles := prints(at("a.cue", 3, "m"), at("a.cue", 4, "m"), at("a.cue", 5, "m"))
	for _, p := range append(others, doubles[1:]...) {
		if seen[p] || len(p) != 64 {
			t.Errorf("fingerprint %s is not unique", p)
		}
		seen[p] = true
	}
	if doubles[0] != base {
		t.Errorf("the first of doubles is %s, want %s", doubles[0], base)
	}
}
