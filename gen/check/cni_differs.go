package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// cniDiffers finds what the cluster's network plugin does otherwise than the policies say.
func cniDiffers(g *graph.Graph, out *diag.List) {
	if !g.Cluster.CNI.IsSet() {
		return
	}
	c := &cni{Cluster: &g.Cluster, g: g, out: out, said: map[diag.Pos]bool{}}
	c.nodes()
	c.apiServers()
	c.dns()
	c.wireServer()
	for _, e := range g.Edges {
		if g.Emits(e, graph.Ingress) || g.Emits(e, graph.Egress) {
			c.ports(e)
			c.servicePorts(e)
		}
	}
}

// cni is the network plugin of a cluster, and the findings about it.
type cni struct {
	*graph.Cluster
	g   *graph.Graph
	out *diag.List
	// said is the places that have a finding about ports.
	said map[diag.Pos]bool
}

// differs adds a finding: an error where the plugin never does what is asked, a warning where a setting decides.
func (c *cni) differs(does graph.Does, pos diag.Pos, format string, args ...any) *diag.Diagnostic {
	add := c.out.Errorf
	if does == graph.Option {
		add = c.out.Warnf
	}
	return add(diag.CNIDiffers, pos, "%s", fmt.Sprintf(format, args...)).WithRelated(c.CNI.Pos, "the network plugin")
}

// nodes finds address ranges of nodes where the plugin does not match nodes by their address.
func (c *cni) nodes() {
	does := c.Profile.IPBlock.Nodes
	if does != graph.No && does != graph.Option {
		return
	}
	report := func(pos diag.Pos, what string) {
		c.differs(does, pos, "%s is addresses of nodes, which `%s` does not match", what, c.CNI.Value).WithHelp("%s", c.nodesHelp("[host, remote-node]"))
	}
	for _, r := range c.g.Ranges() {
		if _, inside := c.Nodes.Around(r.Prefix.Prefix); inside {
			report(r.Pos, fmt.Sprintf("`%s`", r.Prefix.Prefix))
		}
	}
	if c.g.Target() == graph.Cilium {
		return // there the nodes are entities
	}
	said := map[*graph.EdgeDecl]bool{}
	for _, e := range c.g.Edges {
		for _, d := range graph.AllDirections() {
			if _, p := e.End(d); p.Kind == graph.Nodes && e.Package.Output.Target != graph.Cilium && c.g.Emits(e, d) && !said[e.Decl] {
				said[e.Decl] = true
				report(e.Decl.Pos, "`nodes`")
			}
		}
	}
}

// nodesHelp says how the nodes, or the API server on one, are named to a plugin that does not know them by address.
func (c *cni) nodesHelp(entities string) string {
	switch {
	case c.Profile.IPBlock.Nodes == graph.Option:
		return fmt.Sprintf("set `policy-cidr-match-mode: nodes` in Cilium's configuration, write `output: target: \"cilium\"`, or add a CiliumNetworkPolicy with the entities `%s`", entities)
	case c.Profile.Platform == "azure":
		return fmt.Sprintf("add a CiliumNetworkPolicy with the entities `%s`", entities)
	}
	return "no NetworkPolicy there names nodes: write `any` with the port, or take the direction out of `isolate`"
}

