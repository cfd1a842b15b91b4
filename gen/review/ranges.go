package review

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/sets"
)

// validBlock finds address ranges that the API server refuses, and such as it takes but reads as something else.
func (r *reviewer) validBlock(x *writtenRule, i int) {
	block := x.Peers[i].IPBlock
	cidr, ok := r.validRange(x, block.CIDR, x.peerPath(i, "ipBlock", "cidr")...)
	for j, e := range block.Except {
		path := x.peerPath(i, "ipBlock", "except", j)
		except, isRange := r.validRange(x, e, path...)
		if ok && isRange && (except.Bits() <= cidr.Bits() || !cidr.Contains(except.Addr())) {
			r.findings.Errorf(diag.ExceptOutside, x.Value(path...), "`%s` does not lie strictly inside of `%s`, from which it is excepted", e, block.CIDR).
				WithHelp("an exception takes a smaller range out of `cidr`").
				WithRelated(x.Value(x.peerPath(i, "ipBlock", "cidr")...), "the `cidr`")
		}
	}
}

// validRange reads a range, and reports whether it is one.
func (r *reviewer) validRange(x *writtenRule, text string, path ...any) (netip.Prefix, bool) {
	p, err := graph.ParseCIDR(text)
	if err == nil {
		return p, true
	}
	message, help := graphError(err)
	if p.IsValid() && !p.Addr().Is4In6() {
		// Kubernetes takes it before 1.36 (StrictIPCIDRValidation) and in policies that are there already.
		r.findings.Warnf(diag.InvalidCIDR, x.Value(path...), "%s", message).WithHelp("%s", help)
		return p.Masked(), true
	}
	rule := diag.InvalidCIDR
	if strings.Contains(message, "placeholder") {
		rule = diag.PlaceholderCIDR
	}
	r.findings.Errorf(rule, x.Value(path...), "%s", message).WithHelp("%s", help)
	return p, false
}

// reservedRange is addresses that no peer can have.
type reservedRange struct{ cidr, why string }

// placeholders are the ranges that examples are written with.
func placeholders() []reservedRange {
	return []reservedRange{
		{"192.0.2.0/24", "a range for documentation (RFC 5737)"},
		{"198.51.100.0/24", "a range for documentation (RFC 5737)"},
		{"203.0.113.0/24", "a range for documentation (RFC 5737)"},
		{"2001:db8::/32", "a range for documentation (RFC 3849)"},
		{"3fff::/20", "a range for documentation (RFC 9637)"},
		{"0.0.0.0/32", "no address that a packet goes to"},
		{"::/128", "no address that a packet goes to"},
	}
}

// clusterRanges are what distributions give to pods and Services where nobody says otherwise.
func clusterRanges() []reservedRange {
	return []reservedRange{
		{"10.244.0.0/16", "pods (kubeadm with Flannel, kind, minikube)"},
		{"10.42.0.0/16", "pods (k3s, RKE2)"},
		{"10.128.0.0/14", "pods (OpenShift)"},
		{"10.96.0.0/12", "Services (kubeadm)"},
		{"10.96.0.0/16", "Services (kind)"},
		{"10.43.0.0/16", "Services (k3s, RKE2)"},
		{"172.30.0.0/16", "Services (OpenShift)"},
		{"10.96.0.1/32", "the Service `kubernetes` (kubeadm)"},
		{"10.43.0.1/32", "the Service `kubernetes` (k3s, RKE2)"},
		{"172.30.0.1/32", "the Service `kubernetes` (OpenShift)"},
	}
}

