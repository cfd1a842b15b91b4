package gen_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// randomPackage is a package as CUE that can be written in any order.
type randomPackage struct {
	name string
	// fields are declarations of the top level, each complete in itself.
	fields []string
	// edges are the elements of `allow`, which stand under topics.
	edges []string
}

// source writes the package, its declarations and its edges in the order that r gives.
func (p *randomPackage) source(r *rand.Rand) string {
	fields := append([]string(nil), p.fields...)
	topics := 1 + r.IntN(3)
	lists := make([][]string, topics)
	for _, i := range r.Perm(len(p.edges)) {
		t := r.IntN(topics)
		lists[t] = append(lists[t], p.edges[i])
	}
	for i, l := range lists {
		fields = append(fields, fmt.Sprintf("allow: t%d: [\n\t%s\n]", i, strings.Join(l, ",\n\t")))
	}
	r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	return "package " + p.name + "\n\n" + strings.Join(fields, "\n") + "\n"
}

// generator makes packages that are mostly legal. Its choices are r's alone.
type generator struct {
	*rand.Rand
	packages []*randomPackage
	// owned and peers are the namespaces by name; selected those by labels.
	owned, peers, selected []string
	// workloads are ns/name, selectors what their pods are selected by.
	workloads []string
	selectors map[string]string
}

func (g *generator) one(of ...string) string { return of[g.IntN(len(of))] }

// chance is true n times out of 100.
func (g *generator) chance(n int) bool { return g.IntN(100) < n }

func randomPackages(seed uint64) []*randomPackage {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 77)), selectors: map[string]string{}}
	grouping := g.one("workload", "edge")
	for i := range 1 + g.IntN(3) {
		g.packages = append(g.packages, &randomPackage{name: fmt.Sprintf("p%d", i)})
	}
	for i, p := range g.packages {
		g.namespaces(p, i)
		p.add("output: {name: %q, grouping: %q}", p.name, grouping)
	}
	for i, p := range g.packages {
		g.pods(p, i)
	}
	for i, p := range g.packages {
		g.talk(p, i)
	}
	return g.packages
}

func (p *randomPackage) add(format string, args ...any) {
	p.fields = append(p.fields, fmt.Sprintf(format, args...))
}

func (g *generator) namespaces(p *randomPackage, i int) {
	ns := fmt.Sprintf("n%d", i)
	g.owned = append(g.owned, ns)
	if g.chance(80) {
		p.add("namespace: %q", ns)
	} else {
		p.add("namespaces: %q: {}", ns)
	}
	deny := g.one("namespace", "workload")
	p.add("deny: %q", deny)
	if deny == "workload" || g.chance(70) {
		p.add("isolate: %q", g.one("both", "both", "ingress", "egress", "none"))
	}
	if g.chance(30) {
		more := ns + "-more"
		g.owned = append(g.owned, more)
		p.add("namespaces: %q: {isolate: %q, deny: %q}", more, g.one("both", "ingress", "egress", "none"), g.one("namespace", "workload"))
	}
	if i == 0 && g.chance(40) {
		p.add("namespaces: elsewhere: owned: false")
		g.peers = append(g.peers, "elsewhere")
	}
	if i == 0 && g.chance(40) {
		p.add("namespaces: team: labels: team: %q", g.one("ops", "dev"))
		g.selected = append(g.selected, "team")
	}
	switch g.IntN(4) {
	case 0:
		p.add("dns: auto: false")
	case 1:
		p.add("dns: profile: %q", g.one("coredns", "openshift", "node-local"))
	}
}

// names hold what may be confused with a part of an object's name.
var names = []string{
	"api", "db", "web", "all", "all-namespaces", "1", "a-allow-from-b", "a-allow-egress-to-b", "x-allow-dns",
	"default-deny", "10-0-0-0-8", "internet-x", strings.Repeat("long-", 12) + "xyz",
}

