package answer

import (
	"bytes"
	"fmt"

	"github.com/npgen/npgen/gen/ignore"
)

// mostIgnored is how many comments Markdown shows, and mostReason how much of the reason of each.
const mostIgnored, mostReason = 20, 200

// ignoredText lists the comments of the new side that take findings out of reports and are not those of the old one.
func (c Comparison) ignoredText(b *bytes.Buffer) {
	if len(c.Ignored) == 0 {
		return
	}
	printf(b, "findings ignored from now on:")
	for _, x := range c.Ignored {
		printf(b, "  %s: %s", x.Pos, ignoredWords(x))
	}
}

func (c Comparison) ignoredMarkdown(b *bytes.Buffer) {
	for i, x := range c.Ignored {
		if i == mostIgnored {
			fmt.Fprintf(b, "\n⚠️ %d more comments ignore findings from now on; `npgen diff` shows them.\n", len(c.Ignored)-i)
			return
		}
		x.Reason = cutText(x.Reason, mostReason)
		fmt.Fprintf(b, "\n⚠️ Ignored from now on, at %s: %s\n", code(x.Pos.String()), code(ignoredWords(x)))
	}
}

func ignoredWords(c ignore.Comment) string {
	if c.Reason == "" {
		return ignore.Mark + " " + c.Rule
	}
	return ignore.Mark + " " + c.Rule + ": " + c.Reason
}

// cutText returns at most so many characters of a text.
func cutText(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

type jsonIgnored struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
}

func (c Comparison) ignoredJSON() []jsonIgnored {
	var out []jsonIgnored
	for _, x := range c.Ignored {
		out = append(out, jsonIgnored{x.Pos.File, x.Pos.Line, x.Rule, x.Reason})
	}
	return out
}
