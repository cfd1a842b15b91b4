package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

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
	for _, a := range r.answers {
		ends, help := r.answering(a)
		ports := world.DNSServer{Port: a.Port}.Ports()
		isClosed := slices.ContainsFunc(r.subjects(x.policy), func(s *pods) bool { return r.isClosed(s, ends, ports, graph.Egress) })
		if !isClosed || a.Pods != nil && len(r.byNamespace[named(x.Peers[i].NamespaceSelector)]) > 0 {
			continue // selects-nothing speaks of a namespace of which the input has workloads
		}
		r.findings.Warnf(diag.DNSPeer, x.Value(x.peerPath(i)...), "DNS is not asked of these pods: %s", a.Says).
			WithHelp("%s", help).WithRelated(a.Pos, "this shows it")
		return
	}
}

// answering returns the servers, and what to write for them.
func (r *reviewer) answering(a inventory.DNSAnswer) (sets.Ends, string) {
	if a.Pods != nil {
		help := fmt.Sprintf("select %s, with port %d over UDP and TCP", r.peerText(a.Pods, ""), a.Port)
		return sets.Ends{Pods: []sets.Pods{r.Labels(r.namespace(a.Pods.Namespace), a.Pods.Labels)}}, help
	}
	var texts []string
	for _, p := range a.Ranges() {
		texts = append(texts, "`ipBlock: {cidr: "+p.String()+"}`")
	}
	return sets.Ends{Addresses: sets.AddressesOf(a.Ranges(), nil)}, "add " + strings.Join(texts, " and ") + " to the same `to`"
}

// answersAt reports whether the input shows DNS to answer at one of some addresses.
func (r *reviewer) answersAt(addresses sets.Addresses) bool {
	return slices.ContainsFunc(r.answers, func(a inventory.DNSAnswer) bool { return slices.ContainsFunc(a.Addresses, addresses.Contains) })
}
