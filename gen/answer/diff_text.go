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
	for _, k := range c.kinds() {
		if len(k.lines) > 0 {
			fmt.Fprintf(&b, "%s:\n", k.name)
		}
		lines, more := cut(k.lines, mostLines, options)
		for _, line := range lines {
			fmt.Fprintf(&b, "  %s\n", changeText(line, options))
			exceptions, moreExceptions := cut(line.Except, mostExceptions, options)
			for _, e := range exceptions {
				fmt.Fprintf(&b, "    except %s\n", exceptionText(e))
			}
			if moreExceptions > 0 {
				fmt.Fprintf(&b, "    except %d more pairs\n", moreExceptions)
			}
		}
		if more > 0 {
			fmt.Fprintf(&b, "  and %d more lines; `--all` shows them\n", more)
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

// cut returns what is shown of a list, and how many are not. It never hides a single one.
func cut[T any](list []T, most int, options ComparisonOptions) ([]T, int) {
	if options.All || len(list) <= most+1 {
		return list, 0
	}
	return list[:most], len(list) - most
}

func changeText(c flows.Change, options ComparisonOptions) string {
	return names(c.From, options) + " -> " + names(c.To, options) + portChange(c.Before, c.After)
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
func portChange(before, after sets.Ports) string {
	switch {
	case len(before) == 0:
		return ":" + after.Words()
	case len(after) == 0:
		return ":" + before.Words()
	}
	out := ": " + before.Words() + " becomes " + after.Words()
	if opened := after.Minus(before); len(opened) > 0 && len(opened.Words()) < len(after.Words()) {
		out += ", which opens " + opened.Words()
	}
	return out
}

func exceptionText(e flows.Exception) string {
	ends := e.From + " -> " + e.To
	switch {
	case e.Before.Equal(e.After) && len(e.After) == 0:
		return ends + ", which stays closed"
	case e.Before.Equal(e.After):
		return ends + ", which keeps " + e.After.Words()
	case len(e.Before) == 0:
		return ends + ", which opens " + e.After.Words()
	case len(e.After) == 0:
		return ends + ", which closes " + e.Before.Words()
	}
	return ends + ", where " + e.Before.Words() + " becomes " + e.After.Words()
}
