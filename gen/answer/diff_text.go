package answer

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/sets"
)

func (c Comparison) text(w io.Writer, options ComparisonOptions) error {
	var b bytes.Buffer
	for _, line := range c.absent() {
		fmt.Fprintln(&b, line)
	}
	for _, s := range c.sections() {
		indent := ""
		if s.title != "" {
			fmt.Fprintf(&b, "%s:\n", s.title)
			indent = "  "
		}
		for _, k := range s.kinds {
			k.text(&b, indent, options)
		}
	}
	if notes := c.notes(); len(notes) > 0 {
		fmt.Fprintf(&b, "isolation:\n")
		for _, n := range notes {
			fmt.Fprintf(&b, "  %s\n", n)
		}
	}
	fmt.Fprintln(&b, c.Summary())
	_, err := w.Write(b.Bytes())
	return err
}

func (k kind) text(b *bytes.Buffer, indent string, options ComparisonOptions) {
	if len(k.lines) > 0 {
		fmt.Fprintf(b, "%s%s:\n", indent, k.name)
	}
	lines, more := cut(k.lines, mostLines, options)
	for _, line := range lines {
		fmt.Fprintf(b, "%s  %s\n", indent, changeText(line, options))
		exceptions, moreExceptions := cut(line.Except, mostExceptions, options)
		for _, e := range exceptions {
			fmt.Fprintf(b, "%s    except %s\n", indent, exceptionText(e))
		}
		if moreExceptions > 0 {
			fmt.Fprintf(b, "%s    except %d more pairs\n", indent, moreExceptions)
		}
		if line.Witness != nil {
			fmt.Fprintf(b, "%s    such as %s\n", indent, line.Witness.Text())
		}
	}
	if more > 0 {
		fmt.Fprintf(b, "%s  and %d more lines; `--all` shows them\n", indent, more)
	}
}

// cut returns what is shown of a list, and how many are not. It never hides a single one.
func cut[T any](list []T, most int, options ComparisonOptions) ([]T, int) {
	if options.All || len(list) <= most+1 {
		return list, 0
	}
	return list[:most], len(list) - most
}

func changeText(c flows.Change, options ComparisonOptions) string {
	return names(c.From, options) + " -> " + names(c.To, options) + portChange(c)
}

func names(all []string, options ComparisonOptions) string {
	shown, more := cut(all, mostNames, options)
	out := strings.Join(shown, ", ")
	if more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}

// portChange returns the ports that opened or closed, or those before and after.
func portChange(c flows.Change) string {
	before, after := portWords(c.Before, c.Name), portWords(c.After, c.Name)
	switch {
	case c.At[0] != "":
		return ": " + before + " at " + c.At[0] + " becomes " + after + " at " + c.At[1]
	case len(c.Before) == 0:
		return ":" + after
	case len(c.After) == 0:
		return ":" + before
	}
	out := ": " + before + " becomes " + after
	if opened := c.Opened(); len(opened) > 0 && len(opened.Words()) < len(after) {
		out += ", which opens " + opened.Words()
	}
	return out
}

// portWords returns ports in words, or the name of one where all is of a name.
func portWords(p sets.Ports, name string) string {
	if name != "" && !p.IsEmpty() {
		return name
	}
	return p.Words()
}

func exceptionText(e flows.Exception) string {
	ends := e.From + " -> " + e.To
	switch {
	case e.Before.Equal(e.After) && len(e.After) == 0:
		return ends + ", which stays closed"
	case e.Before.Equal(e.After):
		return ends + ", which keeps " + portWords(e.After, e.Name)
	case len(e.Before) == 0:
		return ends + ", which opens " + portWords(e.After, e.Name)
	case len(e.After) == 0:
		return ends + ", which closes " + portWords(e.Before, e.Name)
	}
	return ends + ", where " + portWords(e.Before, e.Name) + " becomes " + portWords(e.After, e.Name)
}
