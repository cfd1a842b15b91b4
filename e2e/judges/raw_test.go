package judges

import (
	"fmt"
	"math/rand/v2"
	"net/netip"

	"github.com/npgen/npgen/gen/graph"
	clusters "github.com/npgen/npgen/gen/world"
)

// randomWorld makes a small cluster with policies of every field form: absent, empty and full fields, all operators,
// peers of both families, ports by number, range and name.
func randomWorld(seed uint64) *world {
	g := rawGenerator{rand.New(rand.NewPCG(seed, 2))}
	w := &world{v6: g.one(4), namespaces: map[string]map[string]string{"a": {"team": "x"}, "b": {"team": "y", "env": ""}, "c": nil}}
	for i := range 2 + g.IntN(6) {
		w.pods = append(w.pods, g.pod(i))
	}
	for i := range 2 + g.IntN(7) {
		w.policies = append(w.policies, g.policy(i))
	}
	w.outside = outsideAddresses(w.v6)
	return w
}

// outsideAddresses is addresses in and around the blocks of the generator.
func outsideAddresses(v6 bool) []netip.Addr {
	texts := []string{"192.0.2.1", "192.0.2.130", "192.0.3.1", "198.51.100.7", "203.0.113.200", "10.1.2.3", "0.0.0.1"}
	if v6 {
		texts = []string{"2001:db8::1", "2001:db8:0:1::1", "2001:db8:ff::1", "2001:dead::1", "fd00:1::1", "::2"}
	}
	var out []netip.Addr
	for _, t := range texts {
		out = append(out, netip.MustParseAddr(t))
	}
	return out
}

type rawGenerator struct{ *rand.Rand }

// one is true once in n times.
func (g rawGenerator) one(n int) bool { return g.IntN(n) == 0 }

func (g rawGenerator) pod(i int) clusters.Pod {
	p := clusters.Pod{Namespace: pick(g.Rand, []string{"a", "a", "a", "b", "b", "c"}), Name: fmt.Sprintf("p%d", i), Labels: g.labels(), HostNetwork: g.one(9)}
	for _, name := range []string{"web", "dns", "peer", "metrics"} {
		if g.one(2) {
			p.Ports = append(p.Ports, clusters.NamedPort{
				Name: name, Protocol: pick(g.Rand, []graph.Protocol{graph.TCP, graph.TCP, graph.UDP, graph.SCTP}), Port: pick(g.Rand, []int{80, 81, 53, 8080}),
			})
		}
	}
	return p
}

func (g rawGenerator) labels() map[string]string {
	out := map[string]string{}
	for _, key := range []string{"app", "tier", "example.com/role"} {
		if g.IntN(3) > 0 {
			out[key] = pick(g.Rand, []string{"u", "v", "w", "u", "v", ""})
		}
	}
	return out
}

func (g rawGenerator) policy(i int) tree {
	spec := tree{}
	if !g.one(8) {
		spec["podSelector"] = g.selector("app", "tier", "example.com/role")
	}
	switch g.IntN(6) {
	case 0:
		spec["policyTypes"] = []any{"Ingress"}
	case 1:
		spec["policyTypes"] = []any{"Egress"}
	case 2:
		spec["policyTypes"] = []any{"Egress", "Ingress"}
	case 3:
		spec["policyTypes"] = []any{}
	}
	g.rules(spec, "ingress", "from")
	g.rules(spec, "egress", "to")
	return tree{
		"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": spec,
		"metadata": tree{"name": fmt.Sprintf("n%d", i), "namespace": pick(g.Rand, []string{"a", "a", "a", "b", "b", "c"})},
	}
}

// rules sets a direction of a spec, or leaves it out.
func (g rawGenerator) rules(spec tree, direction, peers string) {
	switch g.IntN(6) {
	case 0, 1:
		return
	case 2:
		spec[direction] = pick(g.Rand, []any{[]any{}, nil})
		return
	}
	rules := []any{}
	for range 1 + g.IntN(3) {
		rule := tree{}
		g.list(rule, peers, g.peer)
		g.list(rule, "ports", func() any { return g.port() })
		rules = append(rules, rule)
	}
	spec[direction] = rules
}

