package answer

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/flows"
)

// Formats returns the formats of a listing, the default first.
func Formats() []Format { return []Format{"text", "json", "csv", "md"} }

// Listing is what `npgen list` shows.
type Listing struct {
	flows.Listing
	// All shows also what only pods of several selectors have, and what no policy speaks of.
	All bool
}

// shown returns the rows that people read, and how many only pods of several selectors have.
func (l Listing) shown() (rows []flows.Row, mixed int) {
	if l.All {
		return l.Rows, 0
	}
	for _, r := range l.Rows {
		switch {
		case r.Mixed:
			mixed++
		case !r.Ungoverned:
			rows = append(rows, r)
		}
	}
	return rows, mixed
}

// mixedText says what is not shown.
func mixedText(n int) string {
	if n == 1 {
		return "1 more row is about pods that several selectors select together; `--all` shows it"
	}
	return fmt.Sprintf("%d more rows are about pods that several selectors select together; `--all` shows them", n)
}

// ports returns the ports of a row as people read them.
func ports(r flows.Row) string {
	var out []string
	if len(r.Ports) > 0 {
		out = append(out, r.Ports.String())
	}
	for _, n := range r.Names {
		out = append(out, n.Words())
	}
	return strings.Join(out, ",")
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
	rows, mixed := l.shown()
	for _, r := range rows {
		fmt.Fprintf(tw, "%s\t%s\t%s\n", r.From, r.To, ports(r))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if mixed > 0 {
		if _, err := fmt.Fprintln(w, mixedText(mixed)); err != nil {
			return err
		}
	}
	for _, p := range l.NotGoverned {
		if _, err := fmt.Fprintf(w, "not governed, on the host network: %s\n", p); err != nil {
			return err
		}
	}
	if text := l.Resting(); text != "" {
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
	return nil
}

// Resting says which `knownLabels` the listing rests on.
func (l Listing) Resting() string { return restingText(l.RestsOn, "more could be open") }

// jsonRow is a flows.Row as JSON.
type jsonRow struct {
	From  string   `json:"from"`
	To    string   `json:"to"`
	Ports []string `json:"ports"`
	// FromSet and ToSet are the ends as sets: the row holds for every pod and address of both.
	FromSet jsonSet `json:"fromSet"`
	ToSet   jsonSet `json:"toSet"`
}

// jsonSet is a flows.Set as JSON.
type jsonSet struct {
	Pods      []jsonSelection `json:"pods,omitempty"`
	Except    []jsonSelection `json:"except,omitempty"`
	Addresses []string        `json:"addresses,omitempty"`
}

type jsonSelection struct {
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector"`
	PodSelector       *metav1.LabelSelector `json:"podSelector"`
}

func setOf(s flows.Set) jsonSet {
	selections := func(all []flows.Selection) []jsonSelection {
		var out []jsonSelection
		for _, x := range all {
			out = append(out, jsonSelection{x.Namespaces, x.Pods})
		}
		return out
	}
	out := jsonSet{Pods: selections(s.Pods), Except: selections(s.Except)}
	for _, p := range s.Addresses.Prefixes() {
		out.Addresses = append(out.Addresses, p.String())
	}
	return out
}

func (l Listing) json(w io.Writer) error {
	rows := make([]jsonRow, len(l.Rows))
	for i, r := range l.Rows {
		rows[i] = jsonRow{r.From, r.To, r.PortList(), setOf(r.FromSet), setOf(r.ToSet)}
	}
	return writeJSON(w, struct {
		Flows       []jsonRow `json:"flows"`
		NotGoverned []string  `json:"notGoverned"`
		NotCounted  []string  `json:"notCounted"`
		RestsOn     []string  `json:"restsOn,omitempty"`
	}{rows, notNil(l.NotGoverned), []string{}, unquoted(l.RestsOn)})
}

func (l Listing) csv(w io.Writer) error {
	out := csv.NewWriter(w)
	records := [][]string{{"from", "to", "ports"}}
	rows, _ := l.shown()
	for _, r := range rows {
		records = append(records, []string{r.From, r.To, ports(r)})
	}
	return out.WriteAll(records)
}

func (l Listing) markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| from | to | ports |\n| --- | --- | --- |\n")
	rows, mixed := l.shown()
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", escapeMarkdown(r.From), escapeMarkdown(r.To), escapeMarkdown(ports(r)))
	}
	if mixed > 0 {
		fmt.Fprintf(&b, "\n%s\n", mixedText(mixed))
	}
	if len(l.NotGoverned) > 0 {
		fmt.Fprintf(&b, "\nNot governed, on the host network: %s\n", escapeMarkdown(strings.Join(l.NotGoverned, ", ")))
	}
	if text := l.Resting(); text != "" {
		fmt.Fprintf(&b, "\n%s\n", upperFirst(text))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
