package answer

import (
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/sets"
)

// WitnessText returns a flow as `npgen explain` is asked about it: pods by their labels, addresses, and one port. The
// labels that a namespace would have stand behind it.
func WitnessText(w *sets.Witness) string {
	out := endText(w.From) + " -> " + endText(w.To) + ":" + w.Port.String()
	var where []string
	for _, e := range []sets.End{w.From, w.To} {
		if text := labelsText(e.NamespaceLabels); text != "" {
			where = append(where, "namespace "+e.Namespace+" has "+text)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.To.Ports)) {
		where = append(where, "it calls that port "+strings.TrimSuffix(name, "/tcp"))
	}
	if len(where) > 0 {
		out += ", where " + strings.Join(slices.Compact(where), " and ")
	}
	return out
}

func endText(e sets.End) string {
	if e.Address.IsValid() {
		if e.Address.Is6() {
			return "[" + e.Address.String() + "]"
		}
		return e.Address.String()
	}
	return e.Namespace + "/{" + labelsText(e.Labels) + "}"
}

// labelsText returns labels as a question holds them.
func labelsText(labels map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, k+"="+labels[k])
	}
	return strings.Join(out, ",")
}

// jsonWitness is one flow as JSON.
type jsonWitness struct {
	From jsonEnd `json:"from"`
	To   jsonEnd `json:"to"`
	Port string  `json:"port"`
}

type jsonEnd struct {
	Namespace       string            `json:"namespace,omitempty"`
	NamespaceLabels map[string]string `json:"namespaceLabels,omitempty"`
	Labels          map[string]string `json:"labels,omitempty"`
	Ports           map[string]int    `json:"ports,omitempty"`
	Address         string            `json:"address,omitempty"`
}

func witnessOf(w *sets.Witness) *jsonWitness {
	if w == nil {
		return nil
	}
	port := w.Port.String()
	if port == "other protocols" {
		port = "other"
	}
	return &jsonWitness{From: endOf(w.From), To: endOf(w.To), Port: port}
}

func endOf(e sets.End) jsonEnd {
	if e.Address.IsValid() {
		return jsonEnd{Address: e.Address.String()}
	}
	return jsonEnd{Namespace: e.Namespace, NamespaceLabels: e.NamespaceLabels, Labels: e.Labels, Ports: e.Ports}
}
