package compare

import (
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/sets"
)

// cni finds what the Services of the manifests and the cluster's network plugin make of the edges.
func (c *checker) cni() {
	profile := c.g.Cluster.Profile
	if profile.IPBlock.Services == graph.No {
		c.serviceRanges()
	}
	if profile.BarePods == graph.No {
		c.barePods()
	}
	if profile.ServicePort != graph.Yes {
		return
	}
	said := map[[2]any]bool{}
	for _, e := range c.g.Edges {
		if e.To.Workload == nil || !c.g.Emits(e, graph.Egress) {
			continue
		}
		for _, pods := range c.selects[e.To.Workload] {
			for _, s := range c.links.Before(pods) {
				if at := [2]any{e.To.Workload, s}; !said[at] && !s.Headless && s.ExternalName == "" {
					said[at] = c.serviceSelector(e, s) || c.servicePorts(e, s, pods)
				}
			}
		}
	}
}

// barePods finds pods that no controller made, which policies of the plugin do not govern.
func (c *checker) barePods() {
	for _, w := range c.g.Workloads {
		if !w.Isolated(graph.Ingress) && !w.Isolated(graph.Egress) && !w.Namespace.DeniesAll(graph.Ingress) && !w.Namespace.DeniesAll(graph.Egress) {
			continue
		}
		for _, pods := range c.selects[w] {
			if pods.IsBare() && !pods.HostNetwork {
				c.findings.Warnf(diag.CNIDiffers, w.Pos, "no controller makes %s, and `%s` applies policies to none of those: it stays open", pods, c.g.Cluster.CNI.Value).
					WithHelp("let a Deployment or another controller make it").WithRelated(pods.Pos, "%s", pods)
			}
		}
	}
}

// serviceSelector finds a Service that the plugin does not open with the edge to the pods behind it: it opens those of which
// the selector has what the policy selects by.
func (c *checker) serviceSelector(e *graph.Edge, s *inventory.Service) bool {
	w := e.To.Workload
	if sets.Matches(w.Selector, s.Selector) {
		return false
	}
	c.findings.Warnf(diag.CNIDiffers, w.Pos, "`%s` opens Service `%s` only to what selects by labels of its selector, and %s is more", c.g.Cluster.CNI.Value, s.Name, selectorText(w.Selector)).
		WithHelp("select by the labels of the Service: `labels: %s`, or give the Service the others too", labelsText(s.Selector)).
		WithRelated(s.Pos, "Service `%s`", s.Name).WithRelated(e.Decl.Pos, "this edge goes through it")
	return true
}

// servicePorts finds a Service that has another port than the pods behind it. What the package says of the Service itself is
// looked at without manifests.
func (c *checker) servicePorts(e *graph.Edge, s *inventory.Service, pods *inventory.Workload) bool {
	w := e.To.Workload
	for _, p := range s.Ports {
		port := inventory.Port{Number: p.Number, Protocol: p.Protocol}.Graph()
		target, ok := p.TargetAt(pods)
		isDeclared := w.Service != nil && slices.ContainsFunc(w.Service.Ports, func(d graph.ServicePort) bool { return d.Port == port })
		if !ok || isDeclared || target.Number == p.Number || !e.Ports.Contains(graph.Single(target.Graph())) {
			continue
		}
		c.findings.Warnf(diag.CNIDiffers, e.Decl.Pos, "Service `%s` has the port `%s` for `%s`, and `%s` needs them equal", s.Name, port, target.Graph(), c.g.Cluster.CNI.Value).
			WithHelp("give the Service the port of the pods, `port: %d`, and call it there", target.Number).
			WithRelated(s.Pos, "Service `%s`", s.Name)
		return true
	}
	return false
}

// mostHosts is how many bits a range may leave open that is meant as the address of a Service.
const mostHosts = 8

// serviceRanges finds edges to the addresses of Services, which the plugin has made those of pods before it looks. Those in
// `cluster: services` are found without manifests.
func (c *checker) serviceRanges() {
	for _, r := range c.g.Ranges() {
		if _, known := c.g.Cluster.Services.Around(r.Prefix.Prefix); known || r.Addr().BitLen()-r.Bits() > mostHosts {
			continue
		}
		i := slices.IndexFunc(c.inv.Services, func(s *inventory.Service) bool { return slices.ContainsFunc(s.Addresses, r.Contains) })
		if i < 0 {
			continue
		}
		s := c.inv.Services[i]
		help := "name the pods behind it, and their port"
		if s == apiService(c.inv) {
			help = "write the peer `apiserver`, with the addresses of its endpoints"
		}
		finding := c.findings.Errorf(diag.ClusterRange, r.Pos, "`%s` holds the address of Service `%s`, which `%s` has made that of a pod before it looks", r.Prefix.Prefix, s.Name, c.g.Cluster.CNI.Value).
			WithHelp("%s", help).WithRelated(s.Pos, "Service `%s`", s.Name)
		if !r.IsSingleIP() {
			finding.Severity = diag.Warning
		}
	}
}
