//go:build linux

package packets

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// report is a table of what was seen, one row for each state of the cluster.
type report struct {
	rows   []string
	probed int
}

func (r *report) add(scenario, step string, want, seen matrix, verdict string, took *latency) {
	applied, effect := "", ""
	if took != nil {
		applied = fmt.Sprintf("%d ms", took.applied.Milliseconds())
		if took.effect > 0 {
			effect = fmt.Sprintf("%d ms", took.effect.Milliseconds())
		}
	}
	r.probed += len(seen)
	r.rows = append(r.rows, fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%s\t%s\t%s",
		scenario, step, len(want), want.count(true), seen.count(true), applied, effect, verdict))
}

func (r *report) write(w io.Writer, took time.Duration) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "SCENARIO\tSTEP\tFLOWS\tOPEN: EXPECTED\tSEEN\tAPPLIED IN\tIN EFFECT AFTER\tFLOW BY FLOW")
	fmt.Fprintln(tw, strings.Join(r.rows, "\n"))
	tw.Flush()
	fmt.Fprintf(w, "%d states of a cluster, %d flows probed, %.0f s\n", len(r.rows), r.probed, took.Seconds())
}
