package judges

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	clusters "github.com/npgen/npgen/gen/world"
)

// difference is a known difference of an engine from the Kubernetes API, or one that the API leaves open. None of them
// leaves a probe out: the question is rewritten so that the API's own semantics give the engine's answer, and that
// answer must be met on every probe.
type difference struct {
	engine, name string
	// reason says why npgen reads it otherwise, source where the engine's code does it.
	reason, source string
	rewrite        func(*question)
	// policies and pods are the least example, on which the engine answers otherwise than the API.
	policies string
	pods     []clusters.Pod
	probe    Probe
}

// knownDifferences returns all of them, in the order in which they are written into a question.
func knownDifferences() []difference {
	out := slices.Concat(selectorDifferences(), ciliumDifferences())
	for _, engine := range []string{"cyclonus", "kubenetpol"} {
		out = append(out, addressDifferences(engine)...)
	}
	return out
}

func differencesOf(engine string) []difference {
	var out []difference
	for _, d := range knownDifferences() {
		if d.engine == engine {
			out = append(out, d)
		}
	}
	return out
}

func selectorDifferences() []difference {
	return []difference{{
		engine: "cyclonus", name: "NotIn wants the label",
		reason:  "the API: NotIn also selects what has no such label (Labels and Selectors, Set-based requirement)",
		source:  "cyclonus v0.5.6 pkg/kube/labelselector.go, IsMatchExpressionMatchForLabels",
		rewrite: func(q *question) { q.selectors(notInWantsLabel) },
		policies: `
metadata: {name: new, namespace: a}
spec: {podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [u]}]}}
`,
		pods:  []clusters.Pod{{Namespace: "a", Name: "p"}},
		probe: fromOutside(0, 80),
	}, {
		engine: "cyclonus", name: "an empty value is a missing label",
		reason:  "the API: a label of matchLabels must be there, also with the value \"\"",
		source:  "cyclonus v0.5.6 pkg/kube/labelselector.go, IsLabelsMatchLabelSelector",
		rewrite: func(q *question) { q.selectors(q.emptyIsMissing) },
		policies: `
metadata: {name: new, namespace: a}
spec: {podSelector: {matchLabels: {app: ""}}}
`,
		pods:  []clusters.Pod{{Namespace: "a", Name: "p"}},
		probe: fromOutside(0, 80),
	}}
}

func ciliumDifferences() []difference {
	return []difference{{
		engine: "cilium", name: "rules count whatever policyTypes says",
		reason:  "the API: rules of a direction that policyTypes does not name have no effect",
		source:  "cilium v1.20.2 pkg/k8s/network_policy.go, ParseNetworkPolicy",
		rewrite: func(q *question) { q.eachPolicy(everyRuleCounts) },
		policies: `
metadata: {name: new, namespace: a}
spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{}], egress: [{ports: [{port: 80}]}]}
`,
		pods:  []clusters.Pod{{Namespace: "a", Name: "p"}},
		probe: Probe{Side{Pod: 0}, Side{-1, netip.MustParseAddr("192.0.2.1")}, "TCP", 81},
	}}
}

// addressDifferences are of the engines that look at addresses first.
func addressDifferences(engine string) []difference {
	source := map[string]string{
		"cyclonus":   "cyclonus v0.5.6 pkg/matcher/ippeermatcher.go, Allows",
		"kubenetpol": "kube-network-policies v1.1.1 pkg/networkpolicy/networkpolicy.go, evaluateIngress",
	}
	host := map[string]string{
		"cyclonus":   "cyclonus v0.5.6 pkg/matcher/traffic.go: it knows no host network",
		"kubenetpol": "kube-network-policies v1.1.1 pkg/podinfo/ipresolver.go, NewInformerResolver",
	}
	return []difference{{
		engine: engine, name: "an ipBlock selects pods by address",
		reason:  "the API leaves it open: ipBlock is meant for addresses outside of the cluster (Network Policies, ipBlock)",
		source:  source[engine],
		rewrite: (*question).blocksSelectPods,
		policies: `
metadata: {name: new, namespace: a}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}
`,
		pods:  []clusters.Pod{{Namespace: "a", Name: "p"}, {Namespace: "b", Name: "q"}},
		probe: Probe{Side{Pod: 1}, Side{Pod: 0}, "TCP", 80},
	}, {
		engine: engine, name: "an ipBlock selects host-network pods by their node's address",
		reason:  "the API leaves it open: behaviour for hostNetwork pods is undefined (Network Policies)",
		source:  host[engine],
		rewrite: func(q *question) { q.nodes = true },
		policies: `
metadata: {name: new, namespace: a}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 172.16.0.0/12}}]}]}
`,
		pods:  []clusters.Pod{{Namespace: "a", Name: "p"}, {Namespace: "b", Name: "q", HostNetwork: true}},
		probe: Probe{Side{Pod: 1}, Side{Pod: 0}, "TCP", 80},
	}}
}

