package reach

import (
	"github.com/npgen/npgen/gen/sets"

	networkingv1 "k8s.io/api/networking/v1"
)

// RulePorts returns the ports that a rule's `ports` mean at a destination, where its named ports have numbers. The
// ports must be valid and have their defaults, as Read returns them.
func RulePorts(in []networkingv1.NetworkPolicyPort, destination End) sets.Ports {
	ports, named := rulePorts(in)
	return compiledRule{ports: ports, named: named}.portsAt(destination)
}
