package review

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// splitRule finds a dash too many: a rule with peers and no ports, and right behind it one with ports and no peers. The
// first opens every port, the second opens its ports to everyone. Ports of DNS are often meant so.
func (r *reviewer) splitRule(p *policy) {
	for _, d := range graph.AllDirections() {
		if !p.isolates(d) {
			continue
		}
		rules := p.rulesOf(d)
		for i := 1; i < len(rules); i++ {
			a, b := rules[i-1], rules[i]
			if len(a.Peers) == 0 || len(a.Ports) > 0 || len(b.Peers) > 0 || len(b.Ports) == 0 || onlyDNS(b.Ports) || r.isAny(b) {
				continue
			}
			name, peers := field(d)
			r.findings.Warnf(diag.SplitRule, b.Value(b.path()...), "these `ports` are a rule of their own, which opens them to everyone; the `%s` before opens every port", peers).
				WithHelp("write `ports` without a dash, below the `%s` that it belongs to; where two rules are meant, write the one for everyone first", peers).
				WithRelated(a.Value(a.path()...), "the %s rule before", name)
		}
	}
}