func fromOutside(pod, port int) Probe {
	return Probe{Side{-1, netip.MustParseAddr("192.0.2.1")}, Side{Pod: pod}, "TCP", port}
}

func (q *question) eachPolicy(f func(*networkingv1.NetworkPolicySpec)) {
	for i := range q.Policies {
		f(&q.Policies[i].Spec)
	}
}

// eachPeers calls f with every list of peers.
func (q *question) eachPeers(f func(*[]networkingv1.NetworkPolicyPeer)) {
	q.eachPolicy(func(s *networkingv1.NetworkPolicySpec) {
		for i := range s.Ingress {
			f(&s.Ingress[i].From)
		}
		for i := range s.Egress {
			f(&s.Egress[i].To)
		}
	})
}

// selectors calls f with every selector.
func (q *question) selectors(f func(*metav1.LabelSelector)) {
	q.eachPolicy(func(s *networkingv1.NetworkPolicySpec) { f(&s.PodSelector) })
	q.eachPeers(func(peers *[]networkingv1.NetworkPolicyPeer) {
		for _, p := range *peers {
			for _, s := range []*metav1.LabelSelector{p.PodSelector, p.NamespaceSelector} {
				if s != nil {
					f(s)
				}
			}
		}
	})
}

func notInWantsLabel(s *metav1.LabelSelector) {
	for _, e := range s.MatchExpressions {
		if e.Operator == metav1.LabelSelectorOpNotIn {
			s.MatchExpressions = append(s.MatchExpressions, metav1.LabelSelectorRequirement{Key: e.Key, Operator: metav1.LabelSelectorOpExists})
		}
	}
}

// emptyIsMissing turns the label `k: ""` into one that is not any of the values that k has in the cluster.
func (q *question) emptyIsMissing(s *metav1.LabelSelector) {
	for k, v := range s.MatchLabels {
		if v != "" {
			continue
		}
		delete(s.MatchLabels, k)
		if values := q.valuesOf(k); len(values) > 0 {
			s.MatchExpressions = append(s.MatchExpressions, metav1.LabelSelectorRequirement{Key: k, Operator: metav1.LabelSelectorOpNotIn, Values: values})
		}
	}
}

func (q *question) valuesOf(key string) []string {
	found := map[string]bool{}
	for _, p := range q.Pods {
		found[p.Labels[key]] = true
	}
	for name, labels := range q.Namespaces {
		found[labels[key]] = true
		found[name] = found[name] || key == nameLabel
	}
	delete(found, "")
	maps.DeleteFunc(found, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(found))
}

func everyRuleCounts(s *networkingv1.NetworkPolicySpec) {
	if len(s.Ingress) > 0 && !slices.Contains(s.PolicyTypes, networkingv1.PolicyTypeIngress) {
		s.PolicyTypes = append(s.PolicyTypes, networkingv1.PolicyTypeIngress)
	}
	if len(s.Egress) > 0 && !slices.Contains(s.PolicyTypes, networkingv1.PolicyTypeEgress) {
		s.PolicyTypes = append(s.PolicyTypes, networkingv1.PolicyTypeEgress)
	}
}

// blocksSelectPods gives every pod a label of its own, and every ipBlock the pods beside it whose addresses it holds.
func (q *question) blocksSelectPods() {
	const own = "judges.npgen.dev/pod"
	for i := range q.Pods {
		if q.Pods[i].Labels == nil {
			q.Pods[i].Labels = map[string]string{}
		}
		q.Pods[i].Labels[own] = fmt.Sprint("p", i)
	}
	q.eachPeers(func(peers *[]networkingv1.NetworkPolicyPeer) {
		var pods []string
		for _, p := range *peers {
			for i, address := range q.addresses {
				if p.IPBlock != nil && holds(p.IPBlock, address) {
					pods = append(pods, fmt.Sprint("p", i))
				}
			}
		}
		if len(pods) > 0 {
			*peers = append(*peers, networkingv1.NetworkPolicyPeer{
				NamespaceSelector: &metav1.LabelSelector{},
				PodSelector:       &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: own, Operator: metav1.LabelSelectorOpIn, Values: pods}}},
			})
		}
	})
}

func holds(b *networkingv1.IPBlock, address netip.Addr) bool {
	for _, e := range b.Except {
		if netip.MustParsePrefix(e).Contains(address) {
			return false
		}
	}
	return netip.MustParsePrefix(b.CIDR).Contains(address)
}
