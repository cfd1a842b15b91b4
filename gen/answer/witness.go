package answer

import (
	"github.com/npgen/npgen/gen/sets"
)

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
