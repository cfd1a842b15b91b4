package review

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// answering is where DNS answers by what the input shows of the cluster: at addresses of the nodes, or pods of another name.
type answering struct {
	addresses []netip.Addr
	pods      []*pods
	port      int
	// says is what shows it.
	says string
	pos  diag.Pos
}

// dnsElsewhere finds rules that open DNS to pods where the input shows that no such pods answer: nodes do (NodeLocal DNSCache,
// EKS Auto Mode), or the pods of OpenShift. It is silent where the policies open those as well.
func (r *reviewer) dnsElsewhere(x *writtenRule) {
	if x.Direction != graph.Egress || x.declared(anyEdge) || !onlyDNS(x.Ports) || !r.sure(x.Namespace) {
		return
	}
	i := slices.IndexFunc(x.Peers, isDNSPeer)
	if i < 0 {
		return
	}
	for _, a := range r.dnsAnswers() {
		ends, help := a.ends(r)
		ports := world.DNSServer{Port: a.port}.Ports()
		closed := slices.DeleteFunc(slices.Clone(r.subjects(x.policy)), func(s *pods) bool { return !r.isClosed(s, ends, ports, graph.Egress) })
		if len(closed) == 0 || len(a.pods) > 0 && len(r.byNamespace[named(x.Peers[i].NamespaceSelector)]) > 0 {
			continue // selects-nothing speaks of a namespace of which the input has workloads
		}
		r.findings.Warnf(diag.DNSPeer, x.Value(x.peerPath(i)...), "DNS is not asked of these pods: %s", a.says).
			WithHelp("%s", help).WithRelated(a.pos, "this shows it")
		return
	}
}

// ends returns the servers, and what to write for them.
func (a *answering) ends(r *reviewer) (sets.Ends, string) {
	if len(a.pods) > 0 {
		p := a.pods[0]
		return sets.Ends{Pods: []sets.Pods{p.Pods}}, fmt.Sprintf("select %s, with port %d over UDP and TCP", r.peerText(p.workload, ""), a.port)
	}
	var prefixes []netip.Prefix
	var texts []string
	for _, address := range a.addresses {
		p := netip.PrefixFrom(address, address.BitLen())
		prefixes, texts = append(prefixes, p), append(texts, "`ipBlock: {cidr: "+p.String()+"}`")
	}
	return sets.Ends{Addresses: sets.AddressesOf(prefixes, nil)}, "add " + strings.Join(texts, " and ") + " to the same `to`"
}

// answersAt reports whether the input shows DNS to answer at one of some addresses.
func (r *reviewer) answersAt(addresses sets.Addresses) bool {
	return slices.ContainsFunc(r.dnsAnswers(), func(a answering) bool { return slices.ContainsFunc(a.addresses, addresses.Contains) })
}

// dnsAnswers returns where the input shows DNS to answer otherwise than in the pods that rules usually name.
func (r *reviewer) dnsAnswers() []answering {
	if r.answers == nil {
		r.answers = &[]answering{}
		add := func(a answering, known bool) {
			if known {
				*r.answers = append(*r.answers, a)
			}
		}
		add(r.nodeCache())
		add(r.nobodyBehind())
		add(r.openShiftServers())
	}
	return *r.answers
}

// nodeCache returns the addresses of NodeLocal DNSCache, which pods ask in the place of the Service (Kubernetes, Using
// NodeLocal DNSCache). Cilium may redirect to its pods, so that it is not known there.
func (r *reviewer) nodeCache() (answering, bool) {
	is := func(name string) func(*inventory.Workload) bool {
		return func(w *inventory.Workload) bool { return w.Kind == "DaemonSet" && w.Name == name }
	}
	if slices.ContainsFunc(r.inv.Workloads, is("cilium")) || slices.ContainsFunc(r.inv.Workloads, is("anetd")) {
		return answering{}, false
	}
	i := slices.IndexFunc(r.inv.Workloads, func(w *inventory.Workload) bool { return is("node-local-dns")(w) && w.HostNetwork })
	if i < 0 {
		return answering{}, false
	}
	w := r.inv.Workloads[i]
	out := answering{port: world.DNSPort, pos: w.Pos}
	for _, t := range w.Texts {
		for _, part := range strings.FieldsFunc(t.Value, func(c rune) bool { return c == ',' || c == '=' || c == ' ' }) {
			if a, err := netip.ParseAddr(part); err == nil && !t.Environment && !a.IsUnspecified() && !a.IsLoopback() && !slices.Contains(out.addresses, a) {
				out.addresses = append(out.addresses, a)
			}
		}
	}
	if len(out.addresses) == 0 {
		return answering{}, false
	}
	out.says = fmt.Sprintf("a cache on each node answers at `%s`", joined(out.addresses))
	return out, true
}

func joined(addresses []netip.Addr) string {
	texts := make([]string, len(addresses))
	for i, a := range addresses {
		texts[i] = a.String()
	}
	return strings.Join(texts, "`, `")
}

// nobodyBehind returns the address of a Service of the cluster's DNS behind which the input has no pods, though it has others
// of the namespace: nodes answer at it (EKS Auto Mode).
func (r *reviewer) nobodyBehind() (answering, bool) {
	for _, s := range r.inv.Services {
		isDNS := slices.ContainsFunc(s.Ports, func(p inventory.ServicePort) bool { return p.Number == world.DNSPort && p.Protocol == graph.UDP })
		if !isDNS || !world.IsDNSNamespace(s.Namespace) || len(s.Addresses) == 0 || len(r.links.Behind(s)) > 0 || len(r.byNamespace[s.Namespace]) == 0 {
			continue
		}
		return answering{
			addresses: s.Addresses, port: world.DNSPort, pos: s.Pos,
			says: fmt.Sprintf("no pod of the input stands behind Service `%s`, so that nodes answer at `%s`", s.Name, joined(s.Addresses)),
		}, true
	}
	return answering{}, false
}

// openShiftServers returns the DNS pods of OpenShift, where the input has them.
func (r *reviewer) openShiftServers() (answering, bool) {
	for _, p := range r.workloads.list {
		if p.pod.Namespace == world.OpenShiftDNS && p.pod.Labels[world.OpenShiftDNSLabel] != "" && !p.onHost() {
			return answering{
				pods: []*pods{p}, port: world.OpenShiftDNSPort, pos: p.workload.Pos,
				says: fmt.Sprintf("%s of namespace `%s` answers", p.workload, world.OpenShiftDNS),
			}, true
		}
	}
	return answering{}, false
}
