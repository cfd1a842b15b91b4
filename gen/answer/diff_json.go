package answer

import (
	"io"
	"strings"

	"github.com/npgen/npgen/gen/sets"
)

// jsonChange is a flows.Change as JSON.
type jsonChange struct {
	From   []string        `json:"from"`
	To     []string        `json:"to"`
	Before []string        `json:"before"`
	After  []string        `json:"after"`
	Except []jsonException `json:"except"`
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
	Pods      string `json:"pods"`
	Direction string `json:"direction"`
	Isolated  bool   `json:"isolated"`
}

func (c Comparison) json(w io.Writer) error {
	out := struct {
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
	}{Ignored: c.ignoredJSON(), Absent: notNil(c.Absent), RestsOn: unquoted(c.RestsOn), Isolation: []jsonIsolation{}, Ungoverned: notNil(c.Ungoverned), Governed: notNil(c.Governed)}
	for i, into := range []*[]jsonChange{&out.Opened, &out.Closed, &out.Changed} {
		*into = []jsonChange{}
		for _, line := range c.kinds()[i].lines {
			j := jsonChange{
				From: line.From, To: line.To, Before: portsOrName(line.Before, line.Name), After: portsOrName(line.After, line.Name),
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
		out.Isolation = append(out.Isolation, jsonIsolation{i.Pods, i.Direction.String(), i.Isolated})
	}
	return writeJSON(w, out)
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
