package diag

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestText(t *testing.T) {
	const plain = "error: the package is empty [empty-package]\n" +
		"  no file sets `workloads`\n" +
		"a, b.cue:1: info: 100% of `web` [no-effect]\n" +
		"shop.cue:4:10: error: unknown workload `databse` [unknown-name]\n" +
		"  help: did you mean `database`?\n" +
		"  dir/db.cue:2:3: `database` is declared here\n" +
		"shop.cue:9:2: warning: edge `web -> db:5432` emits nothing [no-effect]\n"
	if diff := cmp.Diff(plain, write(t, sample(), Text, Options{})); diff != "" {
		t.Error(diff)
	}
	if got := write(t, nil, Text, Options{Color: true}); got != "" {
		t.Errorf("no findings: %q", got)
	}
}

func TestTextColor(t *testing.T) {
	const want = "\x1b[1mshop.cue:4:10:\x1b[0m \x1b[31merror:\x1b[0m unknown workload `databse` \x1b[2m[unknown-name]\x1b[0m\n" +
		"  \x1b[2m4 |\x1b[0m a\\x1b[5mb\n" +
		"  \x1b[2m  |\x1b[0m             \x1b[32m^\x1b[0m\n" +
		"  \x1b[1mhelp:\x1b[0m did you mean `database`?\n" +
		"  dir/db.cue:2:3: `database` is declared here\n"
	source := func(string) ([]byte, error) { return []byte("\n\n\na\x1b[5mb    "), nil }
	got := write(t, sample()[1:2], Text, Options{Color: true, Snippets: true, Source: source})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTextSnippet(t *testing.T) {
	const source = "workloads: web: {}\r\n" +
		"\tedges: [\n" +
		"\t\t\"größe -> 数据库:80\",\t\"e\u0301 -> x:1\"\r\n" +
		"\t\n" +
		"last"
	read := func(file string) ([]byte, error) {
		if file != "shop.cue" {
			return nil, errors.New("no such file")
		}
		return []byte(source), nil
	}
	const head = "shop.cue"
	tests := []struct {
		name string
		pos  Pos
		want string
	}{
		{"first line", Pos{File: head, Line: 1, Col: 12}, "  1 | workloads: web: {}\n    |            ^\n"},
		{"tab", Pos{File: head, Line: 2, Col: 2}, "  2 |     edges: [\n    |     ^\n"},
		{"on a tab", Pos{File: head, Line: 2, Col: 1}, "  2 |     edges: [\n    | ^\n"},
		{"wide", Pos{File: head, Line: 3, Col: 24}, "  3 |         \"größe -> 数据库:80\",    \"e\u0301 -> x:1\"\n    |                         ^\n"},
		{"inside a character", Pos{File: head, Line: 3, Col: 7}, "  3 |         \"größe -> 数据库:80\",    \"e\u0301 -> x:1\"\n    |            ^\n"},
		{"after a combining mark", Pos{File: head, Line: 3, Col: 34}, "  3 |         \"größe -> 数据库:80\",    \"e\u0301 -> x:1\"\n    |                                    ^\n"},
		{"end of file", Pos{File: head, Line: 5, Col: 5}, "  5 | last\n    |     ^\n"},
		{"behind the line", Pos{File: head, Line: 5, Col: 500}, "  5 | last\n    |     ^\n"},
		{"no column", Pos{File: head, Line: 5, Col: 0}, "  5 | last\n"},
		{"no line", Pos{File: head, Line: 0, Col: 0}, ""},
		{"blank line", Pos{File: head, Line: 4, Col: 1}, ""},
		{"behind the file", Pos{File: head, Line: 6, Col: 1}, ""},
		{"no such file", Pos{File: "other.cue", Line: 1, Col: 1}, ""},
		{"no position", Pos{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l List
			l.Errorf("r", tt.pos, "m")
			got := write(t, l, Text, Options{Snippets: true, Source: read})
			_, got, _ = strings.Cut(got, "\n")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			without := write(t, l, Text, Options{Source: read})
			if nil1 := write(t, l, Text, Options{Snippets: true}); nil1 != without || strings.Count(without, "\n") != 1 {
				t.Errorf("without snippets %q, without a source %q", without, nil1)
			}
		})
	}
}

func TestSnippetWide(t *testing.T) {
	x, y := strings.Repeat("x", 300), strings.Repeat("y", 300)
	tests := []struct {
		name, line string
		col        int
		want       string
		column     int
	}{
		{"whole", x[:100], 100, x[:100], 99},
		{"left end", "A" + x, 1, "A" + x[:99] + "…", 0},
		{"right end", x + "Z", 301, "…" + x[:99] + "Z", 100},
		{"behind", x, 301, "…" + x[:100], 101},
		{"middle", x + "A" + y, 301, "…" + x[:50] + "A" + y[:49] + "…", 51},
		{"near the left", x[:10] + "A" + y, 11, x[:10] + "A" + y[:89] + "…", 10},
		{"near the right", x + "A" + y[:10], 301, "…" + x[:89] + "A" + y[:10], 90},
		{"tabs left", strings.Repeat("\t", 200) + "A", 201, "…" + strings.Repeat(" ", 96) + "A", 97},
		{"marks", "a" + strings.Repeat("\u0301", 900), 1, "a" + strings.Repeat("\u0301", maxCells-1) + "…", 0},
		{"wide runes", strings.Repeat("数", 200), 1 + 3*100, "…" + strings.Repeat("数", 50) + "…", 51},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, column := snippet([]byte(tt.line), tt.col, maxSnippet)
			if got != tt.want || column != tt.column {
				t.Errorf("got %q at %d, want %q at %d", got, column, tt.want, tt.column)
			}
		})
	}
}

