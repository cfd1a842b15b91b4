package answer

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/npgen/npgen/gen/flows"
)

func (c Comparison) markdown(w io.Writer, options ComparisonOptions) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "**%s**\n", upperFirst(c.Summary()))
	for _, line := range c.absent() {
		fmt.Fprintf(&b, "\n⚠️ %s.\n", escapeMarkdown(line))
	}
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
			fmt.Fprintf(&b, "- isolation: %s\n", escapeMarkdown(n))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (k kind) markdown(b *bytes.Buffer, options ComparisonOptions) {
	if len(k.lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| %s | from | to | ports |\n| --- | --- | --- | --- |\n", k.name)
	lines, more := cut(k.lines, mostLines, options)
	for _, line := range lines {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", mark(k.name), markdownNames(line.From, options), markdownNames(line.To, options), markdownPorts(line, options))
	}
	if more > 0 {
		fmt.Fprintf(b, "\nand %d more lines; `npgen diff --all` shows them\n", more)
	}
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// mark is a sign that is seen before the line is read.
func mark(kind string) string {
	return map[string]string{"opened": "➕", "closed": "➖", "changed": "✳️"}[kind]
}

func markdownNames(all []string, options ComparisonOptions) string {
	return escapeMarkdown(names(all, options))
}

func markdownPorts(c flows.Change, options ComparisonOptions) string {
	out := strings.TrimLeft(portChange(c), ": ")
	exceptions, more := cut(c.Except, mostExceptions, options)
	for _, e := range exceptions {
		out += "; except " + exceptionText(e)
	}
	if more > 0 {
		out += fmt.Sprintf("; except %d more pairs", more)
	}
	if c.Witness != nil {
		out += "; such as " + c.Witness.Text()
	}
	return escapeMarkdown(out)
}
