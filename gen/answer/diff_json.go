package answer

import (
	"io"
	"strings"

	"github.com/npgen/npgen/gen/sets"
)

// jsonChange is a flows.Change as JSON.
type jsonChange struct {
	Cluster string          `json:"cluster,omitempty"`
	From    []string        `json:"from"`
	To      []string        `json:"to"`
	Before  []string        `json:"before"`
	After   []string        `json:"after"`
	Except  []jsonException `json:"except"`
	// Addresses is those that a name stood for before and stands for after, where they are others.
	Addresses *[2]string `json:"addresses,omitempty"`
	// Undeclared says that the change concerns only pods which nothing declares; Witness is one flow of it.
	Undeclared bool         `json:"undeclared,omitempty"`
	Witness    *jsonWitness `json:"witness,omitempty"`
}

type jsonException struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	Before []string `json:"before"`
	After  []string `json:"after"`
}

type jsonIsolation struct {
	Cluster   string `json:"cluster,omitempty"`
	Pods      string `json:"pods"`
	Direction string `json:"direction"`
	Isolated  bool   `json:"isolated"`
}

// jsonComparison is a Comparison as JSON.
type jsonComparison struct {
	// Absent is the sides that have nothing at the path, and so no policies.
	Absent     []string        `json:"absent"`
	Opened     []jsonChange    `json:"opened"`
	Closed     []jsonChange    `json:"closed"`
	Changed    []jsonChange    `json:"changed"`
	Isolation  []jsonIsolation `json:"isolation"`
	Ungoverned []string        `json:"ungoverned"`
	Governed   []string        `json:"governed"`
	RestsOn    []string        `json:"restsOn,omitempty"`
	Ignored    []jsonIgnored   `json:"ignored,omitempty"`
}

func (all Comparisons) json(w io.Writer) error {
	out := jsonComparison{
		Absent: []string{}, Opened: []jsonChange{}, Closed: []jsonChange{}, Changed: []jsonChange{},
		Isolation: []jsonIsolation{}, Ungoverned: []string{}, Governed: []string{},
	}
	for _, c := range all {
		c.addTo(&out)
	}
	return writeJSON(w, out)
}

func (c Comparison) addTo(out *jsonComparison) {
	out.Absent = append(out.Absent, c.in(c.Absent)...)
	out.Ungoverned = append(out.Ungoverned, c.in(c.Ungoverned)...)
	out.Governed = append(out.Governed, c.in(c.Governed)...)
	out.RestsOn = append(out.RestsOn, c.in(unquoted(c.RestsOn))...)
	out.Ignored = append(out.Ignored, c.ignoredJSON()...)
	for i, into := range []*[]jsonChange{&out.Opened, &out.Closed, &out.Changed} {
		for _, line := range c.kinds()[i].lines {
			j := jsonChange{
				Cluster: c.Cluster, From: line.From, To: line.To, Before: portsOrName(line.Before, line.Name), After: portsOrName(line.After, line.Name),
				Except: []jsonException{}, Undeclared: line.Undeclared, Witness: witnessOf(line.Witness),
			}
			if line.At[0] != "" {
				j.Addresses = &line.At
			}
			for _, e := range line.Except {
				j.Except = append(j.Except, jsonException{e.From, e.To, portsOrName(e.Before, e.Name), portsOrName(e.After, e.Name)})
			}
			*into = append(*into, j)
		}
	}
	for _, i := range c.Isolation {
		out.Isolation = append(out.Isolation, jsonIsolation{c.Cluster, i.Pods, i.Direction.String(), i.Isolated})
	}
}

// portsOrName returns ports, or the name of one where the change is of a name.
func portsOrName(p sets.Ports, name string) []string {
	if name != "" && !p.IsEmpty() {
		return []string{name}
	}
	return portList(p)
}

func portList(p sets.Ports) []string {
	if len(p) == 0 {
		return []string{}
	}
	return strings.Split(p.String(), ",")
}
