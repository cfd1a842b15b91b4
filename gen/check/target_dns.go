package check

import (
	"net/netip"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// ciliumDNS refuses DNS servers that Cilium has no peer for.
func (h *halves) ciliumDNS(out *diag.List) {
	seen := map[*graph.DNSConfig]bool{}
	check := func(c *graph.DNSConfig) {
		if seen[c] {
			return
		}
		seen[c] = true
		switch c.Profile {
		case "gke-cloud-dns", "gke-node-local":
			out.Errorf(diag.Unsupported, c.Pos, "the DNS profile `%s` is of GKE, where CiliumNetworkPolicies do not exist", c.Profile).
				WithHelp("write `output: target: \"%s\"`", graph.Kubernetes)
		case "eks-auto":
			out.Errorf(diag.Unsupported, c.Pos, "the DNS profile `%s` is of EKS Auto Mode, where CiliumNetworkPolicies do not exist", c.Profile).
				WithHelp("write `output: target: \"%s\"`", graph.Kubernetes)
		}
		for _, p := range c.CIDRs {
			if p.Addr().IsLinkLocalUnicast() && !nodeOnly(p) {
				out.Errorf(diag.Unsupported, c.Pos, "the DNS servers `%s` are partly the node's own, which is no address for Cilium, and partly not", p).
					WithHelp("write the addresses one by one")
			}
		}
		if c.HasPods() {
			selector := c.PodSelector()
			for _, key := range keysOf(&selector) {
				unsayableLabel(key, "`dns: labels`", c.Pos, out)
			}
		}
	}
	for _, r := range h.graph.WantedDNS() {
		check(r.Config)
	}
	for _, e := range h.graph.Edges {
		if e.To.DNS != nil {
			check(e.To.DNS)
		}
	}
}

// nodeOnly reports whether a range is of addresses that are never routed, so that those of a resolver in it are the
// node's.
func nodeOnly(p netip.Prefix) bool {
	link := netip.MustParsePrefix("169.254.0.0/16")
	if p.Addr().Is6() {
		link = netip.MustParsePrefix("fe80::/10")
	}
	return p.Bits() >= link.Bits() && link.Contains(p.Addr())
}

// hostsNeedDNS refuses an edge to hosts where Cilium would never learn their addresses: it reads them from answers of DNS
// that pass through its proxy, and one rule that lets the same questions pass beside it takes them away.
func (h *halves) hostsNeedDNS(out *diag.List) {
	rules := map[int]*graph.DNSRule{}
	wanted := h.graph.WantedDNS()
	for i := range wanted {
		rules[wanted[i].Number()] = &wanted[i]
	}
	for _, e := range h.graph.Edges {
		if len(e.To.Hosts()) == 0 || !e.Emits(graph.Egress) {
			continue
		}
		for _, s := range h.graph.Subjects(e.From, graph.Egress) {
			c := &s.Namespace.Owner.DNS
			whole := graph.Subject{Namespace: s.Namespace}
			if rules[s.Number()] == nil && rules[whole.Number()] == nil {
				out.Errorf(diag.Unsupported, e.Decl.Pos, "`%s` needs DNS egress for `%s`: Cilium learns the addresses of hosts from the answers that it reads", e.Decl.Text, s).
					WithHelp("remove `dns: auto: false` or `dns: false`, or write the edge `%s -> dns`", name(e, e.From))
				break
			}
			if i := firstOnNode(c.CIDRs); i >= 0 {
				out.Errorf(diag.Unsupported, e.Decl.Pos, "`%s` needs answers of DNS that Cilium reads, and it does not read those of a resolver on the node (`%s`)", e.Decl.Text, c.CIDRs[i]).
					WithHelp("write the DNS profile `kube-dns`, where a redirect to the pods of the node's cache is set up").WithRelated(c.Pos, "the DNS servers")
				break
			}
			if other := h.unread(s, c); other != nil {
				out.Errorf(diag.Unsupported, other.Decl.Pos, "`%s` lets questions of DNS pass unread, and `%s` needs their answers", other.Decl.Text, e.Decl.Text).
					WithHelp("leave port %d of the DNS servers out of the edge: the rule for DNS is there already", c.Ports[0]).WithRelated(e.Decl.Pos, "the edge to hosts")
				break
			}
		}
	}
}

func firstOnNode(all []netip.Prefix) int {
	for i, p := range all {
		if nodeOnly(p) {
			return i
		}
	}
	return -1
}

// unread returns an edge that opens the DNS servers of a subject to some pod of it, besides the rules that read.
func (h *halves) unread(s graph.Subject, c *graph.DNSConfig) *graph.Edge {
	servers, ports := h.servers(c), c.PortSet()
	for _, e := range h.graph.Edges {
		if !e.Emits(graph.Egress) || !e.Ports.Overlaps(ports) || len(e.To.Hosts()) > 0 {
			continue
		}
		if e.To.DNS != nil && ports.Contains(e.Ports) && e.Ports.Contains(ports) && e.To.DNS.PortSet().Contains(ports) {
			continue // that is a rule for DNS itself
		}
		if !h.endsMeet(h.of(e.To), servers) {
			continue
		}
		for _, t := range h.graph.Subjects(e.From, graph.Egress) {
			if s.Meets(t) {
				return e
			}
		}
	}
	return nil
}

func (h *halves) endsMeet(a, b *sets.Ends) bool {
	if a.Addresses.Overlaps(b.Addresses) {
		return true
	}
	for _, p := range a.Pods {
		for _, q := range b.Pods {
			if h.Meet(p, q) {
				return true
			}
		}
	}
	return false
}

// requestsSaid refuses requests on ports of which Cilium does not read them.
func (h *halves) requestsSaid(out *diag.List) {
	var last *graph.EdgeDecl
	for _, e := range h.graph.Edges {
		if len(e.HTTP()) == 0 || e.Decl == last {
			continue
		}
		if !e.Ports.All && !e.Ports.AllOf(graph.TCP) && !e.Ports.Overlaps(notTCP()) {
			continue
		}
		last = e.Decl
		out.Errorf(diag.Unsupported, e.Decl.HTTPPos, "`%s` names requests, and HTTP is read on ports of TCP by their numbers only", e.Decl.Text).
			WithHelp("write the ports on which HTTP is spoken: `ports: [80]`")
	}
}

func notTCP() (s graph.PortSet) {
	s.AddAll(graph.UDP)
	s.AddAll(graph.SCTP)
	return s
}