// apiServers finds edges to the API server that the plugin does not match by its addresses, or by some that are missing.
func (c *cni) apiServers() {
	if c.g.Target() == graph.Cilium {
		return // there it is an entity
	}
	said := map[*graph.Package]bool{}
	for _, e := range c.g.Edges {
		if e.To.Kind != graph.APIServer || !c.g.Emits(e, graph.Egress) || said[e.To.Package] || e.To.Package.Output.Target == graph.Cilium {
			continue // the target names the API server, and not its address
		}
		said[e.To.Package] = true
		d := e.To.Package.APIServer
		inside := func(r graph.Ranges) bool {
			return !slices.ContainsFunc(d.CIDRs, func(p graph.Prefix) bool { _, in := r.Around(p.Prefix); return !in })
		}
		switch does, onNodes := c.Profile.IPBlock, inside(c.Nodes); {
		case does.Services == graph.No && inside(c.Services):
			c.out.Warnf(diag.CNIDiffers, d.Pos, "`apiserver` is the address of its Service, which `%s` has made that of the API server before it looks", c.CNI.Value).
				WithHelp("write the addresses of its endpoints: `kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes`").
				WithRelated(c.Services.Pos, "the Services")
		case onNodes && (does.Nodes == graph.No || does.Nodes == graph.Option):
			c.differs(does.Nodes, d.Pos, "`apiserver` is addresses of nodes, which `%s` does not match", c.CNI.Value).WithHelp("%s", c.nodesHelp("[kube-apiserver]"))
		case does.APIServer == graph.Option && !c.Nodes.IsSet():
			c.differs(does.APIServer, d.Pos, "`%s` does not match the API server by its address where it runs on a node", c.CNI.Value).
				WithHelp("%s; where it runs elsewhere, say so by `cluster: nodes: [...]`", c.nodesHelp("[kube-apiserver]"))
		case does.Services == graph.Yes:
			c.serviceAddress(d)
		}
	}
}

// serviceAddress finds an `apiserver` without the address of its Service, which the plugin sees.
func (c *cni) serviceAddress(d *graph.APIServerDecl) {
	for _, r := range c.Services.Prefixes {
		a := graph.FirstAddress(r.Prefix)
		isFamily := slices.ContainsFunc(d.CIDRs, func(p graph.Prefix) bool { return p.Addr().Is4() == a.Is4() })
		if !isFamily || d.Opens(a, graph.Port{Range: graph.Range{Lo: 443, Hi: 443}}) {
			continue
		}
		c.differs(graph.No, d.Pos, "`apiserver` does not hold `%s`, the address of its Service, and `%s` sees that one", netip.AddrPortFrom(a, 443), c.CNI.Value).
			WithHelp("write both: `cidrs: [\"%s\", ...]`, and 443 among the `ports`", netip.PrefixFrom(a, a.BitLen())).
			WithRelated(r.Pos, "the Services")
	}
}

// dns finds DNS servers on the nodes themselves where the plugin does not match nodes by their address.
func (c *cni) dns() {
	if c.g.Target() == graph.Cilium || c.Profile.IPBlock.Nodes != graph.Option {
		return
	}
	said := map[*graph.DNSConfig]bool{}
	for _, r := range c.g.DNSRules() {
		i := slices.IndexFunc(r.Config.CIDRs, func(p netip.Prefix) bool { return p.Addr().IsLinkLocalUnicast() })
		if i < 0 || said[r.Config] || r.Namespace.Owner.Output.Target == graph.Cilium {
			continue
		}
		said[r.Config] = true
		c.differs(graph.Option, r.Config.Pos, "the DNS server at `%s` is on the node itself, which `%s` does not match by its address", r.Config.CIDRs[i], c.CNI.Value).
			WithHelp("add a CiliumNetworkPolicy with the entity `host` on the DNS ports, or let Cilium redirect DNS to pods (CiliumLocalRedirectPolicy)")
	}
}

// wireServer finds edges to the internet that hold the server by which Azure configures its nodes: it has an address of the
// public space (Azure, What is IP address 168.63.129.16).
func (c *cni) wireServer() {
	server := netip.MustParseAddr("168.63.129.16")
	if c.Profile.Platform != "azure" {
		return
	}
	for _, e := range c.g.Edges {
		if e.To.Kind != graph.Internet || !c.g.Emits(e, graph.Egress) || !e.Ports.Contains(graph.Single(graph.Port{Range: graph.Range{Lo: 80, Hi: 80}})) ||
			!graph.BlockAddresses(e.To.Blocks).Contains(server) {
			continue
		}
		c.out.Infof(diag.CNIDiffers, e.Decl.Pos, "`internet` holds `%s`, at which Azure configures the nodes", server).
			WithHelp("write `internet: except: [\"%s/32\"]`", server).WithRelated(c.CNI.Pos, "the network plugin")
		return
	}
}

