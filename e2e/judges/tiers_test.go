package judges

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	npav1 "sigs.k8s.io/network-policy-api/apis/v1alpha2"
	"sigs.k8s.io/yaml"

	cluster "github.com/npgen/npgen/gen/dialect/clusternetworkpolicy/read"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	neutral "github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	clusters "github.com/npgen/npgen/gen/world"
)

// tiered is a world with ClusterNetworkPolicies, as they are written.
type tiered struct {
	*world
	tiers []tree
}

// randomTiers makes a small cluster with policies of both kinds, in every field form whose meaning policies have alone.
func randomTiers(seed uint64, withPolicies bool) *tiered {
	g := rawGenerator{rand.New(rand.NewPCG(seed, 4))}
	w := randomWorld(seed)
	for i := range w.pods {
		w.pods[i].HostNetwork = false // the API leaves open what policies do with such pods' packets
	}
	w.policies = w.policies[:g.IntN(min(3, len(w.policies))+1)]
	if !withPolicies {
		w.policies = nil
	}
	out := &tiered{world: w}
	for i := range 1 + g.IntN(5) {
		if tier := g.tier(i, w.v6, withPolicies); withPolicies || !leavesOut(tier, false) {
			out.tiers = append(out.tiers, tier)
		}
	}
	return out
}

func (g rawGenerator) tier(i int, v6, ofPods bool) tree {
	spec := tree{"tier": pick(g.Rand, []string{"Admin", "Baseline"}), "priority": i*100 + g.IntN(100), "subject": g.clusterPods()}
	for _, direction := range []string{"ingress", "egress"} {
		if g.one(3) {
			if g.one(2) {
				spec[direction] = []any{}
			}
			continue
		}
		var rules []any
		for range 1 + g.IntN(4) {
			rules = append(rules, g.tierRule(direction, v6, ofPods))
		}
		spec[direction] = rules
	}
	return tree{
		"apiVersion": cluster.APIVersion, "kind": cluster.Kind, "spec": spec, "metadata": tree{"name": fmt.Sprintf("c%d", i)},
	}
}

// leavesOut reports whether a selector of namespaces in a tree asks for a label that is not there, or has not a value.
func leavesOut(v any, ofNamespaces bool) bool {
	switch v := v.(type) {
	case tree:
		if ofNamespaces && (v["operator"] == "NotIn" || v["operator"] == "DoesNotExist") {
			return true
		}
		for key, e := range v {
			if leavesOut(e, ofNamespaces || key == "namespaces" || key == "namespaceSelector") {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return leavesOut(e, ofNamespaces) })
	}
	return false
}

func (g rawGenerator) clusterPods() tree {
	if g.one(3) {
		return tree{"namespaces": g.namespaces()}
	}
	pods := tree{"podSelector": g.selector("app", "tier")}
	if !g.one(3) { // without one it is every namespace
		pods["namespaceSelector"] = g.namespaces()
	}
	return tree{"pods": pods}
}

func (g rawGenerator) tierRule(direction string, v6, ofPods bool) tree {
	rule := tree{"action": pick(g.Rand, []string{"Accept", "Accept", "Deny", "Deny", "Pass"})}
	if g.one(4) {
		rule["name"] = "why"
	}
	var peers []any
	networks := false
	for range 1 + g.IntN(3) {
		if direction == "egress" && g.one(4) {
			peers, networks = append(peers, tree{"networks": g.networks(v6, ofPods)}), true
			continue
		}
		peers = append(peers, g.clusterPods())
	}
	rule[map[string]string{"ingress": "from", "egress": "to"}[direction]] = peers
	if g.one(2) {
		return rule
	}
	var protocols []any
	for range 1 + g.IntN(3) {
		if !networks && g.one(3) {
			protocols = append(protocols, tree{"destinationNamedPort": pick(g.Rand, []string{"web", "dns", "peer", "unknown"})})
			continue
		}
		port := tree{"number": pick(g.Rand, []int{53, 80, 81, 8080})}
		if g.one(3) {
			low := pick(g.Rand, []int{1, 53, 79, 80})
			port = tree{"range": tree{"start": low, "end": pick(g.Rand, []int{low + 1, low + 40, 65535})}}
		}
		protocols = append(protocols, tree{pick(g.Rand, []string{"tcp", "tcp", "udp", "sctp"}): tree{"destinationPort": port}})
	}
	rule["protocols"] = protocols
	return rule
}

// networks is some addresses that no pod of the world has, or all of the family, which pods have, too.
func (g rawGenerator) networks(v6, ofPods bool) []any {
	if !ofPods {
		return pick(g.Rand, map[bool][][]any{true: {{"2001:db8::/32"}, {"2001:db8:ff::/48", "2001:dead::/32"}}, false: {{"192.0.2.7/23"}, {"192.0.2.0/24", "198.51.100.7/32"}}}[v6])
	}
	if v6 {
		return pick(g.Rand, [][]any{{"::/0"}, {"0.0.0.0/0", "::/0"}, {"2001:db8::/32"}, {"2001:db8:0:1::/64", "2001:db8:ff::/48"}})
	}
	return pick(g.Rand, [][]any{{"0.0.0.0/0"}, {"0.0.0.0/0", "::/0"}, {"192.0.2.0/24"}, {"192.0.2.7/23", "198.51.100.7/32"}})
}

