package answer

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

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
	// Cluster is the one that every line names; "" is none.
	Cluster string
	// NotCounted is what could change the listing and is not in it.
	NotCounted []inventory.NotCounted
}

// Shown returns the rows that people read, and how many only pods of several selectors have.
func (l Listing) Shown() (rows []flows.Row, mixed int) {
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

// Ports returns the ports of a row as people read them.
func Ports(r flows.Row) string {
	var out []string
	if len(r.Ports) > 0 {
		out = append(out, r.Ports.String())
	}
	for _, n := range r.Names {
		out = append(out, n.Words())
	}
	return strings.Join(out, ",")
}

// Listings is the listings of several clusters, or of one.
type Listings []Listing

// Write writes the listings as one, in one of Formats. The page is that of text.
func (all Listings) Write(w io.Writer, format Format, page Page) error {
	switch format {
	case "text":
		return all.text(w, page)
	case "json":
		return all.json(w)
	case "csv":
		return all.csv(w)
	case "md":
		return all.markdown(w)
	}
	return fmt.Errorf("unknown format `%s`; the formats are text, json, csv and md", format)
}

// named reports whether rows say of which cluster they are.
func (all Listings) named() bool {
	return slices.ContainsFunc(all, func(l Listing) bool { return l.Cluster != "" })
}

// records returns rows of the listings below a head.
func (all Listings) records(of func(Listing) [][3]string, head ...string) [][]string {
	if all.named() {
		head = append([]string{inCase("cluster", head[0])}, head...)
	}
	out := [][]string{head}
	for _, l := range all {
		for _, r := range of(l) {
			record := r[:]
			if all.named() {
				record = append([]string{l.Cluster}, record...)
			}
			out = append(out, record)
		}
	}
	return out
}

// inCase returns a word in capitals where another one is.
func inCase(word, like string) string {
	if strings.ToUpper(like) == like {
		return strings.ToUpper(word)
	}
	return word
}

// in puts the cluster before what is said of it.
func (l Listing) in(text string) string { return inCluster(l.Cluster, text) }

// Resting says which `knownLabels` the listing rests on.
func (l Listing) Resting() string { return l.in(restingText(l.RestsOn, "more could be open")) }

// jsonRow is a flows.Row as JSON.
type jsonRow struct {
	Cluster string   `json:"cluster,omitempty"`
	From    string   `json:"from"`
	To      string   `json:"to"`
	Ports   []string `json:"ports"`
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
	Cluster   string `json:"cluster,omitempty"`
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

func (all Listings) json(w io.Writer) error {
	rows, notCounted, notGoverned, restsOn := []jsonRow{}, []jsonNotCounted{}, []string{}, []string(nil)
	for _, l := range all {
		for _, r := range l.Rows {
			rows = append(rows, jsonRow{l.Cluster, r.From, r.To, r.PortList(), setOf(r.FromSet), setOf(r.ToSet)})
		}
		for _, n := range l.NotCounted {
			out := jsonNotCounted{l.Cluster, n.Kind, n.Namespace, n.Name, n.Pos.String(), n.Reason}
			if n.Everywhere {
				out.Namespace = ""
			}
			notCounted = append(notCounted, out)
		}
		for _, p := range l.NotGoverned {
			notGoverned = append(notGoverned, l.in(p))
		}
		for _, text := range unquoted(l.RestsOn) {
			restsOn = append(restsOn, l.in(text))
		}
	}
	return writeJSON(w, struct {
		Flows       []jsonRow        `json:"flows"`
		NotGoverned []string         `json:"notGoverned"`
		NotCounted  []jsonNotCounted `json:"notCounted"`
		RestsOn     []string         `json:"restsOn,omitempty"`
	}{rows, notGoverned, notCounted, restsOn})
}

func (all Listings) csv(w io.Writer) error {
	records := all.records(Listing.rows, "from", "to", "ports")
	for _, record := range records {
		for i, cell := range record {
			record[i] = diag.Line(cell)
		}
	}
	return csv.NewWriter(w).WriteAll(records)
}

func (all Listings) markdown(w io.Writer) error {
	var b strings.Builder
	for i, record := range all.records(Listing.pairs, "from", "to", "ports") {
		for j, cell := range record {
			if i > 0 {
				record[j] = code(cell)
			}
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(record, " | "))
		if i == 0 {
			b.WriteString(strings.Repeat("| --- ", len(record)) + "|\n")
		}
	}
	for _, l := range all {
		if _, mixed := l.Shown(); mixed > 0 {
			fmt.Fprintf(&b, "\n%s\n", l.in(mixedText(mixed)))
		}
		for _, n := range l.coverage() {
			fmt.Fprintf(&b, "\n%s\n", l.in(upperFirst(n.text)+codes(n.names)))
		}
		if len(l.NotGoverned) > 0 {
			fmt.Fprintf(&b, "\n%s\n", l.in("Not governed, on the host network: "+codes(l.NotGoverned)))
		}
		if text := l.Resting(); text != "" {
			fmt.Fprintf(&b, "\n%s\n", upperFirst(text))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
