package answer

import (
	"bytes"
	"io"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/probe"
)

// Probe is what came out of a probe.
type Probe struct{ *probe.Report }

// ProbeEvent writes an event as a line of a time line.
func ProbeEvent(w io.Writer, e probe.Event) error {
	took := ""
	if e.Took > 0 {
		took = diag.Printable(durationText(e.Took))
	}
	return diag.Linef(w, "%6.1f s  %8s  %s", float64(e.At), took, e.What)
}

func durationText(s probe.Seconds) string {
	var b bytes.Buffer
	printf(&b, "+%.2f s", float64(s))
	return string(bytes.TrimSpace(b.Bytes()))
}

// WriteJSON writes the report as JSON.
func (p Probe) WriteJSON(w io.Writer) error { return writeJSON(w, p.Report) }

// WriteText writes what was proven and what not; the time line stands above it already.
func (p Probe) WriteText(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("\n")
	line := string(p.Verdict)
	if p.Why != "" {
		line += ": " + p.Why
	}
	printf(&b, "%s", line)
	for _, part := range []struct {
		title string
		items []string
	}{{"other than the policies say", p.Differing}, {"proven", p.Proven}, {"not proven", p.NotProven}, {"left, to be removed by hand", p.Left}} {
		if len(part.items) == 0 {
			continue
		}
		b.WriteString("\n")
		printf(&b, "%s:", part.title)
		for _, item := range part.items {
			printf(&b, "  %s", item)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
