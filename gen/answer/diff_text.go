package answer

import (
	"bytes"
	"io"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/sets"
)

func (c Comparison) text(w io.Writer, options ComparisonOptions) error {
	var b bytes.Buffer
	for _, side := range c.Absent {
		printf(&b, "%s %s", side, noPolicies)
	}
	for _, s := range c.sections() {
		indent := ""
		if s.title != "" {
			printf(&b, "%s:", s.title)
			indent = "  "
		}
		for _, k := range s.kinds {
			k.text(&b, indent, options)
		}
	}
	if notes := c.notes(); len(notes) > 0 {
		printf(&b, "isolation:")
		for _, n := range notes {
			printf(&b, "  %s", n)
		}
	}
	printf(&b, "%s", c.Summary())
	if text := c.resting(); text != "" {
		printf(&b, "%s", text)
	}
	c.ignoredText(&b)
	_, err := w.Write(b.Bytes())
	return err
}

// style is that of a kind of change on a terminal: what opens is what a reviewer must see.
func (k kind) style() diag.Style {
	switch k.name {
	case "opened":
		return diag.Red
	case "closed":
		return diag.Green
	}
	return diag.Yellow
}

func (k kind) text(b *bytes.Buffer, indent string, options ComparisonOptions) {
	if len(k.lines) == 0 {
		return
	}
	options.Page.paintf(b, k.style(), "%s%s:", indent, k.name)
	shown := k.shown(options)
	for _, line := range shown.lines {
		line.text(b, indent, k.style(), options)
	}
	if len(shown.targets) > 0 {
		printf(b, "%s  and for each target that opens further; `--all` shows every line:", indent)
	}
	for _, line := range shown.targets {
		line.text(b, indent+"  ", k.style(), options)
	}
	if shown.more > 0 {
		printf(b, "%s  and %d more lines; `--all` shows them", indent, shown.more)
	}
}

func (l line) text(b *bytes.Buffer, indent string, style diag.Style, options ComparisonOptions) {
	from, moreFrom := l.fromNames(options)
	to, moreTo := l.toNames(options)
	ports := portChange(l.Change)
	if l.ports != "" {
		ports = ":" + l.ports
	}
	options.Page.paintf(b, style, "%s  %s%s -> %s%s%s", indent, strings.Join(from, ", "), moreFrom, strings.Join(to, ", "), moreTo, ports)
	exceptions, more := cut(l.Except, mostExceptions, options)
	for _, e := range exceptions {
		printf(b, "%s    except %s", indent, exceptionText(e))
	}
	if more > 0 {
		printf(b, "%s    except %d more pairs", indent, more)
	}
	if l.Witness != nil {
		printf(b, "%s    such as %s", indent, l.Witness.Text())
	}
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

// ChangeWords returns the ports that a change opened or closed, or those before and after.
func ChangeWords(c flows.Change) string { return strings.TrimLeft(portChange(c), ": ") }

// ExceptionWords returns an exception of a change as people read it.
func ExceptionWords(e flows.Exception) string { return "except " + exceptionText(e) }

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
