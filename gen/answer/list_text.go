package answer

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
)

// text writes the listing for people. A file or pipe has a line for each pair; on a terminal pairs that are alike are one row,
// and of long labels those stand that tell the pods of the listing apart.
func (all Listings) text(w io.Writer, page Page) error {
	var b bytes.Buffer
	rows := [][]string{{"FROM", "TO", "PORTS"}}
	isShort := false
	if page.Width == 0 {
		rows = all.records(Listing.pairs, rows[0]...)
	} else {
		short := shortNames(all.names())
		isShort = len(short) > 0
		for _, l := range all {
			rows = append(rows, l.folded(short, all.named())...)
		}
		if all.named() {
			rows[0] = append([]string{"CLUSTER"}, rows[0]...)
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = diag.Line(cell)
		}
	}
	page.table(&b, rows, shape{gap: 2, hasHead: true})
	if isShort {
		page.lines(&b, "`…` stands for further labels that the pods have; a pipe and `--format` show them")
	}
	for _, l := range all {
		for _, n := range l.coverage() {
			page.lines(&b, l.in(n.text+strings.Join(n.names, ", ")))
		}
		for _, note := range l.Notes() {
			page.lines(&b, note)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Notes says what no row does: how many rows are not shown, what policies do not govern, and what the listing rests on.
func (l Listing) Notes() []string {
	var out []string
	if _, mixed := l.Shown(); mixed > 0 {
		out = append(out, l.in(mixedText(mixed)))
	}
	for _, p := range l.NotGoverned {
		out = append(out, l.in("not governed, on the host network: "+p))
	}
	if text := l.Resting(); text != "" {
		out = append(out, text)
	}
	return out
}

// note is a sentence that ends with names.
type note struct {
	text  string
	names []string
}

// coverage says which workloads policies isolate, and which ones nobody reaches.
func (l Listing) coverage() []note {
	c := l.Coverage
	if c == nil || c.Workloads == 0 {
		return nil
	}
	of := "of 1 workload"
	if c.Workloads > 1 {
		of = fmt.Sprintf("of %d workloads", c.Workloads)
	}
	out := []note{{text: fmt.Sprintf("%s policies isolate %d for ingress, %d for egress", of, c.Isolated[graph.Ingress], c.Isolated[graph.Egress])}}
	for _, d := range graph.AllDirections() {
		if names := c.Open[d]; len(names) > 0 && len(names) < c.Workloads {
			out = append(out, note{fmt.Sprintf("not isolated for %s: ", d), names})
		}
	}
	if len(c.Unreached) > 0 {
		out = append(out, note{"reachable by nobody: ", c.Unreached})
	}
	return out
}

// folded returns the rows as `npgen diff` joins lines: each holds for every pair of its sources and targets.
func (l Listing) folded(short map[string]string, isNamed bool) [][]string {
	var changes []flows.Change
	for _, r := range l.pairs() {
		changes = append(changes, flows.Change{From: []string{r[0]}, To: []string{r[1]}, Name: r[2]})
	}
	changes = flows.Grouped(changes)
	slices.SortStableFunc(changes, func(a, b flows.Change) int {
		return cmp.Or(slices.Compare(a.From, b.From), slices.Compare(a.To, b.To))
	})
	var out [][]string
	for _, c := range changes {
		row := []string{inShort(c.From, short), inShort(c.To, short), c.Name}
		if isNamed {
			row = append([]string{l.Cluster}, row...)
		}
		out = append(out, row)
	}
	return out
}

// rows returns the rows that people read: from, to, ports.
func (l Listing) rows() [][3]string {
	rows, _ := l.Shown()
	out := make([][3]string, len(rows))
	for i, r := range rows {
		out[i] = [3]string{r.From, r.To, Ports(r)}
	}
	return out
}

// pairs returns rows, with those of the same ends as one.
func (l Listing) pairs() [][3]string {
	at := map[[2]string]int{}
	var out [][3]string
	for _, r := range l.rows() {
		ends := [2]string{r[0], r[1]}
		if i, known := at[ends]; known {
			out[i][2] += "," + r[2]
			continue
		}
		at[ends] = len(out)
		out = append(out, r)
	}
	return out
}

// names returns the names of all ends that people read.
func (all Listings) names() []string {
	var out []string
	for _, l := range all {
		rows, _ := l.Shown()
		for _, r := range rows {
			out = append(out, r.From, r.To)
		}
	}
	return out
}
