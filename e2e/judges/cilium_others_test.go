package judges

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	"sigs.k8s.io/yaml"

	ciliumread "github.com/npgen/npgen/gen/dialect/cilium/read"
	"github.com/npgen/npgen/gen/flows"
	clusters "github.com/npgen/npgen/gen/world"
)

// foreign is a world with CiliumNetworkPolicies that anyone wrote, beside NetworkPolicies.
type foreign struct {
	*world
	objects []tree
}

func randomForeign(seed uint64) *foreign {
	g := rawGenerator{rand.New(rand.NewPCG(seed, 5))}
	w := randomWorld(seed)
	for i := range w.pods {
		w.pods[i].HostNetwork = false // nodes have identities of their own
	}
	w.policies = w.policies[:g.IntN(min(2, len(w.policies))+1)]
	out := &foreign{world: w}
	for i := range 1 + g.IntN(5) {
		out.objects = append(out.objects, g.ciliumPolicy(i))
	}
	return out
}

func (g rawGenerator) ciliumPolicy(i int) tree {
	spec := tree{"endpointSelector": g.endpoints(false)}
	for _, direction := range []string{"ingress", "egress"} {
		for _, field := range []string{direction, direction + "Deny"} {
			if g.one(3) || field != direction && !g.one(3) {
				continue
			}
			rules := []any{}
			for range g.IntN(4) {
				rules = append(rules, g.ciliumRule(direction))
			}
			spec[field] = rules
		}
	}
	if g.one(4) {
		spec["enableDefaultDeny"] = tree{pick(g.Rand, []string{"ingress", "egress"}): g.one(2)}
	}
	return tree{
		"apiVersion": ciliumread.APIVersion, "kind": ciliumread.Namespaced, "spec": spec,
		"metadata": tree{"name": fmt.Sprintf("o%d", i), "namespace": pick(g.Rand, []string{"a", "a", "b", "c"})},
	}
}

// endpoints is a selector in Cilium's words, of a peer also with labels of namespaces.
func (g rawGenerator) endpoints(isPeer bool) tree {
	labels := tree{}
	key := func(name string) string { return pick(g.Rand, []string{"", "k8s:", "any:"}) + name }
	if g.one(2) {
		labels[key("app")] = pick(g.Rand, []string{"u", "v", "w"})
	}
	if g.one(4) {
		labels[key("tier")] = pick(g.Rand, []string{"u", "v"})
	}
	if isPeer && g.one(3) {
		labels["k8s:io.kubernetes.pod.namespace"] = pick(g.Rand, []string{"a", "b", "c"})
	} else if isPeer && g.one(5) {
		labels["k8s:io.cilium.k8s.namespace.labels.team"] = pick(g.Rand, []string{"x", "y"})
	}
	out := tree{}
	if len(labels) > 0 || g.one(2) {
		out["matchLabels"] = labels
	}
	if g.one(4) {
		e := tree{"key": key("example.com/role"), "operator": pick(g.Rand, []string{"In", "NotIn", "Exists", "DoesNotExist"})}
		if e["operator"] == "In" || e["operator"] == "NotIn" {
			e["values"] = []any{pick(g.Rand, []string{"u", "v", "w"})}
		}
		out["matchExpressions"] = []any{e}
	}
	return out
}

