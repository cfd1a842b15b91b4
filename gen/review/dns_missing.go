package review

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
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
	if r.hasDNS == nil {
		r.hasDNS = map[string]bool{}
	}
	var missing []sets.Pods
	text, example := r.subjectText(p), ""
	someHave, ofWorkload := false, false
	for _, s := range r.subjects(p) {
		has, known := r.hasDNS[s.Key()]
		if someHave = someHave || has; known || s.onHost() {
			continue
		}
		flow, isMissing := r.noDNS(s)
		r.hasDNS[s.Key()], someHave = !isMissing, someHave || !isMissing
		if isMissing {
			missing, example, ofWorkload = append(missing, s.Pods), cmp.Or(example, flow), ofWorkload || s.workload != nil
		}
	}
	if someHave && !ofWorkload {
		text = r.partsText(missing)
	}
	if len(missing) > 0 {
		server := r.dnsServers()[0]
		r.findings.Warnf(diag.DNSMissing, p.Key("spec", "egress"), "the pods %s are let out to others, but no policy of the input lets them ask DNS%s", text, asExample(example)).
			WithHelp("allow UDP and TCP %d to the DNS servers: namespace `%s`, pods `%s`", server.Port, server.Pod.Namespace, labels.Set(server.Pod.Labels)).
			WithRelated(p.rules[i].Value(p.rules[i].path()...), "the rule that lets them out")
	}
}

// noDNS reports whether no policy lets pods ask any DNS servers, with an example of pods that are of no workload.
func (r *reviewer) noDNS(s *pods) (example string, missing bool) {
	if len(r.asking.Meeting(r.With(sets.Source, s.Pods))) > 0 {
		return "", false
	}
	for _, server := range r.dnsServers() {
		if server.Pod == nil {
			continue
		}
		// By what name its servers call the port is known (asksDNS).
		b := r.Unnamed(r.Flows(s.Pods, r.Select(r.namespace(server.Pod.Namespace), &metav1.LabelSelector{MatchLabels: server.Pod.Labels}), server.Ports()))
		if r.passes(b, graph.Egress, sets.PodToPod) {
			return "", false
		}
		if s.workload == nil && example == "" {
			example = r.denied(b, graph.Egress, sets.PodToPod)
		}
	}
	return example, true
}

// dnsServers returns the DNS servers that clusters are known to have, those of the cluster that is meant first.
func (r *reviewer) dnsServers() []world.DNSServer {
	all := world.DNSServers()
	if r.isOpenShift() {
		slices.SortStableFunc(all, func(a, b world.DNSServer) int { return b.Port - a.Port })
	}
	return all
}

// isOpenShift reports whether manifests or policies speak of OpenShift: by its kinds, by its namespaces, or by the labels that
// it sets on namespaces.
func (r *reviewer) isOpenShift() bool {
	isOf := func(s *metav1.LabelSelector) bool {
		if s == nil {
			return false
		}
		for k := range s.MatchLabels {
			if strings.Contains(k, ".openshift.io/") {
				return true
			}
		}
		return strings.HasPrefix(named(s), "openshift-")
	}
	return r.inv.OpenShift || slices.ContainsFunc(r.policies, func(p *policy) bool {
		return strings.HasPrefix(p.Namespace, "openshift-") || slices.ContainsFunc(p.rules, func(x *writtenRule) bool {
			return slices.ContainsFunc(x.Peers, func(peer networkingv1.NetworkPolicyPeer) bool {
				return isOf(peer.NamespaceSelector) || isOf(peer.PodSelector)
			})
		})
	})
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
