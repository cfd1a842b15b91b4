package answer

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/npgen/npgen/gen/flows"
)

// Formats returns the formats of a listing, the default first.
func Formats() []Format { return []Format{"text", "json", "csv", "md"} }

// Listing is what `npgen list` shows.
type Listing struct {
	Rows []flows.Row
	// NotGoverned is the host-network pods.
	NotGoverned []string
}

// Write writes the listing in one of Formats.
func (l Listing) Write(w io.Writer, format Format) error {
	switch format {
	case "text":
		return l.text(w)
	case "json":
		return l.json(w)
	case "csv":
		return l.csv(w)
	case "md":
		return l.markdown(w)
	}
	return fmt.Errorf("unknown format `%s`; the formats are text, json, csv and md", format)
}

func (l Listing) text(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "FROM\tTO\tPORTS")
	for _, r := range l.Rows {
		fmt.Fprintf(tw, "%s\t%s\t%s\n", r.From, r.To, r.Ports)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, p := range l.NotGoverned {
		if _, err := fmt.Fprintf(w, "not governed, on the host network: %s\n", p); err != nil {
			return err
		}
	}
	return nil
}

// jsonRow is a flows.Row as JSON.
type jsonRow struct {
	From  string   `json:"from"`
	To    string   `json:"to"`
	Ports []string `json:"ports"`
}

func (l Listing) json(w io.Writer) error {
	rows := make([]jsonRow, len(l.Rows))
	for i, r := range l.Rows {
		rows[i] = jsonRow{r.From, r.To, portList(r.Ports)}
	}
	return writeJSON(w, struct {
		Flows       []jsonRow `json:"flows"`
		NotGoverned []string  `json:"notGoverned"`
	}{rows, notNil(l.NotGoverned)})
}

func (l Listing) csv(w io.Writer) error {
	out := csv.NewWriter(w)
	records := [][]string{{"from", "to", "ports"}}
	for _, r := range l.Rows {
		records = append(records, []string{r.From, r.To, r.Ports.String()})
	}
	return out.WriteAll(records)
}

func (l Listing) markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| from | to | ports |\n| --- | --- | --- |\n")
	for _, r := range l.Rows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", escapeMarkdown(r.From), escapeMarkdown(r.To), escapeMarkdown(r.Ports.String()))
	}
	if len(l.NotGoverned) > 0 {
		fmt.Fprintf(&b, "\nNot governed, on the host network: %s\n", escapeMarkdown(strings.Join(l.NotGoverned, ", ")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
