package main

import (
	"fmt"
	"os"
	"strings"
)

// report is the parts of the page, and the targets as they were measured.
type report struct {
	parts   []part
	targets []target
}

type part struct{ name, text string }

// target is what SPEED asks for: a figure that is to stay at or below, or at or above a limit.
type target struct {
	text    string
	limit   float64
	atLeast bool
	unit    string
	// workload and edge are the figures by the grouping of the output; NaN where there is none.
	workload, edge float64
	only           string
}

func (r *report) add(name, text string) { r.parts = append(r.parts, part{name, text}) }

func (r *report) targetTable() string {
	t := newTable("Target", "At", "Grouping `workload`", "Grouping `edge`", "Command")
	r.targetRows(t)
	return t.String()
}

func (r *report) targetRows(t *table) {
	for _, x := range r.targets {
		limit := "at most "
		if x.atLeast {
			limit = "at least "
		}
		t.row(x.text, limit+number(x.limit)+x.unit, x.cell(x.workload), x.cell(x.edge), onlyCommand(x.only))
	}
}

func onlyCommand(only string) string { return "`make bench ONLY=" + only + "`" }

func (x target) cell(v float64) string {
	if v != v {
		return ""
	}
	met := "met"
	if x.atLeast && v < x.limit || !x.atLeast && v > x.limit {
		met = "**missed**"
	}
	return number(v) + x.unit + ", " + met
}

func (r *report) String() string {
	var out strings.Builder
	for _, p := range r.parts {
		fmt.Fprintf(&out, "### %s\n\n%s\n", p.name, p.text)
	}
	return out.String()
}

// writeTo puts the parts between their marks in a page.
func (r *report) writeTo(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	page := string(data)
	for _, p := range r.parts {
		before, rest, found := strings.Cut(page, beginMark(p.name))
		_, after, ends := strings.Cut(rest, endMark(p.name))
		if !found || !ends {
			return fmt.Errorf("%s has no marks for `%s`", path, p.name)
		}
		page = before + beginMark(p.name) + "\n" + p.text + "\n" + endMark(p.name) + after
	}
	return os.WriteFile(path, []byte(page), 0o644)
}

// writePart puts the parts of one comparison in a page, and its targets in the place of those that it had. What the other
// figures depend on must be the same.
func (r *report) writePart(path, only string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	between := func(name string) string {
		_, rest, _ := strings.Cut(string(data), beginMark(name))
		text, _, _ := strings.Cut(rest, endMark(name))
		return strings.TrimPrefix(strings.TrimSuffix(text, "\n"), "\n")
	}
	for _, p := range r.parts {
		if p.name == "machine" && p.text != between("machine") {
			return fmt.Errorf("the page is of another machine, or of other versions: write all comparisons\nhere: %s\nthere: %s", p.text, between("machine"))
		}
	}
	t := &table{}
	for line := range strings.Lines(between("targets")) {
		if !strings.HasSuffix(line, " "+onlyCommand(only)+" |\n") {
			t.WriteString(line)
		}
	}
	r.targetRows(t)
	r.add("targets", t.String())
	return r.writeTo(path)
}

func beginMark(name string) string { return "<!-- " + name + ": written by `make bench` -->\n" }
func endMark(name string) string   { return "<!-- end of " + name + " -->" }

// table is a table of Markdown.
type table struct{ strings.Builder }

func newTable(head ...string) *table {
	t := &table{}
	t.row(head...)
	t.row(strings.Split(strings.Repeat("---,", len(head)-1)+"---", ",")...)
	return t
}

func (t *table) row(cells ...string) {
	t.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// number writes a figure with as many digits as it is good for.
func number(v float64) string {
	switch {
	case v >= 1000:
		return thousands(int(v + 0.5))
	case v >= 99.5:
		return fmt.Sprintf("%.0f", v)
	case v >= 9.95:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
