package review

import "github.com/npgen/npgen/gen/diag"

// emptyList finds lists that are there and empty. They read as nobody, or no port; to Kubernetes they are everybody, or
// every port (NetworkPolicyIngressRule). `to: []` with the ports of DNS is often written so that it is seen.
func (r *reviewer) emptyList(x *writtenRule) {
	_, peers := field(x.Direction)
	if len(x.Peers) == 0 && !onlyDNS(x.Ports) && x.Has(x.path(peers)...) {
		r.findings.Warnf(diag.EmptyList, x.Key(x.path(peers)...), "an empty `%s` is everybody, not nobody", peers).
			WithHelp("name the peers; where everybody is meant, leave `%s` out; where nobody is, remove the rule", peers)
	}
	if len(x.Ports) == 0 && x.Has(x.path("ports")...) {
		r.findings.Warnf(diag.EmptyList, x.Key(x.path("ports")...), "an empty `ports` is every port, not none").
			WithHelp("name the ports; where every port is meant, leave `ports` out; where none is, remove the rule")
	}
}
