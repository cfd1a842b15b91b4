// Package diag holds npgen's findings and writes them as reports.
//
// In: Diagnostics, each with the position in the user's file, a message in the user's words, a help that says what
// to write instead, and a rule id. Out: a sorted list without doubles, and reports as text, json, github, sarif and
// gitlab. It refuses nothing: a finding without a position is reported for the package as a whole.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says what a finding means for the exit status: an error refuses the package, the others do not.
type Severity int

// The severities, the worst first.
const (
	Error Severity = iota
	Warning
	Info
)

// String returns the word that reports use: "error", "warning" or "info".
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	default:
		return "info"
	}
}

// Pos is a place in a file. File is as the user would name it (relative to the working folder where that is shorter,
// `-` for standard input). Line and Col count from 1, Col in bytes as CUE and Go count; 0 means unknown.
type Pos struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
	// Object is the object of a manifest in which the place lies, nil where there is none; Field is the path in it.
	Object *Object `json:"object"`
	Field  string  `json:"field"`
}

// IsValid reports whether the position names a file.
func (p Pos) IsValid() bool { return p.File != "" }

// Shift returns the position n bytes further right on the same line; an unknown column stays unknown.
func (p Pos) Shift(n int) Pos {
	if p.Col > 0 {
		p.Col += n
	}
	return p
}

// String returns file:line:col, leaving out what is unknown.
func (p Pos) String() string {
	switch {
	case p.File == "":
		return ""
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Compare orders positions by file, line and column, and those of which that is not known by object and field.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(
		cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col),
		compareObjects(p.Object, q.Object), cmp.Compare(p.Field, q.Field),
	)
}

// Related is a second place that a finding speaks of, such as the other end of a contradiction.
type Related struct {
	Pos     Pos    `json:"pos"`
	Message string `json:"message"`
}

// Diagnostic is one finding.
type Diagnostic struct {
	Severity Severity
	// Rule is the id under which docs/rules.md documents the finding, such as "edge-syntax".
	Rule string
	Pos  Pos
	// Message is one line, lower case, without a full stop, with what the user wrote in backticks.
	Message string
	// Help says what to write instead; it may be empty.
	Help    string
	Related []Related
	// Ignored is the reason for which the user takes the finding out of reports, or "".
	Ignored string
}

// String returns `file:line:col: severity: message [rule]`, with the object of a manifest behind the message.
func (d Diagnostic) String() string {
	s := fmt.Sprintf("%s: %s [%s]", d.Severity, d.Message+d.where(), d.Rule)
	if d.Pos.IsValid() {
		return d.Pos.String() + ": " + s
	}
	return s
}

// Text returns the message, the help and the related places, each on a line of its own.
func (d Diagnostic) Text() string {
	lines := []string{d.Message + d.where()}
	if d.Help != "" {
		lines = append(lines, "help: "+d.Help)
	}
	for _, r := range d.Related {
		if r.Pos.IsValid() {
			lines = append(lines, r.Pos.String()+": "+d.related(r))
		} else {
			lines = append(lines, d.related(r))
		}
	}
	return strings.Join(lines, "\n")
}

// List is a collection of findings. The zero List is empty and ready for use.
type List []Diagnostic

// Errorf adds an error finding.
func (l *List) Errorf(rule string, pos Pos, format string, args ...any) *Diagnostic {
	return l.add(Error, rule, pos, format, args...)
}

// Warnf adds a warning.
func (l *List) Warnf(rule string, pos Pos, format string, args ...any) *Diagnostic {
	return l.add(Warning, rule, pos, format, args...)
}

// Infof adds an info finding.
func (l *List) Infof(rule string, pos Pos, format string, args ...any) *Diagnostic {
	return l.add(Info, rule, pos, format, args...)
}

func (l *List) add(s Severity, rule string, pos Pos, format string, args ...any) *Diagnostic {
	*l = append(*l, Diagnostic{Severity: s, Rule: rule, Pos: pos, Message: readable(fmt.Sprintf(format, args...))})
	return &(*l)[len(*l)-1]
}

// readable cuts what nobody reads to its end: a message that quotes a name of a megabyte.
func readable(s string) string {
	const most = 1000
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

// WithHelp sets the help of a finding just added and returns it. The pointer is valid until the next addition.
func (d *Diagnostic) WithHelp(format string, args ...any) *Diagnostic {
	d.Help = readable(fmt.Sprintf(format, args...))
	return d
}

// WithRelated adds a second place to a finding just added and returns it.
func (d *Diagnostic) WithRelated(pos Pos, format string, args ...any) *Diagnostic {
	d.Related = append(d.Related, Related{Pos: pos, Message: readable(fmt.Sprintf(format, args...))})
	return d
}

// Count returns the number of findings of a severity, those left out that the user ignores.
func (l List) Count(s Severity) int {
	n := 0
	for _, d := range l {
		if d.Severity == s && d.Ignored == "" {
			n++
		}
	}
	return n
}

// Has reports whether there is a finding of a rule.
func (l List) Has(rule string) bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Rule == rule })
}

// Sorted returns the findings by position, severity, rule and message, without doubles.
func (l List) Sorted() List {
	out := slices.Clone(l)
	slices.SortStableFunc(out, compare)
	return slices.CompactFunc(out, func(a, b Diagnostic) bool { return compare(a, b) == 0 })
}

func compare(a, b Diagnostic) int {
	return cmp.Or(
		a.Pos.Compare(b.Pos),
		cmp.Compare(a.Severity, b.Severity),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.Message, b.Message),
	)
}
