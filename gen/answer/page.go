package answer

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/npgen/npgen/gen/diag"
)

// Page says what a text is written on. The zero Page is a file or a pipe: a line for a row, whole, and no colors.
type Page struct {
	// Width is the columns of a terminal; 0 is no terminal.
	Width int
	Color bool
}

// shape is how a table looks: the columns between two cells, and whether the first row is a head.
type shape struct {
	gap     int
	hasHead bool
}

// mostPadded is the most columns that a cell is padded to where nothing limits a line: one long name moves no other row.
const mostPadded = 40

// least is the fewest columns that a cell of a table is divided into.
const least = 8

// table writes rows. On a terminal cells that are too wide go on in the next line,
// one column further in.
func (p Page) table(b *bytes.Buffer, rows [][]string, s shape) {
	widths := p.widths(rows, s.gap)
	for i, row := range rows {
		cells, lines := make([][]string, len(row)), 1
		for j, cell := range row {
			cells[j] = []string{cell}
			if p.Width > 0 {
				cells[j] = wrapped(cell, widths[j])
			}
			lines = max(lines, len(cells[j]))
		}
		for n := range lines {
			var line strings.Builder
			for j := range row {
				text := ""
				if n < len(cells[j]) {
					text = cells[j][n]
				}
				line.WriteString(text)
				if j+1 < len(row) {
					line.WriteString(strings.Repeat(" ", max(widths[j]-utf8.RuneCountInString(text), 0)+s.gap))
				}
			}
			text := strings.TrimRight(line.String(), " ")
			if i == 0 && s.hasHead {
				text = diag.Paint(p.Color, diag.Bold, text)
			}
			b.WriteString(text + "\n")
		}
	}
}

// widths returns the columns of each cell: as many as it needs, or what is left of the terminal, shared.
func (p Page) widths(rows [][]string, gap int) []int {
	var out []int
	for _, row := range rows {
		for j, cell := range row {
			if j == len(out) {
				out = append(out, 0)
			}
			if n := utf8.RuneCountInString(cell); p.Width > 0 || n <= mostPadded {
				out[j] = max(out[j], n)
			}
		}
	}
	for total := gap * (len(out) - 1); p.Width > 0; {
		sum, widest := total, 0
		for j, n := range out {
			sum += n
			if n > out[widest] {
				widest = j
			}
		}
		if sum <= p.Width || len(out) == 0 || out[widest] <= least {
			break
		}
		out[widest]--
	}
	return out
}

// wrapped divides text into lines of a width, at spaces and else behind marks in a word. Those below the first have a space
// before them.
func wrapped(text string, width int) []string {
	if utf8.RuneCountInString(text) <= width {
		return []string{text}
	}
	var out []string
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		switch {
		case line == "" || strings.TrimSpace(line) == "":
			line += word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			out = append(out, line)
			line = " " + word
		}
		for utf8.RuneCountInString(line) > width {
			at := breakAt(line, width)
			out = append(out, line[:at])
			line = " " + line[at:]
		}
	}
	return append(out, line)
}

// breakAt returns where a line is divided that is too wide.
func breakAt(line string, width int) int {
	most := 0
	for range max(width, 2) {
		_, n := utf8.DecodeRuneInString(line[most:])
		most += n
	}
	if at := strings.LastIndexAny(line[:most], "/,=-.:|") + 1; at > 1 {
		return at
	}
	return most
}

// lines writes a sentence, on a terminal in lines of its width.
func (p Page) lines(b *bytes.Buffer, text string) {
	text = diag.Line(text)
	if p.Width == 0 {
		b.WriteString(text + "\n")
		return
	}
	for _, line := range wrapped(text, p.Width) {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// paintf adds a line to a text, as printf does, in a style.
func (p Page) paintf(b *bytes.Buffer, style diag.Style, format string, args ...any) {
	b.WriteString(diag.Paint(p.Color, style, diag.Line(fmt.Sprintf(format, args...))) + "\n")
}
