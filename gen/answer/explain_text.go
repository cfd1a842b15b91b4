package answer

import (
	"bytes"
	"fmt"
	"strings"
	"text/tabwriter"

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
func (x Explanation) Text() string {
	var b bytes.Buffer
	if len(x.Groups) > 1 {
		printf(&b, "%s: %s", x.Verdict, x.Question)
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
		g.text(&b)
	}
	for i, n := range x.Notes {
		if i == 0 {
			b.WriteString("\n")
		}
		printf(&b, "note: %s", n)
	}
	return b.String()
}

func (g Group) text(b *bytes.Buffer) {
	for i, p := range g.Pairs {
		if i == mostPairs && len(g.Pairs) > mostPairs+1 {
			printf(b, "%s: %d more pairs", g.Verdict, len(g.Pairs)-i)
			break
		}
		printf(b, "%s: %s", g.Verdict, p)
	}
	if g.Hypothetical {
		printf(b, "there is no pod with just these labels; this is what policies would say of one")
	}
	if g.Verdict == flows.Partly {
		printf(b, "allowed on %s only", g.Open)
	}
	b.WriteString("\n")
	tw := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	fmt.Fprintf(tw, "\tegress of %s\tingress of %s\n", diag.Line(g.Egress.Of), diag.Line(g.Ingress.Of))
	fmt.Fprintf(tw, "isolated\t%s\t%s\n", g.Egress.isolation(), g.Ingress.isolation())
	fmt.Fprintf(tw, "open\t%s\t%s\n", orNothing(g.Egress.Open), orNothing(g.Ingress.Open))
	fmt.Fprintf(tw, "closed\t%s\t%s\n", orNothing(g.Egress.Closed), orNothing(g.Ingress.Closed))
	_ = tw.Flush() // into memory
	g.Egress.text(b, "egress")
	g.Ingress.text(b, "ingress")
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

func (h Half) text(b *bytes.Buffer, direction string) {
	state := "open"
	switch {
	case h.Open == "":
		state = "closed"
	case h.Closed != "":
		state = "partly open"
	}
	b.WriteString("\n")
	printf(b, "%s is %s", direction, state)
	for _, r := range h.Reasons {
		printf(b, "  %s", strings.TrimPrefix(r.Pos+": "+r.Text, ": "))
	}
	if h.Missing != "" {
		printf(b, "  missing: %s", h.Missing)
	}
}
