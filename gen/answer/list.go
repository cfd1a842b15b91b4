package answer

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/inventory"
)

// Formats returns the formats of a listing, the default first.
func Formats() []Format { return []Format{"text", "json", "csv", "md"} }

// Listing is what `npgen list` shows.
type Listing struct {
	flows.Listing
	// All shows also what only pods of several selectors have, and what no policy speaks of.
	All bool
	// NotCounted is what could change the listing and is not in it.
	NotCounted []inventory.NotCounted
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
	var b bytes.Buffer
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "FROM\tTO\tPORTS")
	rows, mixed := l.shown()
	for _, r := range rows {
		fmt.Fprintf(tw, "%s\t%s\t%s\n", diag.Line(r.From), diag.Line(r.To), diag.Line(ports(r)))
	}
	_ = tw.Flush() // into memory
	if mixed > 0 {
		printf(&b, "%s", mixedText(mixed))
	}
	for _, p := range l.NotGoverned {
		printf(&b, "not governed, on the host network: %s", p)
	}
	if text := l.Resting(); text != "" {
		printf(&b, "%s", text)
	}
	_, err := w.Write(b.Bytes())
	return err
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

// jsonNotCounted is an inventory.NotCounted as JSON; without a namespace it may concern any.
type jsonNotCounted struct {
	Kind      string `json:"kind,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	At        string `json:"at"`
	Reason    string `json:"reason"`
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
	notCounted := make([]jsonNotCounted, len(l.NotCounted))
	for i, n := range l.NotCounted {
		notCounted[i] = jsonNotCounted{n.Kind, n.Namespace, n.Name, n.Pos.String(), n.Reason}
		if n.Everywhere {
			notCounted[i].Namespace = ""
		}
	}
	return writeJSON(w, struct {
		Flows       []jsonRow        `json:"flows"`
		NotGoverned []string         `json:"notGoverned"`
		NotCounted  []jsonNotCounted `json:"notCounted"`
		RestsOn     []string         `json:"restsOn,omitempty"`
	}{rows, notNil(l.NotGoverned), notCounted, unquoted(l.RestsOn)})
}

func (l Listing) csv(w io.Writer) error {
	out := csv.NewWriter(w)
	records := [][]string{{"from", "to", "ports"}}
	rows, _ := l.shown()
	for _, r := range rows {
		records = append(records, []string{diag.Line(r.From), diag.Line(r.To), diag.Line(ports(r))})
	}
	return out.WriteAll(records)
}

func (l Listing) markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| from | to | ports |\n| --- | --- | --- |\n")
	rows, mixed := l.shown()
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", code(r.From), code(r.To), code(ports(r)))
	}
	if mixed > 0 {
		fmt.Fprintf(&b, "\n%s\n", mixedText(mixed))
	}
	if len(l.NotGoverned) > 0 {
		fmt.Fprintf(&b, "\nNot governed, on the host network: %s\n", codes(l.NotGoverned))
	}
	if text := l.Resting(); text != "" {
		fmt.Fprintf(&b, "\n%s\n", upperFirst(text))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
