package graph

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// What is not by the grammar: testdata/syntax has a file for each kind of text, in which every faulty text is followed
// by its errors, each under a caret that stands where the error points, and by the help.
func TestSyntaxErrors(t *testing.T) {
	one := func(err error) []*SyntaxError {
		if syntax, ok := errors.AsType[*SyntaxError](err); ok {
			return []*SyntaxError{syntax}
		}
		return nil
	}
	kinds := map[string]func(string) []*SyntaxError{
		"edge":   func(s string) []*SyntaxError { _, errs := ParseEdge(s); return errs },
		"peer":   func(s string) []*SyntaxError { _, err := ParsePeer(s); return nonNil(err) },
		"port":   func(s string) []*SyntaxError { _, err := ParsePort(s); return one(err) },
		"cidr":   func(s string) []*SyntaxError { _, err := ParseCIDR(s); return one(err) },
		"except": func(s string) []*SyntaxError { _, err := ParseExcept(s); return one(err) },
	}
	for kind, parse := range kinds {
		t.Run(kind, func(t *testing.T) {
			path := filepath.Join("testdata", "syntax", kind+".txt")
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := explained(t, string(want), parse)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s (-want +got; -update rewrites it):\n%s", path, diff)
			}
		})
	}
}

func nonNil(err *SyntaxError) []*SyntaxError {
	if err == nil {
		return nil
	}
	return []*SyntaxError{err}
}

// explained returns the faulty texts of a file, the lines that start with a bar, with what is wrong with each.
func explained(t *testing.T, file string, parse func(string) []*SyntaxError) string {
	var out strings.Builder
	for line := range strings.Lines(file) {
		text, isText := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "| ")
		if strings.HasPrefix(line, "#") || line == "\n" {
			out.WriteString(line)
		}
		if !isText {
			continue
		}
		out.WriteString(line)
		errs := parse(text)
		if len(errs) == 0 {
			t.Errorf("`%s` is no error", text)
		}
		for _, err := range errs {
			if err.Offset < 0 || err.Offset > len(text) || err.Message == "" {
				t.Errorf("`%s`: error %q at offset %d", text, err.Message, err.Offset)
				continue
			}
			fmt.Fprintf(&out, "  %s^ %s [%s]\n", strings.Repeat(" ", len([]rune(text[:err.Offset]))), err.Message, err.Rule)
			if err.Help != "" {
				fmt.Fprintf(&out, "      help: %s\n", err.Help)
			}
		}
	}
	return out.String()
}

// Characters that a file of lines cannot show well.
func TestParseEdgeInvisible(t *testing.T) {
	for _, c := range []struct {
		in, message string
		offset      int
	}{
		{"", "expected an edge, found nothing", 0},
		{" \t\n", "expected an edge, found nothing", 0},
		{"\u00a0api -> db", "expected a name, found the character U+00A0 in `\u00a0api`", 0},
		{"api\u00a0-> db", "expected a name, found the character U+00A0 in `api\u00a0`", 3},
		{"api -> db\u200b:80", "expected a name, found the character U+200B in `db\u200b`", 9},
		{"api -> db:80\u00a0", "expected a port number, not `80\u00a0`", 12},
		{"\ufeffapi -> db", "expected a name, found the character U+FEFF in `\ufeffapi`", 0},
		{"api -> d\x00b", "expected a name, found the character U+0000 in `d\x00b`", 8},
		{"api\t api -> db", "expected `:` or the end after `api`, found `api`", 3},
		{"api -> db\n:80", "expected no blank before `:`", 9},
	} {
		_, errs := ParseEdge(c.in)
		if len(errs) != 1 || errs[0].Message != c.message || errs[0].Offset != c.offset {
			t.Errorf("%q: got %v, want %q at %d", c.in, errs, c.message, c.offset)
		}
	}
}