// TestSourceReadOnce guards the promise that many findings in a file read it once.
func TestSourceReadOnce(t *testing.T) {
	reads := 0
	source := func(string) ([]byte, error) {
		reads++
		return nil, errors.New("gone")
	}
	var l List
	for i := range 5 {
		l.Errorf("r", Pos{File: "a.cue", Line: i + 1, Col: 1}, "m")
	}
	write(t, l, Text, Options{Snippets: true, Source: source})
	if reads != 1 {
		t.Errorf("read the file %d times", reads)
	}
}

// FuzzText checks that no input reaches the terminal raw, and that no input can add or take away a line.
func FuzzText(f *testing.F) {
	f.Add("shop.cue", "unknown `x`", "use `y`", "\tedges: [\"web -> db\"]", 3)
	f.Add(hostile, hostile, hostile, hostile, 9)
	f.Add("-", "", "", strings.Repeat("\u0301", 900)+strings.Repeat("数\t", 200), 1500)
	f.Fuzz(func(t *testing.T, file, message, help, line string, col int) {
		l := List{{Rule: message, Pos: Pos{File: file, Line: 1, Col: col}, Message: message, Help: help, Related: []Related{{Pos{File: file, Line: 1, Col: 1}, help}}}}
		source := func(string) ([]byte, error) { return []byte(line), nil }
		lines := 2
		if help != "" {
			lines++
		}
		plain := write(t, l, Text, Options{})
		wantClean(t, plain)
		if got := strings.Count(plain, "\n"); got != lines {
			t.Errorf("%d lines, want %d: %q", got, lines, plain)
		}
		full := write(t, l, Text, Options{Snippets: true, Source: source})
		wantClean(t, full)
		if got := strings.Count(full, "\n") - lines; got < 0 || got > 2 {
			t.Errorf("%d snippet lines: %q", got, full)
		}
		text, column := snippet([]byte(line), col, maxSnippet)
		shown := firstCells([]byte(text), 10*maxSnippet)
		if shown.width > maxSnippet+2 || column > maxSnippet+1 {
			t.Errorf("%d cells, caret at %d: %q", shown.width, column, text)
		}
	})
}

// TestNarrowSnippets sees that a snippet and its caret keep the width of the terminal, and stay below each other.
func TestNarrowSnippets(t *testing.T) {
	line := strings.Repeat("a", 60) + "X" + strings.Repeat("b", 60)
	for _, width := range []int{44, 60, 120} {
		var l List
		l.Errorf("rule", Pos{File: "p.cue", Line: 12, Col: 61}, "wrong")
		var b bytes.Buffer
		source := func(string) ([]byte, error) { return []byte(strings.Repeat("\n", 11) + line + "\n"), nil }
		if err := l.Write(&b, Text, Options{Snippets: true, Width: width, Source: source}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(b.String(), "\n")
		for _, text := range lines[1:3] {
			if n := len([]rune(text)); n > width {
				t.Errorf("width %d: %d cells: %s", width, n, text)
			}
		}
		at := len([]rune(lines[2])) - 1
		if text := []rune(lines[1]); at >= len(text) || text[at] != 'X' {
			t.Errorf("width %d: the caret is not below X:\n%s", width, b.String())
		}
	}
}
