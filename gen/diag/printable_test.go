package diag

import (
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"":                  "",
		"web -> db:5432":    "web -> db:5432",
		"größe 数 é \\n '\"": "größe 数 é \\n '\"",
		"a\nb\tc\x1b[0m":    `a\nb\tc\x1b[0m`,
		"\x7f\u009b":        `\x7f\u009b`,
		"\u202eabc\u00a0":   `\u202eabc\u00a0`,
		"\u2066a\u2069":     `\u2066a\u2069`,
		"a\u0085b\u2028c":   `a\u0085b\u2028c`,
		"\xff\xfe\ufffd":    `\xff\xfe` + "\ufffd",
		"\U000e0041":        `\U000e0041`,
	} {
		if got := Printable(in); got != want {
			t.Errorf("Printable(%q) = %s, want %s", in, got, want)
		}
	}
}

// TestLine has what the runners of GitHub, Azure, TeamCity and GitLab look for in the log of a job.
func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"a::b":                           "a::b",
		"::error::x":                     `\x3a:error::x`,
		"  ::error file=a::x":            `  \x3a:error file=a::x`,
		"\n::error::x":                   `\n::error::x`,
		"a ##[add-mask]x ##[error]":      `a \x23#[add-mask]x \x23#[error]`,
		"###[x":                          `#\x23#[x`,
		"## [x], # a":                    "## [x], # a",
		"##vso[task.setvariable]":        `\x23#vso[task.setvariable]`,
		" ##teamcity[message]":           ` \x23#teamcity[message]`,
		"section_start:1:a\r\x1b[0K":     `\x73ection_start:1:a\r\x1b[0K`,
		"section_end:1:a":                `\x73ection_end:1:a`,
		"a section_start:1:a":            "a section_start:1:a",
		"::stop-commands::x ##[command]": `\x3a:stop-commands::x \x23#[command]`,
	} {
		if got := Line(in); got != want {
			t.Errorf("Line(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	const file = "+a: b\r\n \t::error::x\n-\x1b[31m\u202e\t#\n\n##[error]\nlast"
	const want = `+a: b\r` + "\n \t" + `\x3a:error::x` + "\n" + `-\x1b[31m\u202e` + "\t#\n\n" + `\x23#[error]` + "\nlast"
	if got := string(Lines([]byte(file))); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A file whose name is a command leads a line of the text format: as the place of a finding, and as a related one.
func TestTextCommand(t *testing.T) {
	var l List
	l.Errorf("r", Pos{File: "::error::x", Line: 1, Col: 1}, "m ##[error]").WithHelp("##[b]").WithRelated(Pos{File: "::a", Line: 0, Col: 0}, "c").WithRelated(Pos{}, "::d")
	got := write(t, l, Text, Options{})
	for line := range strings.Lines(got) {
		if disarm(line) != line {
			t.Errorf("a command: %s", line)
		}
	}
}

// A command inside of a string of JSON is one in the log, too.
func TestJSONCommand(t *testing.T) {
	var l List
	l.Errorf("r", Pos{File: `a\##[error]`, Line: 1, Col: 1}, "##vso[x] # ## [")
	for _, f := range []Format{JSON, GitLab, SARIF} {
		got := write(t, l, f, Options{})
		if commandInside.MatchString(got) || !strings.Contains(got, `\u0023#vso[x] # ## [`) {
			t.Errorf("%s: %s", f, got)
		}
	}
}
