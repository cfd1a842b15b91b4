package judges

import (
	"net/netip"
	"slices"
	"strings"
)

// The addresses that are more than addresses in the worlds of packages for Cilium.
var outsideOfCilium = Outside{
	Node: netip.MustParseAddr("169.254.20.10"), APIServer: netip.MustParseAddr("10.0.0.250"),
	Hosts: map[netip.Addr]string{
		netip.MustParseAddr("8.8.4.1"): "api.example.com", netip.MustParseAddr("8.8.4.2"): "a.b.example.com",
		netip.MustParseAddr("8.8.4.3"): "example.com", netip.MustParseAddr("8.8.4.4"): "www.example.org",
		netip.MustParseAddr("8.8.4.5"): "apixexample.com", netip.MustParseAddr("2a00:1::1"): "api.example.com",
		netip.MustParseAddr("2a00:1::2"): "a.b.example.com", netip.MustParseAddr("2a00:1::4"): "www.example.org",
	},
}

// half is what passes of a flow in one direction, as declared.
type half struct {
	open     bool
	requests []request // nil is everything
	whole    bool
}

func (h half) passes(r Request) bool {
	return h.open && (h.whole || slices.ContainsFunc(h.requests, func(q request) bool { return q.fits(r) }))
}

// fits follows docs/language.md: a literal path behind which a query may follow, or all below one.
func (q request) fits(r Request) bool {
	path, _, _ := strings.Cut(r.Path, "?")
	below, isBelow := strings.CutSuffix(q.path, "*")
	return (q.method == "" || q.method == r.Method) &&
		(q.path == "" || !isBelow && path == q.path || isBelow && strings.HasPrefix(r.Path, below)) &&
		(q.header == "" || r.Headers[q.header] == q.value)
}

// halfOf is what passes of a probe in a direction.
func (r *reading) halfOf(p Probe, subject Side, d direction) half {
	if !r.isolated(subject, d) {
		return half{open: true, whole: true}
	}
	var out half
	for _, e := range r.edges {
		if e.half != "" && (e.half == "ingress") != (d == ingress) {
			continue
		}
		end := map[direction]peer{egress: e.from, ingress: e.to}[d]
		if !r.emits(end, d) || !r.denotes(e.from, p.From) || !r.opens(e, p) {
			continue
		}
		out.open = true
		out.whole = out.whole || e.requests == nil
		out.requests = append(out.requests, e.requests...)
	}
	if d == egress && r.dns(p) {
		out.open, out.whole = true, true
	}
	return out
}

// calls reports whether a pod may call hosts by name.
func (r *reading) calls(s Side) bool {
	return r.isolated(s, egress) && slices.ContainsFunc(r.edges, func(e arrow) bool {
		return e.to.addresses != nil && e.to.addresses.hosts != nil && e.half != "ingress" && r.emits(e.from, egress) && r.denotes(e.from, s)
	})
}

// named reports whether an address is that of one of the hosts: `*.` stands for one level, `**.` for all.
func (e *external) named(a netip.Addr) bool {
	name, ok := outsideOfCilium.Hosts[a]
	return ok && slices.ContainsFunc(e.hosts, func(h string) bool {
		switch {
		case strings.HasPrefix(h, "**."):
			return strings.HasSuffix(name, h[2:])
		case strings.HasPrefix(h, "*."):
			first, rest, _ := strings.Cut(name, ".")
			return rest == h[2:] && first != ""
		}
		return name == h
	})
}
