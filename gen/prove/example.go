package prove

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/sets"
)

// flowText returns a flow as an example: "a pod {app: web} of namespace shop to 10.1.2.3:443".
func flowText(w sets.Witness) string {
	text := endText(w.From) + " to " + endText(w.To)
	if port, named := w.Port.Example(), slices.Sorted(maps.Keys(w.To.Ports)); len(named) > 0 {
		text += fmt.Sprintf(":%s, which it calls %s", port, strings.Join(named, " and "))
	} else if port[0] >= '0' && port[0] <= '9' {
		text += ":" + port
	} else {
		text += " by " + port
	}
	return text
}

func endText(e sets.End) string {
	if e.Address.IsValid() {
		return e.Text()
	}
	text := "a pod " + labelsText(e.Labels) + " of namespace " + e.Namespace
	if len(e.NamespaceLabels) > 0 {
		text += " " + labelsText(e.NamespaceLabels)
	}
	return text
}

func labelsText(labels map[string]string) string {
	parts := make([]string, 0, len(labels))
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, k+": "+labels[k])
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
