package reach

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

func (c Comparison) text(w io.Writer, options ComparisonOptions) error {
	var b bytes.Buffer
	for _, k := range c.kinds() {
		if len(k.lines) > 0 {
			fmt.Fprintf(&b, "%s:\n", k.name)
		}
		lines, more := cut(k.lines, mostLines, options)
		for _, line := range lines {
			fmt.Fprintf(&b, "  %s\n", line.text(options))
			exceptions, moreExceptions := cut(line.Except, mostExceptions, options)
			for _, e := range exceptions {
				fmt.Fprintf(&b, "    except %s\n", e.text())
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

func (c Change) text(options ComparisonOptions) string {
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

// portsText returns ports in the shorter of two forms: one after the other, or all but some.
func portsText(p Ports) string {
	lacks := AllPorts().Minus(p)
	if has, but := p.String(), "* except "+lacks.String(); len(lacks) > 0 && len(but) < len(has) {
		return but
	}
	return p.String()
}

// portChange returns the ports that opened or closed, or those before and after.
func portChange(before, after Ports) string {
	switch {
	case len(before) == 0:
		return ":" + portsText(after)
	case len(after) == 0:
		return ":" + portsText(before)
	}
	out := ": " + portsText(before) + " becomes " + portsText(after)
	if opened := after.Minus(before); len(opened) > 0 && len(portsText(opened)) < len(portsText(after)) {
		out += ", which opens " + portsText(opened)
	}
	return out
}

func (e Exception) text() string {
	ends := e.From + " -> " + e.To
	switch {
	case e.Before.Equal(e.After) && len(e.After) == 0:
		return ends + ", which stays closed"
	case e.Before.Equal(e.After):
		return ends + ", which keeps " + portsText(e.After)
	case len(e.Before) == 0:
		return ends + ", which opens " + portsText(e.After)
	case len(e.After) == 0:
		return ends + ", which closes " + portsText(e.Before)
	}
	return ends + ", where " + portsText(e.Before) + " becomes " + portsText(e.After)
}
