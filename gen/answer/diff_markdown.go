package answer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// ErrNotAll says that a limit left no place for a line for each target that opens.
var ErrNotAll = errors.New("not all that opens is shown")

// markdown writes the comparison in as many characters as the options have place for.
func (c Comparison) markdown(w io.Writer, options ComparisonOptions) error {
	text := c.sectionsMarkdown(options)
	var missing error
	if options.Fit > 0 && utf8.RuneCount(text) > options.Fit {
		text, missing = c.brief(options.Fit)
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	return missing
}

// sectionsMarkdown returns the comparison as tables, one for each kind.
func (c Comparison) sectionsMarkdown(options ComparisonOptions) []byte {
	var b bytes.Buffer
	c.head(&b)
	for _, section := range c.sections() {
		if section.title != "" {
			fmt.Fprintf(&b, "\n%s:\n", upperFirst(section.title))
		}
		for _, k := range section.kinds {
			k.markdown(&b, options)
		}
	}
	if notes := c.notes(); len(notes) > 0 {
		b.WriteString("\n")
		for _, n := range notes {
			fmt.Fprintf(&b, "- isolation: %s\n", code(n))
		}
	}
	if text := c.resting(); text != "" {
		fmt.Fprintf(&b, "\n%s\n", upperFirst(text))
	}
	return b.Bytes()
}

// head writes what stands before all else, whatever is cut.
func (c Comparison) head(b *bytes.Buffer) {
	fmt.Fprintf(b, "**%s**\n", upperFirst(c.Summary()))
	for _, side := range c.Absent {
		fmt.Fprintf(b, "\n⚠️ %s %s.\n", code(side), noPolicies)
	}
	c.ignoredMarkdown(b)
}

func (k kind) markdown(b *bytes.Buffer, options ComparisonOptions) {
	if len(k.lines) == 0 {
		return
	}
	shown := k.shown(options)
	header(b, k.name)
	for _, line := range shown.lines {
		line.markdown(b, mark(k.name), options)
	}
	if len(shown.targets) > 0 {
		b.WriteString("\nand for each target that opens further; `npgen diff --all` shows every line:\n")
		header(b, k.name)
	}
	for _, line := range shown.targets {
		line.markdown(b, mark(k.name), options)
	}
	if shown.more > 0 {
		fmt.Fprintf(b, "\nand %d more lines; `npgen diff --all` shows them\n", shown.more)
	}
}

func header(b *bytes.Buffer, name string) {
	fmt.Fprintf(b, "\n| %s | from | to | ports |\n| --- | --- | --- | --- |\n", name)
}

func (l line) markdown(b *bytes.Buffer, mark string, options ComparisonOptions) {
	from, moreFrom := l.fromNames(options)
	to, moreTo := l.toNames(options)
	fmt.Fprintf(b, "| %s | %s%s | %s%s | %s |\n", mark, codes(from), moreFrom, codes(to), moreTo, l.markdownPorts(options))
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// mark is a sign that is seen before the line is read.
func mark(kind string) string {
	return map[string]string{"opened": "➕", "closed": "➖", "changed": "✳️"}[kind]
}

func (l line) markdownPorts(options ComparisonOptions) string {
	out := code(l.portText())
	exceptions, more := cut(l.Except, mostExceptions, options)
	for _, e := range exceptions {
		out += "; except " + code(exceptionText(e))
	}
	if more > 0 {
		out += fmt.Sprintf("; except %d more pairs", more)
	}
	if l.Witness != nil {
		out += "; such as " + code(l.Witness.Text())
	}
	return out
}
