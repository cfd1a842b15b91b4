package judges

import (
	"maps"
	"net/netip"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// reading says what a package means, by docs/language.md and by nothing of npgen's code: the edges one by one, over the
// pods of a world.
type reading struct {
	talk  *talk
	world *world
	edges []arrow
}

// arrow is an edge between two peers that are no groups, with its ports.
type arrow struct {
	from, to peer
	ports    []port
	half     string
	requests []request
}

type direction int

const (
	ingress direction = 1 << iota
	egress
)

func newReading(t *talk, w *world) *reading {
	r := &reading{talk: t, world: w}
	for _, e := range t.edges {
		for _, from := range flat(e.from) {
			for _, to := range flat(e.to) {
				r.edges = append(r.edges, arrow{from, to, portsOf(e, to), e.half, e.requests})
			}
		}
	}
	return r
}

func flat(peers []peer) []peer {
	var out []peer
	for _, p := range peers {
		if p.group == nil {
			out = append(out, p)
		} else {
			out = append(out, flat(p.group.members)...)
		}
	}
	return out
}

// portsOf resolves the ports of an edge at one target.
func portsOf(e *edge, to peer) []port {
	var declared []port
	switch {
	case to.workload != nil:
		declared = to.workload.ports
	case to.addresses != nil:
		declared = to.addresses.ports
	case to.apiServer:
		declared = []port{{lo: 443, hi: 443, protocol: "TCP"}, {lo: 6443, hi: 6443, protocol: "TCP"}}
	case to.dns:
		return nil // dnsAllows
	}
	if e.ports == nil && e.names == nil {
		return declared
	}
	out := slices.Clone(e.ports)
	for _, name := range e.names {
		for _, p := range declared {
			if p.name == name {
				out = append(out, p)
			}
		}
	}
	return out
}

// allowed reports whether a flow is declared: both halves hold.
func (r *reading) allowed(p Probe) bool {
	return r.half(p, p.From, egress) && r.half(p, p.To, ingress)
}

func (r *reading) half(p Probe, subject Side, d direction) bool {
	if !r.isolated(subject, d) {
		return true
	}
	for _, e := range r.edges {
		if e.half != "" && (e.half == "ingress") != (d == ingress) {
			continue
		}
		end := map[direction]peer{egress: e.from, ingress: e.to}[d]
		if r.emits(end, d) && r.denotes(e.from, p.From) && r.opens(e, p) {
			return true
		}
	}
	return d == egress && r.dns(p)
}

// opens reports whether the far side of an edge is the destination, on one of its ports.
func (r *reading) opens(e arrow, p Probe) bool {
	if e.to.dns {
		return r.dnsAllows(p)
	}
	return r.denotes(e.to, p.To) && slices.ContainsFunc(e.ports, func(q port) bool { return q.holds(p) })
}

func (q port) holds(p Probe) bool {
	return (q.protocol == "" || q.protocol == string(p.Protocol)) && (q.hi == 0 || q.lo <= p.Port && p.Port <= q.hi)
}

// isolated reports whether anything declared isolates a pod.
func (r *reading) isolated(s Side, d direction) bool {
	if s.Pod < 0 || r.world.pods[s.Pod].HostNetwork {
		return false
	}
	for _, n := range r.talk.spaces {
		if r.inSpace(n, s) && r.talk.isolatesWhole(n, d) {
			return true
		}
	}
	return slices.ContainsFunc(r.talk.workloads, func(w *workload) bool {
		return w.space.owned && !w.hostNetwork && r.talk.isolates(w, d) && r.selects(w, s)
	})
}

func (t *talk) isolatesWhole(n *space, d direction) bool {
	perLoad := t.perLoad
	if n.perLoad != nil {
		perLoad = *n.perLoad
	}
	return n.owned && !perLoad && directions(n.isolate, t.isolate)&d != 0
}

func (t *talk) isolates(w *workload, d direction) bool {
	return directions(w.isolate, w.space.isolate, t.isolate)&d != 0
}

// directions reads the first that is given.
func directions(given ...string) direction {
	for _, s := range given {
		if s != "" {
			return map[string]direction{"both": ingress | egress, "ingress": ingress, "egress": egress, "none": 0}[s]
		}
	}
	return ingress | egress
}

// emits reports whether an end of an edge is a subject that is isolated, so that its half is written. A pod that `*`
// denotes is isolated only by a subject of its own namespace, and the half is written for each of them.
func (r *reading) emits(p peer, d direction) bool {
	switch {
	case p.workload != nil:
		return p.workload.space.owned && r.talk.isolates(p.workload, d)
	case p.whole != nil:
		return p.whole.owned
	}
	return p.own
}

// denotes reports whether a peer stands for a pod or an address.
func (r *reading) denotes(p peer, s Side) bool {
	switch {
	case p.everyone:
		return true
	case p.nodes: // to Cilium they are no addresses
		return s.Pod < 0 && (s.Addr == outsideOfCilium.Node || r.talk.onNode && s.Addr == outsideOfCilium.APIServer) || s.Pod >= 0 && r.world.pods[s.Pod].HostNetwork
	case p.apiServer:
		return s.Pod < 0 && s.Addr == outsideOfCilium.APIServer
	case s.Pod < 0:
		return p.addresses != nil && p.addresses.holds(s.Addr) || p.internet && r.internet(s.Addr)
	case r.world.pods[s.Pod].HostNetwork:
		return false
	case p.workload != nil:
		return r.selects(p.workload, s)
	case p.whole != nil:
		return r.inSpace(p.whole, s)
	}
	return p.own
}

func (r *reading) inSpace(n *space, s Side) bool {
	name := r.world.pods[s.Pod].Namespace
	if !n.byLabels {
		return n.name == name
	}
	return matches(n.labels, nil, r.world.labelsOf(name))
}

// labelsOf returns all labels of a namespace.
func (w *world) labelsOf(namespace string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, w.namespaces[namespace])
	out[nameLabel] = namespace
	return out
}

