package answer

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/sets"
)

func port(n int) sets.Ports { return sets.PortRange(sets.TCP, n, n) }

// long returns a comparison of several hundred changes, in which each way to open something stands last.
func long() Comparison {
	c := Comparison{}
	for i := range 300 {
		c.Changes = append(c.Changes, flows.Change{From: []string{fmt.Sprintf("shop/a%03d", i)}, To: []string{"shop/same"}, After: port(1 + i), Reach: flows.WithinNamespace})
	}
	c.Changes = append(c.Changes,
		flows.Change{From: []string{"shop/a"}, To: []string{"shop/zclosed"}, Before: port(80), Reach: flows.FromOutside},
		flows.Change{From: []string{"shop/z"}, To: []string{"shop/zbyname"}, After: sets.AllPorts(), Name: "metrics", Reach: flows.WithinNamespace},
		flows.Change{From: []string{"shop/z"}, To: []string{"zoffice"}, Before: port(443), After: port(443), At: [2]string{"10.0.0.0/8", "0.0.0.0/0"}, Reach: flows.Everyone},
		flows.Change{From: []string{"shop/z"}, To: []string{"shop/zmore"}, Before: port(80), After: port(80).Union(port(81)), Reach: flows.AcrossNamespaces},
		flows.Change{From: []string{"shop/z"}, To: []string{"shop/zundeclared"}, After: port(82), Reach: flows.WithinNamespace, Undeclared: true},
	)
	c.Ungoverned = []string{"shop/zhost"}
	c.Declares = true
	return c
}

var targetsOfLong = []string{"shop/same", "shop/zbyname", "zoffice", "shop/zmore", "shop/zundeclared", "shop/zhost"}

func TestNothingThatOpensIsCut(t *testing.T) {
	for _, format := range []Format{"text", "md"} {
		for _, fit := range []int{0, 2000} {
			var b strings.Builder
			if err := long().Write(&b, format, ComparisonOptions{Fit: fit}); err != nil {
				t.Fatal(err)
			}
			for _, target := range targetsOfLong {
				if !strings.Contains(b.String(), target) {
					t.Errorf("%s in %d: no %s:\n%s", format, fit, target, b.String())
				}
			}
		}
	}
}

// TestFit holds that a limit is kept as long as there is place for the first lines, that nothing is lost in silence,
// and that what is most dangerous goes last.
func TestFit(t *testing.T) {
	row := regexp.MustCompile(`(?m)^\| ➕ \| .*$`)
	was := 0
	for fit := 500; fit < 30000; fit += 97 {
		var b strings.Builder
		err := long().Write(&b, "md", ComparisonOptions{Fit: fit})
		text := b.String()
		if n := utf8.RuneCountInString(text); n > fit {
			t.Fatalf("%d characters in %d:\n%s", n, fit, text)
		}
		rows := row.FindAllString(text, -1)
		if errors.Is(err, ErrNotAll) != (len(rows) < len(targetsOfLong)) || errors.Is(err, ErrNotAll) != strings.Contains(text, "No place here for") {
			t.Errorf("%d: %v with %d lines:\n%s", fit, err, len(rows), text)
		}
		if len(rows) < was && err != nil {
			t.Errorf("%d: fewer lines in more place", fit)
		}
		was = len(rows)
		for i, target := range []string{"shop/zhost", "zoffice", "shop/zmore"} {
			if err != nil && len(rows) > i && !strings.Contains(rows[i], target) {
				t.Errorf("%d: line %d is %s, want one of %s", fit, i, rows[i], target)
			}
		}
	}
}

// TestCode holds names in Markdown to what CommonMark says of code spans, and tables of GitHub and GitLab of cells.
func TestCode(t *testing.T) {
	for in, want := range map[string]string{
		"shop/web":               "`shop/web`",
		"*/*":                    "`*/*`",
		"@everyone #1 www.x.org": "`@everyone #1 www.x.org`",
		"a`b":                    "`` a`b ``",
		"``` <img src=x> [a](b)": "```` ``` <img src=x> [a](b) ````",
		" a":                     "`  a `",
		"a|b":                    "`a\\x7cb`",
		"a\\|b":                  "`a\\\\x7cb`",
		"a\n\n| forged | row |":  "`a\\n\\n\\x7c forged \\x7c row \\x7c`",
		"\u202ea\x1b[0m":         "`\\u202ea\\x1b[0m`",
		"::error::a ##[error]b":  "`\\x3a:error::a \\x23#[error]b`",
		"/approve\n/merge":       "`/approve\\n/merge`",
	} {
		if got := code(in); got != want {
			t.Errorf("code(%q) = %s, want %s", in, got, want)
		}
	}
}
