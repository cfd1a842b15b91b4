package diag

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGitHub(t *testing.T) {
	const want = "::error title=npgen empty-package::the package is empty%0Ano file sets `workloads`\n" +
		"::error file=shop.cue,line=4,col=10,title=npgen unknown-name::unknown workload `databse`" +
		"%0Ahelp: did you mean `database`?%0Adir/db.cue:2:3: `database` is declared here\n" +
		"::warning file=shop.cue,line=9,col=2,title=npgen no-effect::edge `web -> db:5432` emits nothing\n" +
		"::notice file=a%2C b.cue,line=1,title=npgen no-effect::100%25 of `web`\n"
	if diff := cmp.Diff(want, write(t, sample(), GitHub, Options{})); diff != "" {
		t.Error(diff)
	}
	if got := write(t, nil, GitHub, Options{}); got != "" {
		t.Errorf("no findings: %q", got)
	}
}

func TestGitHubEscapes(t *testing.T) {
	tests := []struct{ in, data, property string }{
		{"plain", "plain", "plain"},
		{"a:b,c::d", "a:b,c::d", "a%3Ab%2Cc%3A%3Ad"},
		{"100%", "100%25", "100%25"},
		{"%0A%3A", "%250A%253A", "%250A%253A"},
		{"a\r\nb", "a%0D%0Ab", "a%0D%0Ab"},
		{"\x1b\t\x00\u2028", `\x1b\t\x00\u2028`, `\x1b\t\x00\u2028`},
	}
	for _, tt := range tests {
		if got := escapeData(tt.in); got != tt.data {
			t.Errorf("escapeData(%q) = %s, want %s", tt.in, got, tt.data)
		}
		if got := escapeProperty(tt.in); got != tt.property {
			t.Errorf("escapeProperty(%q) = %s, want %s", tt.in, got, tt.property)
		}
	}
}

// command is a workflow command as the Actions runner reads it.
type command struct {
	name, data string
	properties map[string]string
}

// parseCommand does what the runner does with a line of a step's output: split at the second `::`, then at the first
// blank, at commas and at the first `=`; then undo the escapes one after the other, the one of % last.
func parseCommand(line string) (command, bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "::")
	if !ok {
		return command{}, false
	}
	info, data, ok := strings.Cut(rest, "::")
	if !ok {
		return command{}, false
	}
	name, properties, _ := strings.Cut(info, " ")
	c := command{name: name, data: unescape(data, "%0D", "\r", "%0A", "\n", "%25", "%"), properties: map[string]string{}}
	for _, p := range strings.Split(strings.TrimSpace(properties), ",") {
		if k, v, ok := strings.Cut(p, "="); ok && v != "" {
			c.properties[k] = unescape(v, "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
		}
	}
	return c, true
}

func unescape(s string, oldnew ...string) string {
	for i := 0; i < len(oldnew); i += 2 {
		s = strings.ReplaceAll(s, oldnew[i], oldnew[i+1])
	}
	return s
}

// FuzzGitHub checks that each finding is exactly one command that the runner reads back, whatever users write.
func FuzzGitHub(f *testing.F) {
	f.Add("shop.cue", "unknown `x`", "use `y`")
	f.Add("a:b,c=%2C.cue", "::error::100%0A", "%25")
	f.Add(hostile, hostile, hostile)
	f.Add("-", "\r\n\r\n", ":")
	f.Add("##[a", "##\n[b ###[c", "##vso[d")
	f.Fuzz(func(t *testing.T, file, message, help string) {
		l := List{
			{Severity: Info, Rule: "info-rule", Message: message},
			{Severity: Error, Rule: "error-rule", Pos: Pos{File: "dir/" + file, Line: 3, Col: 4}, Message: message, Help: "h" + help},
		}
		out := write(t, l, GitHub, Options{})
		wantClean(t, out)
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if len(lines) != 2 {
			t.Fatalf("%d lines: %q", len(lines), out)
		}
		want := []command{
			{"error", visible(message + "\nhelp: h" + help), map[string]string{
				"file": visible(slashPath("dir/" + file)), "line": "3", "col": "4", "title": "npgen error-rule",
			}},
			{"notice", visible(message), map[string]string{"title": "npgen info-rule"}},
		}
		for i, line := range lines {
			got, ok := parseCommand(line)
			if diff := cmp.Diff(want[i], got, cmp.AllowUnexported(command{})); !ok || diff != "" {
				t.Errorf("%q: %v %s", line, ok, diff)
			}
		}
	})
}

// visible is Printable for all but line ends, which commands can carry.
func visible(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		parts := strings.Split(line, "\r")
		for j, part := range parts {
			parts[j] = disarmInside(Printable(part))
		}
		lines[i] = strings.Join(parts, "\r")
	}
	return strings.Join(lines, "\n")
}
