package review

import (
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// dnsMissing finds pods that are let out to others, which they find by name, and that no policy of the input lets ask
// DNS. Pods that speak to nobody, or to addresses, need none.
func (r *reviewer) dnsMissing(p *policy) {
	if !r.sure(p.Namespace) {
		return
	}
	i := slices.IndexFunc(p.rules, (*writtenRule).needsNames)
	if i < 0 || p.declared(anyEdge) {
		return // a package has `dns: false` for what it means, and vet tells of it
	}
	if r.noDNS == nil {
		r.noDNS = map[*pod]bool{}
	}
	isNew := false
	for _, s := range p.subjects {
		if _, seen := r.noDNS[s]; seen || s.HostNetwork {
			continue
		}
		r.noDNS[s] = !slices.ContainsFunc(r.selecting(s), asksAnyDNS) && !slices.ContainsFunc(r.maybeSelecting(s), asksAnyDNS)
		isNew = isNew || r.noDNS[s]
	}
	if isNew {
		r.findings.Warnf(diag.DNSMissing, p.Key("spec", "egress"), "the pods %s are let out to others, but no policy of the input lets them ask DNS", r.subjectText(p)).
			WithHelp("allow UDP and TCP 53 to the DNS servers: namespace `kube-system`, pods `k8s-app=kube-dns`").
			WithRelated(p.rules[i].Value(p.rules[i].path()...), "the rule that lets them out")
	}
}

func asksAnyDNS(p *policy) bool {
	return slices.ContainsFunc(p.rules, func(x *writtenRule) bool { return x.Direction == graph.Egress && x.mayBeDNS() })
}

// needsNames reports whether an egress rule opens something that is found by name.
func (x *writtenRule) needsNames() bool {
	if x.Direction != graph.Egress || x.mayBeDNS() {
		return false
	}
	return len(x.Peers) == 0 || slices.ContainsFunc(x.Peers, func(p networkingv1.NetworkPolicyPeer) bool {
		if p.IPBlock == nil {
			return true
		}
		cidr, err := netip.ParsePrefix(p.IPBlock.CIDR)
		return err == nil && cidr.Bits() == 0
	})
}