// ports finds ranges of ports and SCTP where the plugin does not know them.
func (c *cni) ports(e *graph.Edge) {
	pos := e.Decl.Pos
	if e.Decl.PortsPos.IsValid() {
		pos = e.Decl.PortsPos
	}
	if e.Ports.All || c.said[pos] {
		return
	}
	for _, p := range graph.Protocols() {
		for _, r := range e.Ports.Ranges(p) {
			if r.Lo == r.Hi || c.Profile.EndPort != graph.No {
				continue
			}
			c.said[pos] = true
			c.differs(graph.No, pos, "of the ports `%s` of `%s`, `%s` opens the first alone: it ignores `endPort`", graph.Port{Range: r, Protocol: p}, text(e), c.CNI.Value).
				WithHelp("%s", eachPort(r, p))
		}
	}
	isSCTP := e.Ports.AllOf(graph.SCTP) || len(e.Ports.Ranges(graph.SCTP)) > 0
	if n := e.Ports.Count(); c.Profile.MostPorts > 0 && n > c.Profile.MostPorts {
		c.said[pos] = true
		c.out.Warnf(diag.CNIDiffers, pos, "`%s` has %d ports, and `%s` takes %d for a peer", text(e), n, c.CNI.Value, c.Profile.MostPorts).
			WithHelp("write ranges, or all of them as `:*`").WithRelated(c.CNI.Pos, "the network plugin")
	}
	if does := c.Profile.SCTP; isSCTP && (does == graph.No || does == graph.Option) {
		c.said[pos] = true
		finding := c.differs(does, pos, "`%s` is SCTP, which policies of `%s` do not know", text(e), c.CNI.Value)
		if does == graph.Option {
			finding.Message = fmt.Sprintf("`%s` is SCTP, which `%s` drops unless it is switched on", text(e), c.CNI.Value)
		}
		finding.WithHelp("%s", map[graph.Does]string{
			graph.Option: "set `sctp.enabled=true` where Cilium is installed",
			graph.No:     "open every port to the peer with `:*`, or take its pods out of the isolation",
		}[does])
	}
}

// eachPort returns how a range is written port by port, as far as that can be read.
func eachPort(r graph.Range, p graph.Protocol) string {
	const most = 10
	if r.Hi-r.Lo >= most {
		return fmt.Sprintf("write each port by itself, or all of them as `:*/%s`", p)
	}
	var ports []string
	for n := r.Lo; n <= r.Hi; n++ {
		ports = append(ports, graph.Port{Range: graph.Range{Lo: n, Hi: n}, Protocol: p}.String())
	}
	return fmt.Sprintf("write each port: `%s`", strings.Join(ports, ","))
}

// servicePorts finds a Service of which the port is another than that of its pods, where the plugin sees the Service's.
func (c *cni) servicePorts(e *graph.Edge) {
	w := e.To.Workload
	if c.Profile.ServicePort != graph.Yes || w == nil || w.Service == nil || !c.g.Emits(e, graph.Egress) {
		return
	}
	for _, p := range w.Service.Ports {
		target, ok := w.TargetOf(p)
		if !ok || p.Port == target || !e.Ports.Contains(graph.Single(target)) || c.said[p.Pos] {
			continue
		}
		c.said[p.Pos] = true
		c.out.Warnf(diag.CNIDiffers, p.Pos, "the Service of `%s` has the port `%s` for `%s`, and `%s` needs them equal", w.Name, p.Port, target, c.CNI.Value).
			WithHelp("give the Service the port of the pods: `\"%d\": %d`, and call it there", target.Lo, target.Lo).
			WithRelated(e.Decl.Pos, "this edge goes through it").WithRelated(c.CNI.Pos, "the network plugin")
	}
}