func (g *generator) pods(p *randomPackage, i int) {
	namespaces := []string{}
	for _, ns := range g.owned {
		if strings.HasPrefix(ns, fmt.Sprintf("n%d", i)) {
			namespaces = append(namespaces, ns)
		}
	}
	if i == 0 {
		namespaces = append(namespaces, g.peers...)
		namespaces = append(namespaces, g.selected...)
	}
	for _, ns := range namespaces {
		for _, at := range g.Perm(len(names))[:1+g.IntN(4)] {
			name := ns + "/" + names[at]
			g.workloads = append(g.workloads, name)
			g.selectors[name] = g.selector()
			p.add("workloads: %q: %s", name, g.workload(ns, g.selectors[name]))
		}
	}
	if i == 0 {
		if g.chance(20) {
			p.add(`workloads: "n0/host": hostNetwork: true`)
		}
		return
	}
	// A package may list a workload of another's namespace, with fewer ports.
	if other := g.one(g.workloads...); strings.HasPrefix(other, "n0/") {
		p.add("namespaces: n0: owned: false")
		p.add("workloads: %q: {%s}", other, g.selectors[other])
	}
}

// selector returns the fields that select a workload's pods: mostly none, for the default.
func (g *generator) selector() string {
	switch g.IntN(10) {
	case 0:
		return fmt.Sprintf(`labels: {tier: %q, role: %q}`, g.one("a", "b"), g.one("a", "b", "c", "d", "e"))
	case 1:
		return fmt.Sprintf(`expressions: [{key: "kind", operator: "In", values: [%q, %q]}]`, g.one("a", "b", "c"), g.one("d", "e", "f"))
	case 2:
		return fmt.Sprintf(`labels: app: "x", expressions: [{key: %q, operator: %q}]`, g.one("a", "b"), g.one("Exists", "DoesNotExist"))
	}
	return ""
}

func (g *generator) workload(ns, selector string) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if selector != "" {
		add("%s", selector)
	}
	add("ports: {http: %d, dns: \"53/udp\", range: \"%d-9000\"}", 80+g.IntN(3), 8000+g.IntN(3))
	if strings.HasPrefix(ns, "n") {
		if g.chance(15) {
			add("isolate: %q", g.one("both", "both", "ingress", "egress", "none"))
		}
		if g.chance(15) {
			add("dns: %t", g.chance(70))
		}
		if g.chance(5) {
			add("elsewhere: true")
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (g *generator) talk(p *randomPackage, i int) {
	p.add(`external: saas: {cidrs: ["192.0.2.0/24", "2001:db8::/32"], except: ["192.0.2.%d/32"], ports: https: 443}`, g.IntN(256))
	p.add(`apiserver: {cidrs: ["10.9.8.7/32"], ports: [6443]}`)
	var members []string
	for range 1 + g.IntN(3) {
		members = append(members, fmt.Sprintf("%q", g.subject()))
	}
	p.add("groups: some: [%s]", strings.Join(members, ", "))
	p.add(`groups: more: ["some", %q]`, g.subject())
	for range g.IntN(12) {
		p.edges = append(p.edges, g.edge())
	}
}

func (g *generator) subject() string {
	switch g.IntN(8) {
	case 0:
		return g.one(g.owned...) + "/*"
	case 1:
		if all := append(g.peers, g.selected...); len(all) > 0 {
			return g.one(all...) + "/*"
		}
	case 2:
		if g.chance(50) {
			return "*/*"
		}
	}
	return g.one(g.workloads...)
}

func (g *generator) outside() string {
	return g.one("any", "internet", "saas", "10.0.0.0/8", "10.1.2.0/24", "[2001:db8:1::/48]", "0.0.0.0/0")
}

func (g *generator) edge() string {
	from, to := g.subject(), g.subject()
	switch g.IntN(10) {
	case 0:
		from = "some"
	case 1:
		to = "more"
	case 2, 3:
		from = g.outside()
	case 4, 5:
		to = g.outside()
	case 6:
		to = g.one("dns", "apiserver", "dns:53/udp", "dns:853", "apiserver:443")
		return fmt.Sprintf("%q", from+" -> "+to)
	}
	if g.chance(15) {
		return fmt.Sprintf("{from: [%q], to: %q, ports: [80, \"81/udp\"], why: %q, half: %q}", from, to, g.one("", "a", "b\nc"), g.one("ingress", "egress"))
	}
	ports := g.one("80", "80,81", "443", "53/udp", "8000-8010", "*", "*/udp", "1-65535", "7/sctp,7", "79-82")
	return fmt.Sprintf("%q", from+" -> "+to+":"+ports)
}
