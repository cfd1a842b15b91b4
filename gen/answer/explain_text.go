package answer

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
)

// ExplanationFormats returns the formats of an explanation, the default first.
func ExplanationFormats() []string { return []string{"text", "json"} }

// What the text of an explanation shows: groups of pairs, and pairs of each.
const (
	mostGroups = 10
	mostPairs  = 6
)

// Text returns the explanation for people.
func (x Explanation) Text(page Page) string {
	var b bytes.Buffer
	if len(x.Groups) > 1 {
		page.verdict(&b, x.Verdict, x.Question)
		b.WriteString("\n")
	}
	for i, g := range x.Groups {
		if i == mostGroups {
			b.WriteString("\n")
			printf(&b, "and %d more answers; ask about fewer pairs", len(x.Groups)-i)
			break
		}
		if i > 0 {
			b.WriteString("\n")
		}
		g.text(&b, page)
	}
	for i, n := range x.Notes {
		if i == 0 {
			b.WriteString("\n")
		}
		printf(&b, "note: %s", n)
	}
	return b.String()
}

// verdict adds a line that starts with a verdict.
func (p Page) verdict(b *bytes.Buffer, v flows.Verdict, text string) {
	style := diag.Yellow
	switch v {
	case flows.Allowed:
		style = diag.Green
	case flows.Denied:
		style = diag.Red
	}
	b.WriteString(diag.Paint(p.Color, style, string(v)+":") + " " + diag.Line(text) + "\n")
}

func (g Group) text(b *bytes.Buffer, page Page) {
	for i, p := range g.Pairs {
		if i == mostPairs && len(g.Pairs) > mostPairs+1 {
			page.verdict(b, g.Verdict, fmt.Sprintf("%d more pairs", len(g.Pairs)-i))
			break
		}
		page.verdict(b, g.Verdict, p)
	}
	if g.Hypothetical {
		printf(b, "there is no pod with just these labels; this is what policies would say of one")
	}
	if g.Verdict == flows.Partly {
		printf(b, "allowed on %s only", g.Open)
	}
	b.WriteString("\n")
	page.table(b, [][]string{
		{"", diag.Line("egress of " + g.Egress.Of), diag.Line("ingress of " + g.Ingress.Of)},
		{"isolated", g.Egress.isolation(), g.Ingress.isolation()},
		{"open", orNothing(g.Egress.Open), orNothing(g.Ingress.Open)},
		{"closed", orNothing(g.Egress.Closed), orNothing(g.Ingress.Closed)},
	}, shape{gap: 3})
	g.Egress.text(b, page, "egress")
	g.Ingress.text(b, page, "ingress")
	if g.Fix != "" {
		b.WriteString("\n")
		printf(b, "to allow it, %s", g.Fix)
	}
	g.changes(b)
}

// changes shows the rules that allow a flow.
func (g Group) changes(b *bytes.Buffer) {
	what := "it"
	if len(g.Pairs) > 1 {
		what = g.Pairs[0]
	}
	if g.NoChanges != "" {
		b.WriteString("\n")
		printf(b, "no rule is proposed that allows %s: %s", what, g.NoChanges)
	}
	for i, c := range g.Changes {
		start := "to allow " + what + ","
		if i > 0 {
			start = "and"
		}
		b.WriteString("\n")
		if c.Field == "" {
			printf(b, "%s add %s:", start, c.Object)
		} else {
			printf(b, "%s add to `%s` of %s (%s):", start, c.Field, c.Object, c.At)
		}
		for line := range strings.Lines(c.YAML) {
			printf(b, "  %s", strings.TrimSuffix(line, "\n"))
		}
	}
}

func orNothing(ports string) string {
	if ports == "" {
		return "-"
	}
	return ports
}

func (h Half) isolation() string {
	switch {
	case !h.Isolated:
		return "no"
	case h.Policies == 1:
		return "by 1 policy"
	}
	return fmt.Sprintf("by %d policies", h.Policies)
}

func (h Half) text(b *bytes.Buffer, page Page, direction string) {
	state, style := "open", diag.Green
	switch {
	case h.Open == "":
		state, style = "closed", diag.Red
	case h.Closed != "":
		state, style = "partly open", diag.Yellow
	}
	b.WriteString("\n")
	page.paintf(b, style, "%s is %s", direction, state)
	for _, r := range h.Reasons {
		printf(b, "  %s", strings.TrimPrefix(r.Pos+": "+r.Text, ": "))
	}
	if h.Missing != "" {
		page.paintf(b, diag.Bold, "  missing: %s", h.Missing)
	}
}
