package diag

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// sample has every severity, a finding without a position, a double, and a file that needs care in every format.
func sample() List {
	var l List
	l.Warnf(NoEffect, Pos{File: "shop.cue", Line: 9, Col: 2}, "edge `web -> db:5432` emits nothing")
	l.Errorf(UnknownName, Pos{File: "shop.cue", Line: 4, Col: 10}, "unknown workload `databse`").
		WithHelp("did you mean `database`?").
		WithRelated(Pos{File: "dir/db.cue", Line: 2, Col: 3}, "`database` is declared here")
	l.Warnf(NoEffect, Pos{File: "shop.cue", Line: 9, Col: 2}, "edge `web -> db:5432` emits nothing")
	l.Infof(NoEffect, Pos{File: "a, b.cue", Line: 1, Col: 0}, "100%% of `web`")
	l.Errorf(EmptyPackage, Pos{}, "the package is empty").WithRelated(Pos{}, "no file sets `workloads`")
	return l
}

func write(t *testing.T, l List, f Format, o Options) string {
	t.Helper()
	var b strings.Builder
	if err := l.Write(&b, f, o); err != nil {
		t.Fatalf("%s: %v", f, err)
	}
	return b.String()
}

// wantClean checks that a report has no character that a terminal would act on.
func wantClean(t *testing.T, report string) {
	t.Helper()
	if !utf8.ValidString(report) {
		t.Errorf("not UTF-8: %q", report)
	}
	for _, r := range report {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("raw %U in %q", r, report)
		}
	}
}

// hostile is text that tries everything: colours, a new line, a carriage return, a CI command, 8-bit CSI, a change of
// direction, a line separator, a tag outside of the basic plane and a broken byte.
const hostile = "\x1b[31mred\n::error::x\r\tbell\a\u009b2J\u202e\u2028\U000e0041\xffend"

func TestUnknownFormat(t *testing.T) {
	var b strings.Builder
	err := sample().Write(&b, "ya\x1bml", Options{})
	want := "unknown format `ya\\x1bml`: use one of `text`, `json`, `github`, `sarif`, `gitlab`"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if b.Len() > 0 {
		t.Errorf("wrote %q", b.String())
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteError(t *testing.T) {
	for _, f := range Formats() {
		if err := sample().Write(fullDisk{}, f, Options{}); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestEveryFormat(t *testing.T) {
	source := func(string) ([]byte, error) { return []byte(hostile + "\n" + hostile), nil }
	var evil List
	for _, s := range []Severity{Error, Warning, Info} {
		object := &Object{Kind: hostile, Namespace: hostile, Name: hostile}
		evil.add(s, hostile, Pos{File: hostile, Line: 1, Col: 4, Object: object, Field: hostile}, "%s", hostile).WithHelp("%s", hostile).
			WithRelated(Pos{File: hostile, Line: 2, Col: 1, Object: object, Field: hostile}, "%s", hostile)
	}
	lists := map[string]List{"empty": nil, "sample": sample(), "hostile": evil}
	for name, l := range lists {
		for _, f := range Formats() {
			t.Run(name+"/"+string(f), func(t *testing.T) {
				before := append(List(nil), l...)
				got := write(t, l, f, Options{Snippets: true, Source: source})
				wantClean(t, got)
				if again := write(t, l, f, Options{Snippets: true, Source: source}); again != got {
					t.Errorf("two runs differ: %s", cmp.Diff(got, again))
				}
				if diff := cmp.Diff(before, l); diff != "" {
					t.Errorf("the list changed: %s", diff)
				}
			})
		}
	}
}

func TestJSON(t *testing.T) {
	const want = `{
  "findings": [
    {
      "severity": "error",
      "rule": "empty-package",
      "file": "",
      "line": 0,
      "col": 0,
      "object": null,
      "field": "",
      "message": "the package is empty",
      "help": "",
      "related": [
        {
          "file": "",
          "line": 0,
          "col": 0,
          "object": null,
          "field": "",
          "message": "no file sets ` + "`workloads`" + `"
        }
      ]
    },
    {
      "severity": "warning",
      "rule": "no-effect",
      "file": "shop.cue",
      "line": 9,
      "col": 2,
      "object": null,
      "field": "",
      "message": "edge ` + "`web -> db:5432`" + ` emits nothing",
      "help": "a\u001b\u009b\udb40\udc41",
      "related": []
    }
  ],
  "errors": 1,
  "warnings": 1,
  "infos": 0,
  "notShown": 0,
  "ignored": 0
}
`
	l := List{sample()[0], sample()[4]}
	l[0].Help = "a\x1b\u009b\U000e0041"
	got := write(t, l, JSON, Options{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var back struct{ Findings []struct{ Help string } }
	if err := json.Unmarshal([]byte(got), &back); err != nil || back.Findings[1].Help != l[0].Help {
		t.Errorf("read back %q, %v", back, err)
	}
	const none = "{\n  \"findings\": [],\n  \"errors\": 0,\n  \"warnings\": 0,\n  \"infos\": 0,\n  \"notShown\": 0,\n  \"ignored\": 0\n}\n"
	if got := write(t, nil, JSON, Options{}); got != none {
		t.Errorf("no findings: %s", got)
	}
}