func (r *reading) selects(w *workload, s Side) bool {
	selector := w.selector()
	return r.inSpace(w.space, s) && matches(selector.MatchLabels, selector.MatchExpressions, r.world.pods[s.Pod].Labels)
}

func (w *workload) selector() metav1.LabelSelector {
	if w.labels == nil && w.expressions == nil {
		return metav1.LabelSelector{MatchLabels: map[string]string{"app": w.name}}
	}
	return metav1.LabelSelector{MatchLabels: w.labels, MatchExpressions: w.expressions}
}

// matches follows Labels and Selectors of the Kubernetes documentation.
func matches(labels map[string]string, expressions []metav1.LabelSelectorRequirement, of map[string]string) bool {
	for k, v := range labels {
		if got, ok := of[k]; !ok || got != v {
			return false
		}
	}
	for _, e := range expressions {
		got, ok := of[e.Key]
		in := ok && slices.Contains(e.Values, got)
		if is := map[metav1.LabelSelectorOperator]bool{"In": in, "NotIn": !in, "Exists": ok, "DoesNotExist": !ok}[e.Operator]; !is {
			return false
		}
	}
	return true
}

func (e *external) holds(a netip.Addr) bool {
	return within(e.cidrs, a) && !within(e.except, a) || e.named(a)
}

func within(prefixes []string, a netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(s string) bool { return netip.MustParsePrefix(s).Contains(a) })
}

func (r *reading) internet(a netip.Addr) bool {
	return !within(notOfInternet(), a) && !within(r.talk.internet, a)
}

// notOfInternet is the list of docs/language.md.
func notOfInternet() []string {
	return []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
		"224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "fc00::/7",
		"fe80::/10", "ff00::/8",
	}
}

// dns reports whether the source has DNS egress without an edge to `dns`, and the flow is one to its servers.
func (r *reading) dns(p Probe) bool {
	if !r.dnsAllows(p) {
		return false
	}
	for _, n := range r.talk.spaces {
		if !r.talk.noDNS && r.inSpace(n, p.From) && r.talk.isolatesWhole(n, egress) && r.goesOut(func(q peer) bool { return q.own || q.whole == n }) {
			return true
		}
	}
	return slices.ContainsFunc(r.talk.workloads, func(w *workload) bool {
		if !w.space.owned || w.hostNetwork || !r.talk.isolates(w, egress) || !r.selects(w, p.From) {
			return false
		}
		if w.dns != nil {
			return *w.dns
		}
		return !r.talk.noDNS && r.goesOut(func(q peer) bool {
			return q.workload == w || !r.talk.isolatesWhole(w.space, egress) && (q.own || q.whole == w.space)
		})
	})
}

// goesOut reports whether an edge starts at such a peer.
func (r *reading) goesOut(is func(peer) bool) bool {
	return slices.ContainsFunc(r.edges, func(e arrow) bool { return e.half != "ingress" && is(e.from) })
}

// dnsAllows reports whether a flow goes to the servers of the profile.
func (r *reading) dnsAllows(p Probe) bool {
	number := 53
	if r.talk.profile == "openshift" {
		number = 5353
	}
	if p.Protocol == "SCTP" || p.Port != number {
		return false
	}
	if p.To.Pod < 0 {
		return r.talk.profile == "node-local" && p.To.Addr == netip.MustParseAddr("169.254.20.10")
	}
	pod := r.world.pods[p.To.Pod]
	if pod.HostNetwork {
		return false
	}
	if r.talk.profile == "openshift" {
		return pod.Namespace == "openshift-dns" && pod.Labels["dns.operator.openshift.io/daemonset-dns"] == "default"
	}
	name := map[string]string{"kube-dns": "kube-dns", "coredns": "coredns", "node-local": "kube-dns"}[r.talk.profile]
	return pod.Namespace == "kube-system" && pod.Labels["k8s-app"] == name
}
