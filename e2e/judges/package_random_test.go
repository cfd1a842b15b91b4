package judges

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	clusters "github.com/npgen/npgen/gen/world"
)

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// talkGenerator chooses packages. Most of them are legal; npgen refuses the others.
type talkGenerator struct {
	rawGenerator
	*talk
}

func randomTalk(seed uint64) *talk {
	g := &talkGenerator{rawGenerator{rand.New(rand.NewPCG(seed, 3))}, &talk{}}
	g.profile = pick(g.Rand, []string{"kube-dns", "kube-dns", "coredns", "openshift", "node-local"})
	g.perLoad, g.noDNS, g.byEdge = g.one(2), g.one(4), g.one(2)
	g.isolate = pick(g.Rand, []string{"", "", "", "ingress", "egress", "none", "both", "both"})
	if g.one(2) {
		g.internet = []string{"203.0.113.0/25"}
	}
	g.chooseSpaces()
	for i, name := range []string{"web", "api", "db", "job", "cache", "all", "default"}[:3+g.IntN(5)] {
		g.workloads = append(g.workloads, g.workload(i, name))
	}
	g.chooseOutside()
	g.chooseGroups()
	for range 2 + g.IntN(8) {
		g.edges = append(g.edges, g.edge())
	}
	return g.talk
}

func (g *talkGenerator) chooseSpaces() {
	g.spaces = []*space{{name: "shop", owned: true}}
	if g.one(2) {
		g.spaces = append(g.spaces, &space{name: "store", owned: true})
	}
	for _, s := range g.spaces {
		if g.one(3) {
			s.isolate = pick(g.Rand, []string{"ingress", "egress", "both", "none"})
		}
		if g.one(3) {
			perLoad := g.one(2)
			s.perLoad = &perLoad
		}
	}
	if g.one(2) {
		g.spaces = append(g.spaces, &space{name: "tools"})
	}
	if g.one(2) {
		g.spaces = append(g.spaces, &space{name: "team", byLabels: true, labels: pick(g.Rand, []map[string]string{{"team": "red"}, {"team": "red", "env": "live"}, {}})})
	}
}

func (g *talkGenerator) workload(i int, name string) *workload {
	w := &workload{space: pick(g.Rand, g.spaces), name: name}
	switch g.IntN(6) {
	case 0:
		w.labels = map[string]string{"app": name, "tier": pick(g.Rand, []string{"front", "back"})}
	case 1:
		w.expressions = []metav1.LabelSelectorRequirement{{Key: "app", Operator: "In", Values: []string{name, name + "-old"}}}
	case 2:
		w.labels = map[string]string{"app": name}
		w.expressions = []metav1.LabelSelectorRequirement{pick(g.Rand, []metav1.LabelSelectorRequirement{
			{Key: "tier", Operator: "NotIn", Values: []string{"front"}}, {Key: "tier", Operator: "Exists"}, {Key: "tier", Operator: "DoesNotExist"},
		})}
	}
	for n, ports := range [][]port{{{"http", 8080, 8080, "TCP"}}, {{"range", 9000, 9000 + g.IntN(20), "TCP"}}, {{"dns", 53, 53, "UDP"}}, {{"assoc", 100, 100, "SCTP"}}} {
		if g.IntN(n+1) == 0 && !g.one(5) {
			w.ports = append(w.ports, ports...)
		}
	}
	if w.space.owned {
		if g.one(4) {
			w.isolate = pick(g.Rand, []string{"both", "both", "ingress", "egress", "none"})
			if g.isolatesWhole(w.space, ingress) || g.isolatesWhole(w.space, egress) { // a workload may only add to it
				w.isolate = pick(g.Rand, []string{"both", "both", "both", "both", w.isolate})
			}
		}
		if g.one(6) {
			dns := g.one(2)
			w.dns = &dns
		}
		w.hostNetwork = i > 3 && g.one(5)
	}
	return w
}

func (g *talkGenerator) chooseOutside() {
	if g.one(2) {
		g.externals = append(g.externals, &external{
			name: "cdn", cidrs: []string{"198.51.100.0/24", "2001:db8::/32"}, ports: []port{{"https", 443, 443, "TCP"}},
			except: pick(g.Rand, [][]string{nil, {"198.51.100.128/25"}, {"198.51.100.0/26", "2001:db8:1::/48"}}),
		})
	}
}

func (g *talkGenerator) chooseGroups() {
	for _, name := range []string{"backs", "fronts"}[:g.IntN(3)] {
		n := &group{name: name}
		for range 1 + g.IntN(3) {
			n.members = append(n.members, g.inside())
		}
		g.groups = append(g.groups, n)
	}
}

// inside is a peer of pods.
func (g *talkGenerator) inside() peer {
	if g.IntN(4) > 0 {
		w := pick(g.Rand, g.workloads)
		for w.hostNetwork {
			w = g.workloads[0]
		}
		return peer{text: w.key(g.talk), workload: w}
	}
	s := pick(g.Rand, g.spaces)
	switch {
	case g.one(5):
		return peer{text: "*/*", own: true}
	case s == g.spaces[0]:
		return peer{text: "*", whole: s}
	}
	return peer{text: s.name + "/*", whole: s}
}