// both returns the world as a judge takes it and as npgen does, with the known differences of an engine about
// NetworkPolicies.
func (w *tiered) both(engine string) (*Cluster, *witness, error) {
	c, err := w.cluster()
	if err != nil {
		return nil, nil, err
	}
	q, err := w.witness(differencesOf(engine)...)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range w.tiers {
		data, err := json.Marshal(t)
		if err != nil {
			return nil, nil, err
		}
		var object npav1.ClusterNetworkPolicy
		if err := yaml.UnmarshalStrict(data, &object); err != nil {
			return nil, nil, err
		}
		c.Tiers = append(c.Tiers, object)
		means, _, err := cluster.Policy(data)
		if err != nil {
			return nil, nil, err
		}
		q.Cluster.Others = append(q.Cluster.Others, clusters.OtherPolicy{Policy: means})
	}
	q.evaluator = flows.New(q.Cluster)
	return c, q, nil
}

func (w *tiered) String() string {
	text := []string{w.world.String()}
	for _, t := range w.tiers {
		data, _ := yaml.Marshal(t)
		text = append(text, string(data))
	}
	return strings.Join(text, "---\n")
}

// asKubenetpol answers as kube-network-policies does: there a pod that any NetworkPolicy selects is not asked of tier
// Baseline in either direction (v1.1.1, pkg/networkpolicy/networkpolicy.go, EvaluateEgress), while isolation is by direction
// (Network Policies, The two sorts of pod isolation).
func (w *tiered) asKubenetpol(q *witness) func(Probe) bool {
	without := *q
	without.Cluster.Others = slices.DeleteFunc(slices.Clone(q.Cluster.Others), func(o clusters.OtherPolicy) bool { return o.Tier == neutral.Baseline })
	without.evaluator, without.known = flows.New(without.Cluster), map[[2]Side]sets.Ports{}
	of := func(s Side) *witness {
		if s.Pod < 0 {
			return q
		}
		for _, p := range q.Cluster.Policies {
			if pod := &w.pods[s.Pod]; p.Namespace == pod.Namespace && selects(p.Subject, pod.Labels) {
				return &without
			}
		}
		return q
	}
	return func(p Probe) bool {
		from, to := q.end(p.From), q.end(p.To)
		ports := of(p.From).evaluator.Egress(from, to).Ports.Intersect(of(p.To).evaluator.Ingress(from, to).Ports)
		return ports.Contains(protocolNumber(p.Protocol), p.Port)
	}
}

func protocolNumber(p corev1.Protocol) graph.Protocol {
	i := slices.IndexFunc(graph.Protocols(), func(q graph.Protocol) bool { return protocolOf(q) == p })
	return graph.Protocols()[i]
}

// asCilium answers as Cilium does. It is asked of worlds without NetworkPolicies, as in 1.20 an Accept of tier Baseline opens
// pods that one isolates; without networks that pods have, which it takes for addresses outside of the cluster unless
// policy-cidr-match-mode holds pods; and without selectors of namespaces that leave labels out, by which it selects, too,
// what is in no namespace.
func (w *tiered) asCilium(q *witness) func(Probe) bool { return q.allowed }

// TestTiers holds npgen's evaluator to engines that know ClusterNetworkPolicies.
func TestTiers(t *testing.T) {
	const worlds, probes = 110, 100
	for _, e := range []struct {
		Engine
		withPolicies bool
		as           func(*tiered, *witness) func(Probe) bool
	}{{Engine{"kubenetpol", newKubenetpol}, true, (*tiered).asKubenetpol}, {Engine{"cilium", newCilium}, false, (*tiered).asCilium}} {
		asked, allowed, differences, known := 0, 0, 0, 0
		for i := range uint64(worlds * *scale) {
			w := randomTiers(*seed<<32+i, e.withPolicies)
			cluster, npgen, err := w.both(e.Name)
			if err != nil {
				t.Fatalf("%v\n%s", err, w)
			}
			judge, err := e.New(cluster)
			if err != nil {
				t.Fatalf("%s: %v\n%s", e.Name, err, w)
			}
			as := e.as(w, npgen)
			for _, p := range w.probes(rand.New(rand.NewPCG(*seed, i)), probes) {
				got, err := judge.Allowed(p)
				if err != nil {
					t.Fatalf("%s: %v\n%s", e.Name, err, w)
				}
				if asked++; got {
					allowed++
				}
				want := as(p)
				if want != npgen.allowed(p) {
					known++
				}
				if got != want {
					if differences++; differences <= 3 {
						t.Errorf("%s says %s, npgen says %s: %s\n%s", e.Name, word(got), word(want), w.show(p), w)
					}
				}
			}
		}
		t.Logf("tiers: %s: %d probes, %d allowed, %d differences, known differences met on %d probes", e.Name, asked, allowed, differences, known)
	}
}
