package review

import (
	"fmt"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/world"
)

// UndefinedOrder finds policies of one priority that do different things with some flow (ClusterNetworkPolicy,
// spec.priority). It returns them, too, as policies of which the order is not counted.
func UndefinedOrder(c world.Cluster) (findings diag.List, notCounted []inventory.NotCounted) {
	for _, x := range flows.Conflicts(c) {
		first, second := &c.Others[x.First], &c.Others[x.Second]
		what := "for some flows"
		if x.Witness != nil {
			what = "as for " + x.Witness.Text()
		}
		reason := fmt.Sprintf("it is undefined whether it or `%s` decides, which has the priority %d of tier %s too and another action, %s",
			first.Name, second.Priority, second.Tier, what)
		notCounted = append(notCounted, second.InNoOrder(reason, "its order and that of "+first.Name))
		findings.Warnf(diag.UndefinedOrder, second.Pos, "`%s` and `%s` have the priority %d of tier %s and different actions: it is undefined which decides, %s",
			first.Name, second.Name, second.Priority, second.Tier, what).
			WithHelp("give one of them another priority: the lower one decides").WithRelated(first.Pos, "`%s`", first.Name)
	}
	return findings, notCounted
}
