package diag

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// The text format, for people:
//
//	shop.cue:12:10: error: unknown workload `databse` [unknown-name]
//	  12 |     "web -> databse:5432",
//	     |             ^
//	  help: did you mean `database`?
//	  shop.cue:4:2: `database` is declared here
//
// A finding about a manifest names the object and the field behind its message, as (NetworkPolicy shop/db: spec.egress[0]).
//
// The bar keeps the source line from passing for a finding, and from starting with the `::` of a CI command.

// maxSnippet is the most of a source line that a snippet shows, in terminal cells.
const maxSnippet = 100

// maxCells is the most characters it shows on a side of the column, as combining marks take no cells.
const maxCells = 4 * maxSnippet

// tabCells is the width a tab is shown with. A tab would move the caret by the terminal's setting, so none is written.
const tabCells = 4

func renderText(b *bytes.Buffer, l report, o Options) error {
	src := newSources(o.Source)
	all := l.text(o)
	var above []string // the second places of the finding above
	for i, d := range all {
		writeHeadline(b, d.Diagnostic, o)
		if o.Snippets {
			writeSnippet(b, d.Pos, src, o)
		}
		if d.Help != "" {
			fmt.Fprintf(b, "  %s %s\n", paint(o, bold, "help:"), Line(d.Help))
		}
		places := d.places(o.Fold)
		if !o.Fold || i == 0 || all[i-1].Rule != d.Rule || !slices.Equal(above, places) {
			for _, line := range places {
				fmt.Fprintf(b, "  %s\n", Line(line))
			}
		}
		above = places
		if others := d.others(); others != "" {
			fmt.Fprintf(b, "  %s\n", Line(others))
		}
	}
	if l.isCut() {
		fmt.Fprintln(b, l.rest(o))
	}
	if len(l.ignored) > 0 {
		fmt.Fprintln(b, l.ignoredText())
	}
	return nil
}

// text returns the findings as people read them.
func (r report) text(o Options) []folded {
	if o.Fold {
		return r.fold()
	}
	out := make([]folded, len(r.List))
	for i, d := range r.List {
		out[i].Diagnostic = d
	}
	return out
}

// places returns the second places as lines, each once where that is asked for.
func (d Diagnostic) places(once bool) []string {
	var out []string
	for _, r := range d.Related {
		line := d.related(r)
		if r.Pos.IsValid() {
			line = r.Pos.String() + ": " + line
		}
		if !once || !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

func writeHeadline(b *bytes.Buffer, d Diagnostic, o Options) {
	if d.Pos.IsValid() {
		b.WriteString(paint(o, bold, Line(d.Pos.String())+":") + " ")
	}
	b.WriteString(paint(o, severityColor(d.Severity), d.Severity.String()+":") + " ")
	b.WriteString(Line(d.Message))
	if where := d.where(); where != "" {
		b.WriteString(paint(o, faint, Line(where)))
	}
	b.WriteString(" ")
	b.WriteString(paint(o, faint, "["+Line(d.Rule)+"]") + "\n")
}

func writeSnippet(b *bytes.Buffer, p Pos, src *sources, o Options) {
	line, ok := src.line(p)
	if !ok || len(bytes.TrimSpace(line)) == 0 {
		return
	}
	number := fmt.Sprint(p.Line)
	text, column := snippet(line, p.Col, o.snippetCells(number))
	fmt.Fprintf(b, "  %s %s\n", paint(o, faint, number+" |"), text)
	if p.Col > 0 {
		gutter := strings.Repeat(" ", len(number)) + " |"
		fmt.Fprintf(b, "  %s %s%s\n", paint(o, faint, gutter), strings.Repeat(" ", column), paint(o, green, "^"))
	}
}

// snippetCells returns the cells that a snippet may take beside its line number, without the ellipses.
func (o Options) snippetCells(number string) int {
	const least = 16
	if o.Width == 0 {
		return maxSnippet
	}
	return min(maxSnippet, max(least, o.Width-len("  ")-len(number)-len(" | ")-2))
}

// snippet returns the part of a line around a column in bytes from 1, ready for a terminal, and the cells before the
// caret. Of a line wider than most it shows what fits around the column, with an ellipsis where it cuts. It looks
// at no more of the line than that, so that many findings in one long line stay cheap.
func snippet(line []byte, col, most int) (text string, column int) {
	head := before(line, col)
	tail := line[len(head):]
	right := max(most/2, most-lastCells(head, most).width)
	after := firstCells(tail, right)
	left := lastCells(head, most-after.width)
	var s strings.Builder
	if left.cut {
		s.WriteString("…")
		column++
	}
	for i := len(left.cells) - 1; i >= 0; i-- {
		s.WriteString(left.cells[i])
	}
	for _, c := range after.cells {
		s.WriteString(c)
	}
	if after.cut {
		s.WriteString("…")
	}
	return strings.TrimRight(s.String(), " "), column + left.width
}

// run is a stretch of a line, a string for each character, in the order they were taken.
type run struct {
	cells []string
	width int
	cut   bool
}

func firstCells(b []byte, budget int) run {
	return takeCells(b, budget, utf8.DecodeRune, func(b []byte, n int) ([]byte, []byte) { return b[:n], b[n:] })
}

func lastCells(b []byte, budget int) run {
	return takeCells(b, budget, utf8.DecodeLastRune, func(b []byte, n int) ([]byte, []byte) {
		return b[len(b)-n:], b[:len(b)-n]
	})
}

func takeCells(b []byte, budget int, decode func([]byte) (rune, int), split func([]byte, int) ([]byte, []byte)) run {
	var out run
	for len(b) > 0 {
		r, n := decode(b)
		raw, rest := split(b, n)
		s, w := cell(r, string(raw))
		if out.width+w > budget || len(out.cells) == maxCells {
			out.cut = true
			break
		}
		out.cells = append(out.cells, s)
		out.width += w
		b = rest
	}
	return out
}

// cell returns how a character of a source line is shown and the terminal cells that takes, by Unicode's East Asian
// width (UAX #11) where it is shown as it is.
func cell(r rune, raw string) (string, int) {
	if r == '\t' {
		return strings.Repeat(" ", tabCells), tabCells
	}
	s := printableRune(r, raw)
	switch {
	case s != raw:
		return s, len(s)
	case unicode.In(r, unicode.Mn, unicode.Me):
		return s, 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return s, 2
	}
	return s, 1
}

// The terminal's SGR codes.
const (
	bold   = "1"
	faint  = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func severityColor(s Severity) string {
	switch s {
	case Error:
		return red
	case Warning:
		return yellow
	default:
		return cyan
	}
}

func paint(o Options, code, s string) string {
	if !o.Color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