func (g rawGenerator) ciliumRule(direction string) tree {
	prefix := map[string]string{"ingress": "from", "egress": "to"}[direction]
	rule := tree{}
	for n := range 1 + g.IntN(8)/7 { // peers of two kinds are refused
		switch (g.IntN(6) + n) % 6 {
		case 0, 1, 2:
			var list []any
			for range 1 + g.IntN(2) {
				list = append(list, g.endpoints(true))
			}
			rule[prefix+"Endpoints"] = list
			if g.one(8) {
				rule[prefix+"Endpoints"] = []any{}
			}
		case 3:
			rule[prefix+"CIDR"] = []any{pick(g.Rand, []string{"192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "198.51.100.7"})}
		case 4:
			rule[prefix+"CIDRSet"] = []any{tree{"cidr": "192.0.0.0/16", "except": []any{pick(g.Rand, []string{"192.0.2.128/25", "192.0.3.0/24", "10.0.0.0/8"})}}}
		case 5:
			rule[prefix+"Entities"] = []any{pick(g.Rand, []string{"all", "world", "cluster", "world-ipv4", "world-ipv6", "none", "nobody"})}
		}
	}
	if g.one(8) {
		rule = tree{}
	}
	if g.one(2) {
		var list []any
		for range 1 + g.IntN(2) {
			list = append(list, g.ciliumPort())
		}
		rule["toPorts"] = []any{tree{"ports": list}}
	}
	return rule
}

func (g rawGenerator) ciliumPort() tree {
	out := tree{"port": pick(g.Rand, []string{"53", "80", "81", "8080", "0", "web", "peer"})}
	if !g.one(4) {
		out["protocol"] = pick(g.Rand, []string{"TCP", "TCP", "UDP", "SCTP", "ANY"})
	}
	if g.one(4) && out["port"] == "80" {
		out["endPort"] = pick(g.Rand, []int{81, 120, 8080})
	}
	return out
}

func (w *foreign) String() string {
	text := []string{w.world.String()}
	for _, t := range w.objects {
		data, _ := yaml.Marshal(t)
		text = append(text, string(data))
	}
	return strings.Join(text, "---\n")
}

// both returns the objects as Cilium takes them, and the world as npgen does. What one of them refuses the other must
// refuse, and it is left out.
func (w *foreign) both(t *testing.T) (*Cluster, []*v2.CiliumNetworkPolicy, *witness, int) {
	t.Helper()
	c, err := w.cluster()
	if err != nil {
		t.Fatal(err)
	}
	q, err := w.witness(differencesOf("cilium")...)
	if err != nil {
		t.Fatal(err)
	}
	prepare()
	refused := 0
	var taken []*v2.CiliumNetworkPolicy
	for _, o := range w.objects {
		data, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var object v2.CiliumNetworkPolicy
		if err := yaml.UnmarshalStrict(data, &object); err != nil {
			t.Fatal(err)
		}
		_, fault := object.DeepCopy().Parse(slog.New(slog.DiscardHandler), clusterName)
		read, err := ciliumread.Object(data)
		if err != nil {
			t.Fatal(err)
		}
		policies, _, err := ciliumread.Neutral(&read)
		if (fault == nil) != (err == nil) {
			t.Errorf("Cilium says %v, npgen says %v\n%s", fault, err, data)
		}
		if fault != nil || err != nil {
			refused++
			continue
		}
		taken = append(taken, &object)
		for _, p := range policies {
			q.Cluster.Others = append(q.Cluster.Others, clusters.OtherPolicy{Policy: p})
		}
	}
	q.evaluator = flows.New(q.Cluster)
	return c, taken, q, refused
}

// TestForeignObjects holds what npgen says of CiliumNetworkPolicies that anyone wrote to Cilium's engine.
func TestForeignObjects(t *testing.T) {
	const worlds, probes = 110, 100
	asked, allowed, differences, refused := 0, 0, 0, 0
	for i := range uint64(worlds * *scale) {
		w := randomForeign(*seed<<32 + i)
		cluster, taken, npgen, n := w.both(t)
		refused += n
		judge, err := newCiliumObjects(cluster, taken, Outside{})
		if err != nil {
			t.Fatalf("%v\n%s", err, w)
		}
		for _, p := range w.probes(rand.New(rand.NewPCG(*seed, i)), probes) {
			egress, ingress, err := judge.Verdicts(p)
			if err != nil {
				t.Fatalf("%v\n%s", err, w)
			}
			got := egress.Open && ingress.Open
			if asked++; got {
				allowed++
			}
			if want := npgen.allowed(p); got != want {
				if differences++; differences <= 3 {
					t.Errorf("cilium says %s, npgen says %s: %s\n%s", word(got), word(want), w.show(p), w)
				}
			}
		}
	}
	t.Logf("foreign objects: cilium: %d probes, %d allowed, %d differences; %d objects refused by both", asked, allowed, differences, refused)
}