// outside is a peer of addresses, or everyone.
func (g *talkGenerator) outside() peer {
	switch g.IntN(4) {
	case 0:
		return peer{text: "any", everyone: true}
	case 1:
		return peer{text: "internet", internet: true}
	case 2:
		cidr := pick(g.Rand, []string{"192.0.2.0/24", "10.244.0.0/29", "2001:db8::/32"})
		text := cidr
		if netip.MustParsePrefix(cidr).Addr().Is6() {
			text = "[" + cidr + "]"
		}
		return peer{text: text, addresses: &external{cidrs: []string{cidr}}}
	}
	if len(g.externals) == 0 {
		return peer{text: "any", everyone: true}
	}
	return peer{text: g.externals[0].name, addresses: g.externals[0]}
}

func (g *talkGenerator) side() []peer {
	if len(g.groups) > 0 && g.one(4) {
		n := pick(g.Rand, g.groups)
		return []peer{{text: n.name, group: n}}
	}
	out := []peer{g.inside()}
	if g.one(6) {
		out = append(out, g.inside())
	}
	return out
}

func (g *talkGenerator) edge() *edge {
	e := &edge{from: g.side(), to: g.side()}
	switch g.IntN(7) {
	case 0:
		e.from = []peer{g.outside()}
	case 1:
		e.to = []peer{g.outside()}
	case 2:
		e.to = []peer{{text: "dns", dns: true}}
		return e
	}
	if g.one(8) {
		e.half = pick(g.Rand, []string{"ingress", "egress"})
	}
	g.choosePorts(e)
	return e
}

// choosePorts leaves them to the targets where every target declares some, else chooses numbers.
func (g *talkGenerator) choosePorts(e *edge) {
	declared := true
	for _, to := range flat(e.to) {
		declared = declared && (to.workload != nil && to.workload.ports != nil || to.addresses != nil && to.addresses.ports != nil)
	}
	if declared && g.IntN(3) > 0 {
		if to := flat(e.to); len(to) == 1 && to[0].workload != nil && g.one(2) {
			e.names = []string{pick(g.Rand, to[0].workload.ports).name}
		}
		return
	}
	choices := [][]port{
		{{}},
		{{lo: 80, hi: 80, protocol: "TCP"}},
		{{lo: 443, hi: 443, protocol: "TCP"}, {lo: 443, hi: 443, protocol: "UDP"}},
		{{lo: 7000, hi: 7010, protocol: "TCP"}},
		{{lo: 7005, hi: 7100, protocol: "TCP"}, {lo: 8080, hi: 8080, protocol: "TCP"}},
		{{lo: 5, hi: 5, protocol: "SCTP"}},
		{{lo: 1, hi: 65535, protocol: "TCP"}},
	}
	if e.half == "" && e.except == nil && len(e.from) == 1 && len(e.to) == 1 { // only the short form has all ports of a protocol
		choices = append(choices, []port{{protocol: "UDP"}}, []port{{protocol: "TCP"}})
	}
	e.ports = pick(g.Rand, choices)
}

// inhabit adds to the pods of a package those that it does not declare: with random labels, in every namespace, and DNS
// servers of every profile.
func (g rawGenerator) inhabit(w *world) {
	for i := range 6 + g.IntN(6) {
		labels := map[string]string{}
		choices := map[string][]string{"app": {"web", "api", "db", "job", "web-old", "cache"}, "tier": {"front", "back"}, "k8s-app": {"kube-dns"}}
		for _, key := range sorted(choices) {
			if g.one(2) {
				labels[key] = pick(g.Rand, choices[key])
			}
		}
		namespace := pick(g.Rand, []string{"shop", "shop", "shop", "store", "store", "tools", "team", "red", "elsewhere"})
		w.pods = append(w.pods, clusters.Pod{Namespace: namespace, Name: fmt.Sprintf("extra%d", i), Labels: labels})
	}
	w.namespaces["red"] = map[string]string{"team": "red", "env": pick(g.Rand, []string{"live", "test"})}
	for i, labels := range []map[string]string{{"k8s-app": "kube-dns"}, {"k8s-app": "coredns"}, {"k8s-app": "other"}} {
		w.pods = append(w.pods, clusters.Pod{Namespace: "kube-system", Name: fmt.Sprintf("dns%d", i), Labels: labels})
	}
	w.pods = append(w.pods, clusters.Pod{Namespace: "openshift-dns", Name: "dns", Labels: map[string]string{"dns.operator.openshift.io/daemonset-dns": "default"}})
	w.outside = nil
	for _, text := range []string{"198.51.100.1", "198.51.100.200", "198.51.101.1", "203.0.113.5", "203.0.113.200", "10.9.9.9", "192.0.2.9", "169.254.20.10", "8.8.8.8", "2001:db8::9", "2001:db8:1::9", "2a00::1", "fd12::1"} {
		if a := netip.MustParseAddr(text); a.Is6() == w.v6 {
			w.outside = append(w.outside, a)
		}
	}
}
