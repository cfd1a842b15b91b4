package prove

import (
	"slices"
	"strings"

	cilium "github.com/npgen/npgen/gen/dialect/cilium/read"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
)

// origin is where something comes from: a policy, an edge, a namespace or workload that is isolated, or several. It becomes text
// only where a proof fails.
type origin struct{ of any }

// dnsOf is the origin of the DNS of a workload. The workload is nil where a whole namespace has the DNS.
type dnsOf struct{ workload *graph.Workload }

func (o origin) String() string {
	switch of := o.of.(type) {
	case *rule.Policy:
		return of.Name
	case *cilium.Meaning:
		return of.Name
	case *graph.Edge:
		return of.Decl.Pos.String() + " `" + of.Decl.Text + "`"
	case *graph.Namespace:
		return "namespace " + of.Name
	case *graph.Workload:
		return "workload " + of.Name
	case origins:
		return of.String()
	case dnsOf:
		if of.workload != nil {
			return "DNS of " + of.workload.Name
		}
	}
	return "dns: auto"
}

type origins []origin

func (o origins) String() string {
	texts := make([]string, len(o))
	for i := range o {
		texts[i] = o[i].String()
	}
	slices.Sort(texts)
	sorted := slices.Compact(texts)
	const most = 3
	if len(sorted) > most {
		sorted = append(sorted[:most:most], "...")
	}
	return strings.Join(sorted, ", ")
}