// list sets a list of up to three, leaves it empty or leaves it out.
func (g rawGenerator) list(in tree, field string, element func() any) {
	switch g.IntN(12) {
	case 0:
		return
	case 1:
		in[field] = pick(g.Rand, []any{[]any{}, nil})
		return
	}
	out := []any{}
	for range 1 + g.IntN(3) {
		out = append(out, element())
	}
	in[field] = out
}

func (g rawGenerator) selector(keys ...string) tree {
	out := tree{}
	if g.one(3) {
		labels := tree{}
		for range g.IntN(3) {
			labels[pick(g.Rand, keys)] = g.value(keys)
		}
		out["matchLabels"] = labels
	}
	if g.one(2) {
		expressions := []any{}
		for range g.IntN(3) {
			e := tree{"key": pick(g.Rand, keys), "operator": pick(g.Rand, []string{"In", "NotIn", "Exists", "DoesNotExist"})}
			if e["operator"] == "In" || e["operator"] == "NotIn" {
				values := []any{}
				for range 1 + g.IntN(2) {
					values = append(values, g.value(keys))
				}
				e["values"] = values
			}
			expressions = append(expressions, e)
		}
		out["matchExpressions"] = expressions
	}
	return out
}

func (g rawGenerator) value(keys []string) string {
	if keys[0] == "team" {
		return pick(g.Rand, []string{"x", "y", "a", "b", ""})
	}
	return pick(g.Rand, []string{"u", "v", "w", "u", "v", "w", "u", "v", ""})
}

func (g rawGenerator) peer() any {
	switch g.IntN(4) {
	case 0:
		return tree{"ipBlock": g.block()}
	case 1:
		return tree{"podSelector": g.selector("app", "tier")}
	case 2:
		return tree{"namespaceSelector": g.namespaces()}
	}
	return tree{"podSelector": g.selector("app", "tier"), "namespaceSelector": g.namespaces()}
}

func (g rawGenerator) namespaces() tree {
	switch g.IntN(3) {
	case 0:
		return tree{}
	case 1:
		return tree{"matchLabels": tree{nameLabel: pick(g.Rand, []string{"a", "b", "c"})}}
	}
	return g.selector("team", "env", nameLabel)
}

func (g rawGenerator) block() tree {
	except := map[string][]any{
		"192.0.2.0/24":     {"192.0.2.128/25", "192.0.2.1/32", "192.0.2.0/30"},
		"192.0.2.7/23":     {"192.0.2.128/25", "192.0.3.0/24"},
		"0.0.0.0/0":        {"10.0.0.0/8", "192.0.2.0/24", "172.16.0.0/12", "192.0.2.1/32"},
		"10.0.0.0/8":       {"10.244.0.0/16", "10.244.0.2/31", "10.1.0.0/16"},
		"172.18.0.0/16":    {"172.18.0.2/32"},
		"198.51.100.7/32":  {},
		"2001:db8::/32":    {"2001:db8:0:1::/64", "2001:db8:ff::/48"},
		"::/0":             {"fd00::/8", "2001:db8::/32", "2001:db8::1/128"},
		"fd00:10:244::/64": {"fd00:10:244::2/127"},
	}
	cidrs := []string{"192.0.2.0/24", "192.0.2.7/23", "0.0.0.0/0", "10.0.0.0/8", "172.18.0.0/16", "198.51.100.7/32", "2001:db8::/32", "::/0", "fd00:10:244::/64"}
	cidr := pick(g.Rand, cidrs)
	out := tree{"cidr": cidr}
	if !g.one(3) {
		list := []any{}
		for _, e := range except[cidr] {
			if g.one(2) {
				list = append(list, e)
			}
		}
		out["except"] = list
	}
	return out
}

func (g rawGenerator) port() tree {
	out := tree{}
	if !g.one(3) {
		out["protocol"] = pick(g.Rand, []string{"TCP", "TCP", "UDP", "SCTP"})
	}
	switch g.IntN(5) {
	case 0: // all ports of the protocol
	case 1:
		out["port"] = pick(g.Rand, []string{"web", "dns", "peer", "metrics", "unknown"})
	case 2:
		low := pick(g.Rand, []int{1, 53, 79, 80, 1024})
		out["port"], out["endPort"] = low, pick(g.Rand, []int{low, low + 1, low + 40, 65535})
	default:
		out["port"] = pick(g.Rand, []int{53, 80, 81, 8080})
	}
	return out
}
