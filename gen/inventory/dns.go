package inventory

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// Where the DNS servers of clusters are. OpenShift's pods listen on a port of their own, behind a Service on that of DNS.
const (
	DNSNamespace      = "kube-system"
	OpenShiftDNS      = "openshift-dns"
	OpenShiftDNSLabel = "dns.operator.openshift.io/daemonset-dns"
	DNSPort           = 53
	OpenShiftDNSPort  = 5353
)

// DNSAnswer is where DNS answers by what manifests show of the cluster, otherwise than in the pods that policies usually
// name: at addresses of the nodes, or in pods of another namespace.
type DNSAnswer struct {
	// Addresses are those of which any will do, Pods the pods; one of the two is set.
	Addresses []netip.Addr
	Pods      *Workload
	Port      int
	// Says is what shows it, Pos where.
	Says string
	Pos  diag.Pos
}

// Ranges returns each address as a range.
func (a DNSAnswer) Ranges() []netip.Prefix {
	out := make([]netip.Prefix, len(a.Addresses))
	for i, address := range a.Addresses {
		out[i] = netip.PrefixFrom(address, address.BitLen())
	}
	return out
}

// DNSAnswers returns where manifests show DNS to answer: a cache on each node, nodes behind a Service without pods, and the
// pods of OpenShift.
func (inv *Inventory) DNSAnswers(links Links) []DNSAnswer {
	var out []DNSAnswer
	for _, find := range []func(Links) (DNSAnswer, bool){inv.nodeCache, inv.nobodyBehind, inv.openShiftServers} {
		if a, known := find(links); known {
			out = append(out, a)
		}
	}
	return out
}

// nodeCache returns the addresses of NodeLocal DNSCache, which pods ask in the place of the Service (Kubernetes, Using
// NodeLocal DNSCache). Cilium may redirect to its pods, so that it is not known there.
func (inv *Inventory) nodeCache(Links) (DNSAnswer, bool) {
	daemon := func(name string) int {
		return slices.IndexFunc(inv.Workloads, func(w *Workload) bool { return w.Kind == "DaemonSet" && w.Name == name })
	}
	i := daemon("node-local-dns")
	if i < 0 || !inv.Workloads[i].HostNetwork || daemon("cilium") >= 0 || daemon("anetd") >= 0 {
		return DNSAnswer{}, false
	}
	w := inv.Workloads[i]
	out := DNSAnswer{Port: DNSPort, Pos: w.Pos}
	for _, t := range w.Texts {
		for _, part := range strings.FieldsFunc(t.Value, func(c rune) bool { return c == ',' || c == '=' || c == ' ' }) {
			a, err := netip.ParseAddr(part)
			if err == nil && !t.Environment && !a.IsUnspecified() && !a.IsLoopback() && !slices.Contains(out.Addresses, a) {
				out.Addresses = append(out.Addresses, a)
			}
		}
	}
	out.Says = fmt.Sprintf("a cache on each node answers at %s", quoted(out.Addresses))
	return out, len(out.Addresses) > 0
}

// nobodyBehind returns the address of the DNS Service behind which the manifests have no pods, though they have others of its
// namespace: nodes answer at it (EKS Auto Mode).
func (inv *Inventory) nobodyBehind(links Links) (DNSAnswer, bool) {
	isOf := func(namespace string) func(*Workload) bool {
		return func(w *Workload) bool { return w.Namespace == namespace }
	}
	for _, s := range inv.Services {
		isDNS := slices.ContainsFunc(s.Ports, func(p ServicePort) bool { return p.Number == DNSPort && p.Protocol == graph.UDP })
		if isDNS && s.Namespace == DNSNamespace && len(s.Addresses) > 0 && len(links.Behind(s)) == 0 &&
			slices.ContainsFunc(inv.Workloads, isOf(s.Namespace)) && !inv.Incomplete {
			says := fmt.Sprintf("no pod stands behind Service `%s`, so that nodes answer at %s", s.Name, quoted(s.Addresses))
			return DNSAnswer{Addresses: s.Addresses, Port: DNSPort, Says: says, Pos: s.Pos}, true
		}
	}
	return DNSAnswer{}, false
}

// openShiftServers returns the DNS pods of OpenShift.
func (inv *Inventory) openShiftServers(Links) (DNSAnswer, bool) {
	for _, w := range inv.Workloads {
		if w.Namespace == OpenShiftDNS && w.Labels[OpenShiftDNSLabel] != "" && !w.HostNetwork {
			return DNSAnswer{Pods: w, Port: OpenShiftDNSPort, Says: fmt.Sprintf("%s of namespace `%s` answers", w, OpenShiftDNS), Pos: w.Pos}, true
		}
	}
	return DNSAnswer{}, false
}

// DNSPods returns the pods behind the Service of the cluster's DNS and their port, where manifests show just one such Service.
func (inv *Inventory) DNSPods(links Links) (DNSAnswer, bool) {
	var out []DNSAnswer
	for _, s := range inv.Services {
		for _, p := range s.Ports {
			if s.Namespace != DNSNamespace || p.Number != DNSPort || p.Protocol != graph.UDP {
				continue
			}
			for _, w := range links.Behind(s) {
				if target, ok := p.TargetAt(w); ok && !w.HostNetwork {
					says := fmt.Sprintf("the pods of %s stand behind Service `%s`", w, s.Name)
					out = append(out, DNSAnswer{Pods: w, Port: target.Number, Says: says, Pos: w.Pos})
				}
			}
		}
	}
	if len(out) != 1 {
		return DNSAnswer{}, false
	}
	return out[0], true
}

func quoted(addresses []netip.Addr) string {
	texts := make([]string, len(addresses))
	for i, a := range addresses {
		texts[i] = "`" + a.String() + "`"
	}
	return strings.Join(texts, ", ")
}