// ranges finds address ranges that are most likely not what was meant.
func (r *reviewer) ranges(x *writtenRule) {
	if x.declared(anyEdge) {
		return // a package wrote the ranges out, and vet looks at those
	}
	for i, peer := range x.Peers {
		if peer.IPBlock == nil {
			continue
		}
		cidr, err := netip.ParsePrefix(peer.IPBlock.CIDR)
		if err != nil {
			continue
		}
		pos := func() diag.Pos { return x.Value(x.peerPath(i, "ipBlock", "cidr")...) }
		if j := slices.IndexFunc(placeholders(), func(p reservedRange) bool { return within(cidr, p.cidr) }); j >= 0 {
			r.findings.Warnf(diag.PlaceholderCIDR, pos(), "`%s` is %s, as if it was never filled in", peer.IPBlock.CIDR, placeholders()[j].why).
				WithHelp("write the range of the peer; a rule for nobody can be left out")
		}
		if r.ofService(x, i, cidr, pos) {
			continue
		}
		if j := slices.IndexFunc(clusterRanges(), func(p reservedRange) bool { return cidr.Masked().String() == p.cidr }); j >= 0 {
			r.findings.Infof(diag.ClusterCIDR, pos(), "`%s` is the usual range of %s, and network plugins differ on whether `ipBlock` matches those", peer.IPBlock.CIDR, clusterRanges()[j].why).
				WithHelp("select pods with `namespaceSelector` and `podSelector`; for the API server write the addresses that `kubectl get endpointslices kubernetes` shows")
		}
	}
}

// ofService finds narrow ranges that hold the address of a Service, which most network plugins never see: it has become that
// of a pod by then. It is silent where policies open the pods behind it as well, or for one without pods other ranges.
func (r *reviewer) ofService(x *writtenRule, i int, cidr netip.Prefix, pos func() diag.Pos) bool {
	addresses := r.end(x, x.Peers[i]).Addresses
	at := slices.IndexFunc(r.inv.Services, func(s *inventory.Service) bool { return slices.ContainsFunc(s.Addresses, addresses.Contains) })
	if at < 0 || cidr.Addr().BitLen()-cidr.Bits() > 8 {
		return false
	}
	s := r.inv.Services[at]
	if onlyDNS(x.Ports) && r.answersAt(addresses) {
		return false
	}
	behind := r.links.Behind(s)
	help := "write the addresses of its endpoints"
	if len(behind) > 0 {
		help = "select " + r.peerText(behind[0], x.Namespace)
	}
	if x.Direction == graph.Egress && r.opensBehind(x, s) {
		return false
	}
	r.findings.Warnf(diag.ClusterCIDR, pos(), "`%s` holds the address of Service `%s`, and most network plugins see that of a pod behind it", x.Peers[i].IPBlock.CIDR, s.Name).
		WithHelp("%s", help).WithRelated(s.Pos, "Service `%s`", s.Name)
	return true
}

// opensBehind reports whether policies open the pods behind a Service to some pods of a rule, or may do so.
func (r *reviewer) opensBehind(x *writtenRule, s *inventory.Service) bool {
	behind := r.links.Behind(s)
	if len(behind) == 0 || !r.sure(x.Namespace) {
		ranges := 0
		for _, y := range x.rules {
			for _, peer := range y.Peers {
				if y.Direction == x.Direction && peer.IPBlock != nil {
					ranges++
				}
			}
		}
		return ranges > 1
	}
	for _, to := range r.workloads.list {
		if !slices.Contains(behind, to.workload) {
			continue
		}
		var ports sets.Ports
		for _, p := range s.Ports {
			if at, ok := p.TargetAt(to.workload); ok {
				ports = ports.Union(sets.PortRange(at.Protocol, at.Number, at.Number))
			}
		}
		if slices.ContainsFunc(r.whole(x.selected), func(from *pods) bool { return r.passes(r.between(from, to, ports), graph.Egress, sets.PodToPod) }) {
			return true
		}
	}
	return false
}

func within(p netip.Prefix, outer string) bool {
	o := netip.MustParsePrefix(outer)
	return p.Addr().Is4() == o.Addr().Is4() && p.Bits() >= o.Bits() && o.Contains(p.Addr())
}
