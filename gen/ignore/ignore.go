// Package ignore is the comments by which users take findings out of a report: `npgen:ignore RULE: reason`.
//
// In: the texts of CUE and YAML files, and findings about them. Out: the findings, those that a comment speaks of marked
// with its reason, and findings about comments that say too little or do nothing. It refuses to hide errors and what a
// guardrail, a grant or a test says: who may talk to whom is not a matter of taste.
package ignore

import (
	"regexp"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// Mark is what such a comment has behind its `//` or `#`. A text without it has none.
const Mark = "npgen:ignore"

// Comment is one such comment.
type Comment struct {
	Pos diag.Pos
	// Line is the line that it speaks of, and Text what stands there.
	Line int
	Text string
	// Rule and Reason are as they are written; either may be empty.
	Rule, Reason string
	// Shared is set where others read the file too, for whom the comment may do something.
	Shared bool
}

// written is the comment behind its `//` or `#`, up to the end of the line.
var written = regexp.MustCompile(`^` + Mark + `(?:[ \t]+([^\s:]+)?[ \t]*(?::[ \t]*(.*?))?)?[ \t\r]*$`)

// comment reads what stands at a column of a line, counted from 0, where a comment starts that way with an introducer.
func comment(file string, lines []string, line, col int, introducer string) (Comment, bool) {
	m := written.FindStringSubmatch(strings.TrimLeft(lines[line][col+len(introducer):], " \t"))
	if m == nil {
		return Comment{}, false
	}
	target := line
	if strings.TrimSpace(lines[line][:col]) == "" {
		for target++; target < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[target]), introducer); {
			target++
		}
	}
	c := Comment{Pos: diag.Pos{File: file, Line: line + 1, Col: col + 1}, Line: target + 1, Rule: m[1], Reason: m[2]}
	if target < len(lines) {
		c.Text = strings.TrimSpace(lines[target])
	}
	return c, true
}

// kept are the rules of which no finding is ignored, whatever its severity.
func kept(rule string) bool {
	return slices.Contains([]string{diag.ForbiddenFlow, diag.NotGranted, diag.TestFails, diag.IgnoreComment}, rule)
}

// Apply marks the findings that comments speak of, and adds what is wrong with comments. Steps is what the command did: a
// comment that takes nothing out is a finding only where its rule was looked at, over packages without an error.
func Apply(findings diag.List, comments []Comment, steps diag.Steps) diag.List {
	if len(comments) == 0 {
		return findings
	}
	type place struct {
		file, rule string
		line       int
	}
	at := map[place][]*Comment{}
	for i, c := range comments {
		p := place{c.Pos.File, c.Rule, c.Line}
		at[p] = append(at[p], &comments[i])
	}
	out, used := slices.Clone(findings), map[*Comment]bool{}
	for i, d := range out {
		if d.Severity == diag.Error || kept(d.Rule) {
			continue
		}
		for _, c := range at[place{d.Pos.File, d.Rule, d.Pos.Line}] {
			used[c] = true
			if c.Reason != "" {
				out[i].Ignored = c.Reason
			}
		}
	}
	complete := findings.Count(diag.Error) == 0
	for i := range comments {
		c := &comments[i]
		reportOn(c, &out, complete && !used[c] && !c.Shared, steps)
	}
	return out
}

// reportOn finds what is wrong with a comment.
func reportOn(c *Comment, out *diag.List, isUnused bool, steps diag.Steps) {
	rule, known := diag.RuleOf(c.Rule)
	switch {
	case c.Rule == "":
		out.Warnf(diag.IgnoreComment, c.Pos, "the comment does not say which rule to ignore").
			WithHelp("write `%s RULE: reason`, with the rule that stands in brackets behind the finding", Mark)
	case !known:
		d := out.Warnf(diag.IgnoreComment, c.Pos, "there is no rule `%s` to ignore", c.Rule)
		if name := diag.NearestRule(c.Rule); name != "" {
			d.WithHelp("did you mean `%s`?", name)
		}
	case kept(c.Rule):
		out.Warnf(diag.IgnoreComment, c.Pos, "findings of `%s` cannot be ignored", c.Rule).WithHelp("mend what the finding names, and take the comment out")
	case c.Reason == "":
		out.Warnf(diag.IgnoreComment, c.Pos, "the comment gives no reason, so that it ignores nothing").
			WithHelp("write `%s %s: ` and why the finding may stay", Mark, c.Rule)
	case isUnused && rule.Steps&steps != 0:
		out.Warnf(diag.IgnoreComment, c.Pos, "there is no warning or info of `%s` at line %d to ignore", c.Rule, c.Line).
			WithHelp("take the comment out, or put it in front of the line of the finding, or behind it")
	}
}

// Added returns the comments of the second list that the first does not have: of other rules, for other reasons or about
// other lines.
func Added(before, after []Comment) []Comment {
	type said struct{ rule, reason, text string }
	known := map[said]int{}
	for _, c := range before {
		known[said{c.Rule, c.Reason, c.Text}]++
	}
	var out []Comment
	for _, c := range after {
		if s := (said{c.Rule, c.Reason, c.Text}); known[s] > 0 {
			known[s]--
		} else {
			out = append(out, c)
		}
	}
	return out
}
