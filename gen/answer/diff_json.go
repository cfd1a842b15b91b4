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
		Opened     []jsonChange    `json:"opened"`
		Closed     []jsonChange    `json:"closed"`
		Changed    []jsonChange    `json:"changed"`
		Isolation  []jsonIsolation `json:"isolation"`
		Ungoverned []string        `json:"ungoverned"`
		Governed   []string        `json:"governed"`
	}{Isolation: []jsonIsolation{}, Ungoverned: notNil(c.Ungoverned), Governed: notNil(c.Governed)}
	for i, into := range []*[]jsonChange{&out.Opened, &out.Closed, &out.Changed} {
		*into = []jsonChange{}
		for _, line := range c.kinds()[i].lines {
			j := jsonChange{line.From, line.To, portList(line.Before), portList(line.After), []jsonException{}}
			for _, e := range line.Except {
				j.Except = append(j.Except, jsonException{e.From, e.To, portList(e.Before), portList(e.After)})
			}
			*into = append(*into, j)
		}
	}
	for _, i := range c.Isolation {
		out.Isolation = append(out.Isolation, jsonIsolation{i.Pods, i.Direction.String(), i.Isolated})
	}
	return writeJSON(w, out)
}

func portList(p sets.Ports) []string {
	if len(p) == 0 {
		return []string{}
	}
	return strings.Split(p.String(), ",")
}
