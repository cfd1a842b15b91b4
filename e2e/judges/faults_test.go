package judges

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// fault is a reading of the API that is wrong, as an implementer may hold it.
type fault func(w *world, q *question)

func faults() map[string]fault {
	spec := func(f func(*networkingv1.NetworkPolicySpec)) fault {
		return func(_ *world, q *question) { q.eachPolicy(f) }
	}
	rules := func(keep func(peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) bool) fault {
		return spec(func(s *networkingv1.NetworkPolicySpec) {
			s.Ingress = slices.DeleteFunc(s.Ingress, func(r networkingv1.NetworkPolicyIngressRule) bool { return !keep(r.From, r.Ports) })
			s.Egress = slices.DeleteFunc(s.Egress, func(r networkingv1.NetworkPolicyEgressRule) bool { return !keep(r.To, r.Ports) })
		})
	}
	peers := func(f func(*[]networkingv1.NetworkPolicyPeer)) fault {
		return func(_ *world, q *question) { q.eachPeers(f) }
	}
	return map[string]fault{
		"except is ignored":                   peers(withoutExcept),
		"two peers are one":                   peers(joined),
		"no namespaceSelector is everywhere":  peers(everywhere),
		"NotIn wants the label":               func(_ *world, q *question) { q.selectors(notInWantsLabel) },
		"an empty value is a missing label":   func(_ *world, q *question) { q.selectors(q.emptyIsMissing) },
		"no peers is nobody":                  rules(func(p []networkingv1.NetworkPolicyPeer, _ []networkingv1.NetworkPolicyPort) bool { return len(p) > 0 }),
		"no ports is none":                    rules(func(_ []networkingv1.NetworkPolicyPeer, p []networkingv1.NetworkPolicyPort) bool { return len(p) > 0 }),
		"egress rules isolate nothing":        withoutDefaultEgress,
		"rules count whatever policyTypes":    spec(everyRuleCounts),
		"endPort is ignored":                  spec(eachPort(func(p *networkingv1.NetworkPolicyPort) { p.EndPort = nil })),
		"the range ends one late":             spec(eachPort(func(p *networkingv1.NetworkPolicyPort) { oneLate(p) })),
		"a port name is one number for all":   spec(eachPort(func(p *networkingv1.NetworkPolicyPort) { numbered(p) })),
		"SCTP is TCP":                         spec(eachPort(func(p *networkingv1.NetworkPolicyPort) { asTCP(p) })),
		"a policy holds for every namespace":  func(_ *world, q *question) { q.everyNamespace() },
		"only the first policy of a pod wins": func(_ *world, q *question) { q.Policies = q.Policies[:1] },
	}
}

// TestFaultsAreSeen holds wrong readings of the API against the judges: the comparison must see each of them, or it
// would not see it in npgen either.
func TestFaultsAreSeen(t *testing.T) {
	const most, probes = 400, 100
	seen := 0
	all := faults()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		clusters, found := 0, false
		for i := uint64(0); i < most && !found; i++ {
			clusters++
			w := randomWorld(*seed<<32 + i)
			found = seesFault(t, w, all[name], w.probes(rand.New(rand.NewPCG(*seed, i)), probes))
		}
		if !found {
			t.Errorf("%s: not seen in %d clusters", name, clusters)
			continue
		}
		seen++
		t.Logf("fault, %s: seen in cluster %d", name, clusters)
	}
	t.Logf("faults: seen %d of %d", seen, len(all))
}

func seesFault(t *testing.T, w *world, f fault, probes []Probe) bool {
	t.Helper()
	const reference = 1
	e := Engines()[reference]
	faulty, err := w.witness(slices.Concat([]difference{{rewrite: func(q *question) { f(w, q) }}}, differencesOf(e.Name))...)
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := w.cluster()
	if err != nil {
		t.Fatal(err)
	}
	judge, err := e.New(cluster)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(probes, func(p Probe) bool {
		got, err := judge.Allowed(p)
		return err == nil && got != faulty.allowed(p)
	})
}

func withoutExcept(peers *[]networkingv1.NetworkPolicyPeer) {
	for _, p := range *peers {
		if p.IPBlock != nil {
			p.IPBlock.Except = nil
		}
	}
}

// joined makes one peer of two neighbours, as one list item would mean.
func joined(peers *[]networkingv1.NetworkPolicyPeer) {
	for i := 0; i+1 < len(*peers); i++ {
		a, b := &(*peers)[i], (*peers)[i+1]
		if a.IPBlock == nil && a.NamespaceSelector == nil && b.IPBlock == nil && b.PodSelector == nil {
			a.NamespaceSelector = b.NamespaceSelector
			*peers = slices.Delete(*peers, i+1, i+2)
		}
	}
}

func everywhere(peers *[]networkingv1.NetworkPolicyPeer) {
	for i := range *peers {
		if p := &(*peers)[i]; p.IPBlock == nil && p.NamespaceSelector == nil {
			p.NamespaceSelector = p.PodSelector.DeepCopy()
			p.NamespaceSelector.MatchLabels, p.NamespaceSelector.MatchExpressions = nil, nil
		}
	}
}

// withoutDefaultEgress forgets that egress rules without policyTypes isolate for egress as well.
func withoutDefaultEgress(w *world, q *question) {
	for i := range q.Policies {
		spec := w.policies[i]["spec"].(tree)
		if types, _ := spec["policyTypes"].([]any); len(types) == 0 {
			q.Policies[i].Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		}
	}
}

func eachPort(f func(*networkingv1.NetworkPolicyPort)) func(*networkingv1.NetworkPolicySpec) {
	return func(s *networkingv1.NetworkPolicySpec) {
		for _, r := range s.Ingress {
			for i := range r.Ports {
				f(&r.Ports[i])
			}
		}
		for _, r := range s.Egress {
			for i := range r.Ports {
				f(&r.Ports[i])
			}
		}
	}
}

func oneLate(p *networkingv1.NetworkPolicyPort) {
	if p.EndPort != nil && *p.EndPort < 65535 {
		*p.EndPort++
	}
}

func numbered(p *networkingv1.NetworkPolicyPort) {
	if p.Port != nil && p.Port.StrVal != "" {
		p.Port = &intstr.IntOrString{IntVal: 80}
	}
}

func asTCP(p *networkingv1.NetworkPolicyPort) {
	if *p.Protocol == "SCTP" {
		*p.Protocol = "TCP"
	}
}

func (q *question) everyNamespace() {
	var out []networkingv1.NetworkPolicy
	for name := range q.Namespaces {
		for _, p := range q.Policies {
			p := *p.DeepCopy()
			p.Namespace = name
			out = append(out, p)
		}
	}
	q.Policies = out
}
