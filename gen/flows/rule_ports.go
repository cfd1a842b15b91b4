package flows

import (
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// RulePorts returns the ports that a rule opens at a destination, where its named ports have numbers.
func RulePorts(r rule.Rule, destination End) sets.Ports {
	return compiledRule{Rule: &r}.portsAt(destination)
}
